internal import Drills
internal import Journal
internal import Model
internal import Notifying
internal import Paging

/// Drills: what is asked of them, and what they make of pages.
extension Conductor {
  /// The pages as they are to be sent while something is rehearsed; proofs, which name their receiver, are left out.
  func rehearsed(
    _ sendings: [PagingDecisions.Sending]
  ) -> [(notification: Notification, topics: [String])] {
    var out: [(notification: Notification, topics: [String])] = []
    for sending in sendings where sending.subscription == nil {
      let made = drills.book.take(
        sending.notification, to: sending.topics, isHeard: dispatcher.isHeard)
      keep(made.changes)
      out += made.sendings
    }
    return out
  }

  /// What was decided goes into the journal, the log, the commit and, where a drill left something firing, the outbox.
  func follow(_ decisions: DrillBook.Decisions, at time: Moment) {
    keep(decisions.changes)
    for event in decisions.events {
      record(JournalEntry(event))
      note(Notice(event))
    }
    guard !decisions.sendings.isEmpty else { return }
    keep(
      dispatcher.accept(
        decisions.sendings, ticket: nextTicket, now: time.now, monotonic: time.monotonic))
  }

  func startDrill(_ request: DrillRequest, at time: TurnTime) -> Result<Drill, DrillRefusal> {
    if let topic = request.topic, !dispatcher.isHeard(topic) {
      return .failure(.invalid("no topic with a subscription is called \(quoted(topic))"))
    }
    let head = journal.head.sequence
    return change(time) { book throws(DrillRefusal) in
      try book.start(request, journalHead: head, at: time.now)
    }
  }

  /// One change of the book, followed in this turn.
  func change(
    _ time: TurnTime,
    _ body: (inout DrillBook) throws(DrillRefusal) -> (drill: Drill, decisions: DrillBook.Decisions)
  ) -> Result<Drill, DrillRefusal> {
    do throws(DrillRefusal) {
      let made = try body(&drills.book)
      follow(made.decisions, at: Moment(time))
      drills.noteChange()
      return .success(made.drill)
    } catch { return .failure(error) }
  }
}

extension JournalEntry {
  /// A step of a drill.
  init(_ event: DrillEvent) {
    let drill = event.drill
    var detail = [
      "drill": drill.id, "workload": drill.workload, "region": drill.region, "kind": drill.kind.rawValue,
      "step": event.step.rawValue, "by": event.by, "text": event.text,
    ].filter { !$1.isEmpty }
    switch event.step {
    case .started:
      detail["expires"] = drill.expiresAt.iso8601
      detail["topic"] = drill.topic
    case .stopped, .expired: detail["outcome"] = drill.outcome?.rawValue
    case .note, .phase: break
    }
    self.init(at: event.at, kind: .drill, startsAt: drill.startedAt, detail: detail)
  }
}

extension Notice {
  init(_ event: DrillEvent) {
    self.init(event.step == .expired ? .warning : .info, "drill", JournalEntry(event).detail)
  }
}
