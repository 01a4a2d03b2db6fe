package import Drills
package import Journal
package import Model
package import Readiness

/// All that a report says of a drill, before it is written in one form or another.
package struct DrillReport: Sendable {
  /// A line over the time of the drill.
  package struct Chart: Hashable, Sendable {
    package struct Point: Hashable, Sendable {
      package var at: Timestamp
      /// nil: not known then.
      package var value: Double?

      package init(at: Timestamp, value: Double?) {
        self.at = at
        self.value = value
      }
    }

    package var title: String
    /// Of the values, as `s`.
    package var unit: String
    /// At equal distances, oldest first.
    package var points: [Point]
    /// What is drawn as a line across: the objective.
    package var limit: Double?

    package init(title: String, unit: String, points: [Point], limit: Double? = nil) {
      self.title = title
      self.unit = unit
      self.points = points
      self.limit = limit
    }
  }

  /// A page that a receiver took.
  package struct Page: Hashable, Sendable {
    package var alert: String
    package var labels: Labels
    package var topic: String
    package var receiver: String
    package var takenAt: Timestamp
    package var acknowledgedAt: Timestamp?
    package var acknowledgedBy: String
  }

  package struct Line: Hashable, Sendable {
    package var sequence: Int
    package var at: Timestamp
    package var kind: String
    package var what: String
    package var hash: String
  }

  package var drill: Drill
  /// Those that began during the drill, oldest first.
  package var failovers: [Failover]
  package var vantage: String
  package var version: String
  package var madeAt: Timestamp
  package var charts: [Chart]
  /// The journal from the drill's first entry to its last, or to now; word for word. Empty: it is no longer there.
  package var rows: [String]
  /// Whether ``rows`` are all.
  package var isComplete: Bool
  /// SHA-256 of the certificate that it is signed under.
  package var fingerprint: String
  /// What ``rows`` hold; nil where they hold nothing, or do not hold together.
  package let stretch: JournalStretch?

  package init(
    drill: Drill, failovers: [Failover], vantage: String, version: String, madeAt: Timestamp, charts: [Chart],
    rows: [String], isComplete: Bool, fingerprint: String
  ) {
    self.drill = drill
    self.failovers = failovers
    self.vantage = vantage
    self.version = version
    self.madeAt = madeAt
    self.charts = charts
    self.rows = rows
    self.isComplete = isComplete
    self.fingerprint = fingerprint
    stretch = try? JournalStretch.read(rows.map { Array($0.utf8) }).get()
  }

  // MARK: What follows from it

  /// The failover that the drill was for: the first in which another region served, else the first.
  package var failover: Failover? { failovers.first { $0.servingAt != nil } ?? failovers.first }

  package var end: Timestamp { drill.endedAt ?? madeAt }

  /// Phases with a target that was missed.
  package var missedPhases: [String] {
    drill.phases.filter { $0.isMet(startedAt: drill.startedAt, now: end) == false }.map(\.name)
  }

  /// Receivers that took a page of the drill, in the order in which they did.
  package var pages: [Page] {
    guard let stretch else { return [] }
    var pages: [Page] = []
    for entry in stretch.entries.map(\.record.entry) {
      switch entry.kind {
      case .attempt
      where entry.detail["drill"] == drill.id && entry.detail["outcome"] == "taken"
        && entry.detail["status"] == "firing":
        pages.append(
          Page(
            alert: entry.labels?["alertname"] ?? "", labels: entry.labels ?? .empty,
            topic: entry.detail["topic"] ?? "",
            receiver: entry.detail["name"] ?? entry.detail["receiver"] ?? "", takenAt: entry.at,
            acknowledgedAt: nil, acknowledgedBy: ""))
      case .acknowledged:
        for place in pages.indices
        where pages[place].labels == entry.labels && pages[place].acknowledgedAt == nil {
          pages[place].acknowledgedAt = entry.at
          pages[place].acknowledgedBy = entry.detail["by"] ?? ""
        }
      default: continue
      }
    }
    return pages
  }

  /// What of the journal is about the drill: its own steps, failovers of its workload, and its pages.
  package var timeline: [Line] {
    guard let stretch else { return [] }
    let told = Set(pages.map(\.labels))
    return stretch.entries.compactMap { entry in
      let record = entry.record
      guard isAbout(record.entry, told) else { return nil }
      return Line(
        sequence: record.sequence, at: record.entry.at, kind: record.entry.kind.rawValue,
        what: Self.words(record.entry), hash: entry.hash)
    }
  }

  private func isAbout(_ entry: JournalEntry, _ told: Set<Labels>) -> Bool {
    switch entry.kind {
    case .drill: entry.detail["drill"] == drill.id
    case .failover: entry.detail["workload"] == drill.workload
    case .started, .stopped, .reloaded, .omitted: true
    default: entry.detail["drill"] == drill.id || entry.labels.map(told.contains) ?? false
    }
  }

  private static let unread: Set<String> = [
    "drill", "message_id", "workload", "region", "kind", "attempt", "seconds", "detail",
  ]

  /// One line for people.
  private static func words(_ entry: JournalEntry) -> String {
    var words: [String] = []
    if let name = entry.labels?["alertname"] {
      let labels = entry.labels?.dropping(["alertname"]).entries.map { "\($0.name)=\($0.value)" } ?? []
      words.append(name + (labels.isEmpty ? "" : " {\(labels.joined(separator: ", "))}"))
    }
    var detail = entry.detail.filter { !unread.contains($0.key) && !$0.value.isEmpty }
    for name in ["step", "text"] {
      if let value = detail.removeValue(forKey: name) { words.append(value) }
    }
    words += detail.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    return words.joined(separator: " ")
  }
}
