internal import Collecting
internal import Model
internal import Readiness
internal import SampleStore

/// Readiness in the core: facts from outcomes in, series and journal entries out. Confined to the core's thread.
final class ReadinessDesk {
  private(set) var book: ReadinessBook
  private var board = FactBoard()
  private let recorder: ReadingRecorder
  /// Something was heard since the last look.
  private var isDue = true
  /// First bad samples of the regions that are not well.
  private var badSince: [String: Timestamp] = [:]

  init(_ workloads: [Workload], restoring rows: [(key: String, value: [UInt8])] = [], store: SampleStore) {
    book = ReadinessBook(workloads, restoring: rows)
    recorder = ReadingRecorder(store, base: .empty)
  }

  func replace(_ workloads: [Workload], plans: [TargetPlan], at now: Timestamp) -> ReadinessBook.Decisions {
    board.keepOnly(plans)
    isDue = true
    return book.replace(workloads, at: now)
  }

  func take(_ outcome: Outcome, from plan: TargetPlan) {
    board.take(outcome, from: plan)
    isDue = true
  }

  /// What follows from all that was heard; nothing when nothing was, unless `always`.
  ///
  /// - Parameter drills: name of the drill under way, by workload.
  func look(
    _ watchlist: Watchlist, drills: [String: String] = [:], at now: Timestamp, always: Bool
  ) -> ReadinessBook.Decisions {
    guard isDue || always else { return ReadinessBook.Decisions() }
    isDue = false
    if book.workloads.isEmpty {
      recorder.record([], at: now)
      return ReadinessBook.Decisions()
    }
    let decisions = book.observe(facts(watchlist, at: now), drills: drills)
    recorder.record(book.readings(at: now), at: now)
    return decisions
  }

  private func facts(_ watchlist: Watchlist, at now: Timestamp) -> Facts {
    var facts = board.facts(at: now)
    facts.isOffline = watchlist.isOffline == true
    for (name, health) in watchlist.agreedHealth {
      facts.regions[name] = Facts.Region(
        Facts.Region.Health(rawValue: health.rawValue) ?? .unknown, badSince: watchlist.badSince(name))
    }
    return facts
  }

  /// A page that a receiver took, or an acknowledgement.
  func hear(_ entries: [JournalEntry]) -> ReadinessBook.Decisions {
    var decisions = ReadinessBook.Decisions()
    for entry in entries {
      guard let labels = entry.labels, let step = Self.step(entry) else { continue }
      let one = book.heard(step, about: labels, at: entry.at)
      decisions.events += one.events
      decisions.changes += one.changes
    }
    return decisions
  }

  private static func step(_ entry: JournalEntry) -> Failover.Step? {
    switch entry.kind {
    case .attempt where entry.detail["outcome"] == "taken" && entry.detail["status"] == "firing": .paged
    case .acknowledged: .acknowledged
    default: nil
    }
  }
}

extension JournalEntry {
  /// A step of a failover.
  init(_ event: FailoverEvent) {
    let failover = event.failover
    var detail = ["workload": failover.workload, "from": failover.from, "step": event.step.rawValue]
    detail["to"] = failover.to
    detail["drill"] = failover.drill
    if event.step == .serving {
      detail["recovery_time"] = failover.recoveryTime.map { NumberText.shortest($0.inSeconds) }
      detail["data_lost"] = failover.lost.map { NumberText.shortest($0.inSeconds) }
    }
    self.init(at: event.at, kind: .failover, startsAt: failover.startedAt, detail: detail)
  }
}

extension Notice {
  init(_ event: FailoverEvent) {
    let entry = JournalEntry(event)
    self.init(
      event.step == .firstBad || event.step == .confirmed ? .warning : .info, "failover",
      entry.detail.merging(["at": event.at.iso8601]) { own, _ in own })
  }
}
