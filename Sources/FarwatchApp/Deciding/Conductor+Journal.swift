internal import Alerting
internal import Journal
internal import Model

extension JournalEntry {
  /// What one run of the rules has to say.
  static func of(_ decisions: Decisions, at now: Timestamp) -> [JournalEntry] {
    if decisions.pendings.isEmpty, decisions.events.isEmpty { return [] }
    return decisions.pendings.map {
      JournalEntry(
        at: now, kind: $0.isOver ? .ended : .pending, identity: $0.identity, labels: $0.labels,
        startsAt: $0.startsAt)
    } + decisions.events.map { JournalEntry(of: $0) }
  }

  /// An alert fires or is over.
  init(of event: AlertEvent) {
    var detail: [String: String] = [:]
    if let alarm = event.alarm {
      detail = ["from": alarm.oldState, "to": alarm.newState, "reason": alarm.reason]
    } else {
      detail["value"] = NumberText.shortest(event.value)
      if let ending = event.ending { detail["because"] = ending.cause.rawValue }
    }
    self.init(
      at: event.decidedAt, kind: event.status == .firing ? .firing : .resolved, of: event, detail: detail)
  }
}

/// The newest entries, as the core has them at one moment.
struct JournalView: Sendable {
  /// Oldest first.
  var newest: [JournalRecord]
}

extension Conductor {
  var journalView: JournalView { JournalView(newest: journal.newest) }
}
