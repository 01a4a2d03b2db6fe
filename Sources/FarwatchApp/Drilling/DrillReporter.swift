internal import Collecting
internal import DrillReports
internal import Drills
internal import Journal
internal import Model
internal import Readiness
internal import SampleStore
internal import StateDatabase

/// Puts a drill's report together from the journal, the store and what the core knows. Blocks; never on the core's
/// thread.
struct DrillReporter {
  /// Entries of the journal that a report takes word for word.
  static let mostRows = 2000
  /// Points of a line.
  private static let steps = 200
  /// Before the drill and after it, so that it is seen what was usual.
  private static let margin = Duration.seconds(120)
  /// How long a sample speaks for what follows it.
  private static let patience = Duration.seconds(300)

  /// What only the core knows.
  struct Known: Sendable {
    var drill: Drill
    /// nil: it is no longer configured.
    var workload: Workload?
    var failovers: [Failover]
  }

  let store: SampleStore
  let vantage: String
  let fingerprint: String

  func report(_ known: Known, reader: StateReader, now: Timestamp) throws(StateDatabaseError) -> DrillReport {
    let (rows, isComplete) = try rows(of: known.drill, reader)
    return DrillReport(
      drill: known.drill, failovers: known.failovers, vantage: vantage, version: Version.text, madeAt: now,
      charts: charts(known, now: now), rows: rows, isComplete: isComplete, fingerprint: fingerprint)
  }

  /// From the entry with which it began to the one with which it ended, or the newest.
  private func rows(
    of drill: Drill, _ reader: StateReader
  ) throws(StateDatabaseError) -> (rows: [String], isComplete: Bool) {
    var rows: [String] = []
    var isWhole = true
    try reader.scan(.journal, from: JournalRow.key(drill.journalHead + 1)) { _, value in
      let step = Self.step(value, of: drill)
      if rows.isEmpty, step != DrillEvent.Step.started.rawValue { return true }
      guard rows.count < Self.mostRows else {
        isWhole = false
        return false
      }
      rows.append(String(decoding: value, as: UTF8.self))
      return step != DrillEvent.Step.stopped.rawValue && step != DrillEvent.Step.expired.rawValue
    }
    return (rows, isWhole && !rows.isEmpty)
  }

  /// nil: it is no entry of the drill.
  private static func step(_ value: [UInt8], of drill: Drill) -> String? {
    guard JournalRow.head(value)?.kind == .drill, let entry = JournalRow.decode(value)?.entry,
      entry.detail["drill"] == drill.id
    else { return nil }
    return entry.detail["step"]
  }

  // MARK: Charts

  private func charts(_ known: Known, now: Timestamp) -> [DrillReport.Chart] {
    let drill = known.drill
    let start = drill.startedAt - Self.margin
    let end = min(now, (drill.endedAt ?? now) + Self.margin)
    guard end > start else { return [] }
    let regions = known.workload?.regions ?? [drill.region]
    var charts: [DrillReport.Chart] = []
    for region in regions {
      charts += chart(
        "Data at risk in \(region)", "s", ReadinessFamilies.dataAtRisk.name,
        ["workload": drill.workload, "region": region], start, end,
        limit: drill.objectives.recoveryPoint.map { Double($0) / 1000 }
      ) { value, _ in value }
    }
    for link in Set((known.workload?.data ?? []).compactMap(\.link)).sorted() {
      for region in regions {
        charts += chart(
          "Lag of \(link) in \(region)", "s", ReplicationFamilies.recoveryPoint.name,
          ["link": link, "target_region": region], start, end
        ) { value, at in max(0, at.seconds - value) }
      }
    }
    for region in regions {
      charts += chart(
        "Health of \(region)", "1 is up", ScheduleMetrics.regionState.name,
        ["region": region, "state": "up"],
        start, end
      ) { value, _ in value }
    }
    return charts
  }

  /// One line for each series that has these labels; none where there is none.
  private func chart(
    _ title: String, _ unit: String, _ family: String, _ labels: KeyValuePairs<String, String>,
    _ start: Timestamp, _ end: Timestamp, limit: Double? = nil, _ value: (Double, Timestamp) -> Double
  ) -> [DrillReport.Chart] {
    let matchers =
      [LabelMatcher(Labels.metricNameLabel, equals: family)]
      + labels.map { LabelMatcher($0.key, equals: $0.value) }
    guard let series = store.select(matchers).first else { return [] }
    var samples = SampleColumns()
    store.readWindow(of: series, at: end, after: start - Self.patience, into: &samples)
    let step = max(1, (end - start).milliseconds / Int64(Self.steps))
    var points: [DrillReport.Chart.Point] = []
    var next = 0
    var newest: (at: Int64, value: Double)?
    for place in 0...Self.steps {
      let at = start + .milliseconds(step * Int64(place))
      while next < samples.count, samples.times[next] <= at.milliseconds {
        newest = (samples.times[next], samples.values[next])
        next += 1
      }
      let known = newest.flatMap { at.milliseconds - $0.at <= Self.patience.milliseconds ? $0.value : nil }
      points.append(.init(at: at, value: known.flatMap { $0.isFinite ? value($0, at) : nil }))
    }
    return points.contains { $0.value != nil }
      ? [DrillReport.Chart(title: title, unit: unit, points: points, limit: limit)] : []
  }
}
