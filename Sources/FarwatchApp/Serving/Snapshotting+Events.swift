internal import Drills
internal import Journal
internal import Model
internal import Notifying
internal import StatusPage

/// What happened, and the heartbeats, for the status page.
extension Conductor {
  private static let shownEvents = 20

  var newestEvents: [StatusSnapshot.Event] {
    // Of a receiver that fails the attempts alone would fill the page; its own row tells of them.
    let entries = journal.newest.reversed().lazy.filter { $0.entry.kind != .attempt }
    return entries.prefix(Self.shownEvents).map { StatusSnapshot.Event($0) }
  }
  var heartbeatStatuses: [StatusSnapshot.Heartbeat] {
    heartbeats.standings.map {
      StatusSnapshot.Heartbeat(
        name: $0.name, interval: $0.interval, lastSuccess: $0.lastSuccess, lastProblem: $0.lastProblem,
        withheld: $0.withheld.map(\.text))
    }
  }
}

extension StatusSnapshot.RunningDrill {
  init(_ drill: Drill) {
    self.init(
      id: drill.id, workload: drill.workload, region: drill.region, kind: drill.kind.rawValue, by: drill.by,
      startedAt: drill.startedAt, expiresAt: drill.expiresAt,
      nextPhase: drill.phases.first { $0.reachedAt == nil }?.name)
  }
}

extension StatusSnapshot.Event {
  private static let notForPeople: Set<String> = ["message_id"]

  init(_ record: JournalRecord) {
    let entry = record.entry
    let detail = entry.detail.filter { !Self.notForPeople.contains($0.key) }
      .sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    let labels = entry.labels?.dropping(["alertname"]).entries.map { "\($0.name)=\($0.value)" } ?? []
    self.init(
      sequence: record.sequence, at: entry.at, kind: entry.kind.rawValue.replacing("_", with: " "),
      alert: entry.labels?["alertname"] ?? "", what: (labels + detail).joined(separator: " "))
  }
}
