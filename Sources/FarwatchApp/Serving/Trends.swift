internal import Collecting
internal import Model
internal import SampleStore
internal import StatusPage
internal import Synchronization

/// How latencies, traffic, lags and sizes went, for the small lines on the status page. Read from the store on the asking
/// thread, so that the core does nothing for it, and not more often than anybody could see.
final class Trends: Sendable {
  /// Of each line, whatever the store has: the page is to stay small.
  static let steps = 30
  /// More lines than that are not drawn.
  private static let mostLines = 400
  private static let hour = Duration.seconds(3600)
  /// A line over an hour says nothing in the first minutes: it begins with less.
  private static let windows: [Duration] = [.seconds(300), .seconds(900), hour]
  private static let goodFor = Duration.seconds(15)

  private struct Key: Hashable {
    var region: String
    var name: String
  }

  private struct Lines {
    var readAt: Timestamp
    var window = Trends.hour
    var sizesWindow = Duration.zero
    var latencies: [Key: [Double?]] = [:]
    /// By region.
    var requests: [String: [Double?]] = [:]
    /// By link and the region that it leads to.
    var lags: [Key: [Double?]] = [:]
    var sizes: [Key: [Double?]] = [:]
  }

  private let store: SampleStore
  private let lines = Mutex<Lines?>(nil)

  init(_ store: SampleStore) { self.store = store }

  /// Puts the lines into the snapshot.
  func fill(_ snapshot: inout StatusSnapshot) {
    let lines = lines(at: snapshot.takenAt, retention: snapshot.store?.retention ?? Self.hour)
    snapshot.trendWindow = lines.window
    for region in snapshot.regions.indices {
      let name = snapshot.regions[region].name
      snapshot.regions[region].traffic?.history = lines.requests[name] ?? []
      for check in snapshot.regions[region].checks.indices {
        let key = Key(region: name, name: snapshot.regions[region].checks[check].name)
        snapshot.regions[region].checks[check].latencies = lines.latencies[key] ?? []
      }
    }
    for link in snapshot.links.indices {
      let key = Key(region: snapshot.links[link].target, name: snapshot.links[link].name)
      snapshot.links[link].lags = lines.lags[key] ?? []
    }
    for backup in snapshot.backups.indices {
      let key = Key(region: snapshot.backups[backup].region, name: snapshot.backups[backup].job)
      snapshot.backups[backup].sizes = lines.sizes[key] ?? []
      snapshot.backups[backup].sizesWindow = lines.sizesWindow
    }
  }

  private func lines(at now: Timestamp, retention: Duration) -> Lines {
    if let known = lines.withLock({ $0 }), known.readAt <= now, now - known.readAt < Self.goodFor {
      return known
    }
    var read = Lines(readAt: now)
    let probes = select("probe_duration_seconds")
    let points = select(ReplicationFamilies.recoveryPoint.name)
    read.window = window(of: [probes, points], at: now, among: Self.windows)
    for series in probes {
      let labels = store.labels(of: series)
      guard let check = labels["check"], let region = labels["region"] else { continue }
      read.latencies[Key(region: region, name: check)] = greatest(of: series, at: now, over: read.window)
    }
    for series in select(TrafficWatch.requestsFamily.name) {
      guard let region = store.labels(of: series)["region"] else { continue }
      read.requests[region] = greatest(of: series, at: now, over: read.window)
    }
    for series in points {
      let labels = store.labels(of: series)
      guard let link = labels["link"], let target = labels["target_region"] else { continue }
      // How old the point was when it was told.
      read.lags[Key(region: target, name: link)] = greatest(of: series, at: now, over: read.window) {
        max(0, Timestamp(milliseconds: $0).seconds - $1)
      }
    }
    let sizes = select("backup_last_size_bytes")
    let choices = [Self.hour, .seconds(6 * 3600), .seconds(86_400)].filter { $0 < retention } + [retention]
    read.sizesWindow = window(of: [sizes], at: now, among: choices)
    for series in sizes {
      let labels = store.labels(of: series)
      guard let job = labels["job"] else { continue }
      let key = Key(region: labels["region"] ?? "", name: job)
      read.sizes[key] = newest(of: series, at: now, back: read.sizesWindow)
    }
    let found = read
    lines.withLock { $0 = found }
    return read
  }

  private func select(_ family: String) -> ArraySlice<SeriesID> {
    store.select([LabelMatcher(Labels.metricNameLabel, equals: family)]).prefix(Self.mostLines)
  }

  /// The shortest of `choices`, which rise, that holds what is there; judged by a few series, for they began together.
  private func window(
    of series: [ArraySlice<SeriesID>], at now: Timestamp, among choices: [Duration]
  ) -> Duration {
    let few = series.flatMap { $0.prefix(10) + $0.suffix(10) }
    let longest = choices.last ?? Self.hour
    return choices.dropLast().first { shorter in
      !few.contains { store.newestSample(of: $0, at: now - shorter, after: now - longest) != nil }
    } ?? longest
  }

  /// The greatest of each step.
  ///
  /// - Parameter value: what a sample of so many milliseconds since 1970 counts for; nil: as it is.
  private func greatest(
    of series: SeriesID, at now: Timestamp, over window: Duration,
    _ value: ((_ time: Int64, _ value: Double) -> Double)? = nil
  ) -> [Double?] {
    var samples = SampleColumns()
    store.readWindow(of: series, at: now, after: now - window, into: &samples)
    return Self.greatest(samples, at: now, over: window, value)
  }

  static func greatest(
    _ samples: SampleColumns, at now: Timestamp, over window: Duration,
    _ value: ((_ time: Int64, _ value: Double) -> Double)? = nil
  ) -> [Double?] {
    var steps = [Double?](repeating: nil, count: Self.steps)
    let start = (now - window).milliseconds
    let length = max(1, window.milliseconds / Int64(Self.steps))
    let patience = patience(with: samples.times)
    var last: (time: Int64, step: Int, value: Double)?
    for (time, sample) in zip(samples.times, samples.values) where sample.isFinite && time > start {
      let step = Int(min(Int64(Self.steps) - 1, (time - start - 1) / length))
      let counted = value?(time, sample) ?? sample
      // Between two that follow each other as ever nothing is missing.
      if let last, time - last.time <= patience {
        for between in (last.step..<step).dropFirst() { steps[between] = last.value }
      }
      steps[step] = max(steps[step] ?? counted, counted)
      last = (time, step, counted)
    }
    return steps
  }

  /// How far apart samples may be without a gap: two and a half times what they mostly are.
  private static func patience(with times: [Int64]) -> Int64 {
    let distances = zip(times.dropFirst(), times).map { $0 - $1 }.sorted()
    return distances.isEmpty ? 0 : distances[distances.count / 2] * 5 / 2
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
