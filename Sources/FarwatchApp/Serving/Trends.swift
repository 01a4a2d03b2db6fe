internal import Model
internal import SampleStore
internal import StatusPage
internal import Synchronization

/// How latencies and sizes went, for the small lines on the status page. Read from the store on the asking thread, so
/// that the core does nothing for it, and not more often than anybody could see.
final class Trends: Sendable {
  /// Of each line, whatever the store has: the page is to stay small.
  static let steps = 30
  /// More lines than that are not drawn.
  private static let mostLines = 400
  private static let hour = Duration.seconds(3600)
  private static let goodFor = Duration.seconds(15)

  private struct Key: Hashable {
    var region: String
    var name: String
  }

  private struct Lines {
    var readAt: Timestamp
    var latencies: [Key: [Double?]] = [:]
    var sizes: [Key: [Double?]] = [:]
  }

  private let store: SampleStore
  private let lines = Mutex<Lines?>(nil)

  init(_ store: SampleStore) { self.store = store }

  /// Puts the lines into the snapshot.
  func fill(_ snapshot: inout StatusSnapshot) {
    let lines = lines(at: snapshot.takenAt, retention: snapshot.store?.retention ?? Self.hour)
    for region in snapshot.regions.indices {
      let name = snapshot.regions[region].name
      for check in snapshot.regions[region].checks.indices {
        let key = Key(region: name, name: snapshot.regions[region].checks[check].name)
        snapshot.regions[region].checks[check].latencies = lines.latencies[key] ?? []
      }
    }
    for backup in snapshot.backups.indices {
      let key = Key(region: snapshot.backups[backup].region, name: snapshot.backups[backup].job)
      snapshot.backups[backup].sizes = lines.sizes[key] ?? []
    }
  }

  private func lines(at now: Timestamp, retention: Duration) -> Lines {
    if let known = lines.withLock({ $0 }), known.readAt <= now, now - known.readAt < Self.goodFor {
      return known
    }
    var read = Lines(readAt: now)
    for series in select("probe_duration_seconds") {
      let labels = store.labels(of: series)
      guard let check = labels["check"], let region = labels["region"] else { continue }
      read.latencies[Key(region: region, name: check)] = longest(of: series, at: now)
    }
    for series in select("backup_last_size_bytes") {
      let labels = store.labels(of: series)
      guard let job = labels["job"] else { continue }
      let key = Key(region: labels["region"] ?? "", name: job)
      read.sizes[key] = newest(of: series, at: now, back: retention)
    }
    let found = read
    lines.withLock { $0 = found }
    return read
  }

  private func select(_ family: String) -> ArraySlice<SeriesID> {
    store.select([LabelMatcher(Labels.metricNameLabel, equals: family)]).prefix(Self.mostLines)
  }

  /// The longest of each step of the last hour.
  private func longest(of series: SeriesID, at now: Timestamp) -> [Double?] {
    var samples = SampleColumns()
    store.readWindow(of: series, at: now, after: now - Self.hour, into: &samples)
    return Self.longest(samples, at: now, over: Self.hour)
  }

  static func longest(_ samples: SampleColumns, at now: Timestamp, over window: Duration) -> [Double?] {
    var steps = [Double?](repeating: nil, count: Self.steps)
    let start = (now - window).milliseconds
    let length = max(1, window.milliseconds / Int64(Self.steps))
    for (time, value) in zip(samples.times, samples.values) where value.isFinite && time > start {
      let step = Int(min(Int64(Self.steps) - 1, (time - start - 1) / length))
      steps[step] = max(steps[step] ?? value, value)
    }
    return steps
  }

  /// What held at the end of each step.
  private func newest(of series: SeriesID, at now: Timestamp, back: Duration) -> [Double?] {
    let length = Duration.milliseconds(max(1, back.milliseconds / Int64(Self.steps)))
    return (0..<Self.steps).map { step in
      let end = now - length * (Self.steps - 1 - step)
      return store.newestSample(of: series, at: end, after: end - length)?.value
    }
  }
}
