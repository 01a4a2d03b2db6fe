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
  /// Of each region, by the labels of what happened.
  var newestEventsOfRegions: [String: [StatusSnapshot.Event]] {
    let mostEntries = 1000
    var found: [String: [StatusSnapshot.Event]] = [:]
    for record in journal.newest.suffix(mostEntries).reversed() where record.entry.kind != .attempt {
      guard let labels = record.entry.labels else { continue }
      for region in Set(["region", "source_region", "target_region"].compactMap { labels[$0] })
      where found[region, default: []].count < Self.shownEvents {
        found[region, default: []].append(StatusSnapshot.Event(record))
      }
    }
    return found
  }

  var heartbeatStatuses: [StatusSnapshot.Heartbeat] {
    heartbeats.standings.map {
      StatusSnapshot.Heartbeat(
        name: $0.name, interval: $0.interval, lastSuccess: $0.lastSuccess, lastProblem: $0.lastProblem,
        withheld: $0.withheld.map(\.text))
    }
  }
}

extension StatusSnapshot.Event {
  private static let notForPeople: Set<String> = ["message_id"]

  init(_ record: JournalRecord) {
    let entry = record.entry
    let detail = entry.detail.filter { !Self.notForPeople.contains($0.key) }
      .sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    let isOfCheck = entry.kind == .checkDown || entry.kind == .checkUp
    var subject = entry.labels?["alertname"] ?? ""
    if isOfCheck, let labels = entry.labels {
      subject = labels["check"] ?? ""
      if let region = labels["region"] { subject += " in \(region)" }
    }
    let shown: Set<String> = isOfCheck ? ["check", "region"] : ["alertname"]
    let labels = entry.labels?.dropping(shown).entries.map { "\($0.name)=\($0.value)" } ?? []
    self.init(
      sequence: record.sequence, at: entry.at, kind: entry.kind.rawValue.replacing("_", with: " "),
      alert: subject, what: (labels + detail).joined(separator: " "))
  }
}
