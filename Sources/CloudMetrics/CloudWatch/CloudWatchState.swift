package import Model

/// One series: a metric's statistic for one set of dimensions.
package struct CloudWatchSeries: Hashable, Sendable {
  /// Of ``CloudWatchState/metrics``.
  package var metric: Int
  package var statistic: String
  package var dimensions: [CloudWatchDimension]
}

package struct CloudWatchPoint: Hashable, Sendable {
  /// The beginning of its period.
  package var time: Timestamp
  package var value: Double

  package init(time: Timestamp, value: Double) {
    self.time = time
    self.value = value
  }
}

/// Queries that one call makes; its pages belong together.
package struct CloudWatchBatch: Hashable, Sendable {
  package var series: [CloudWatchSeries]
  package var period: Duration
  package var start: Timestamp
  package var end: Timestamp
  /// What AWS charges for: a metric with up to five statistics is one.
  package var metricsCharged: Int
}

/// What is asked of one region of one account, when, and what is known. Pure: answers and time come in.
///
/// - A metric is asked for once a period: between, what is known is told again with its own time.
/// - Start and end lie on whole periods, and only closed periods are asked for. The last ones are read again with every
///   call, because values still change for minutes; the newest point is the one that counts.
/// - A point that is older than the staleness is not told: what is missing is unknown, never 0.
package struct CloudWatchState: Sendable {
  package static let queriesPerCall = 500
  package static let pointsPerCall = 100_800
  private static let fewestPeriods = 3

  package let metrics: [CloudWatchMetric]
  private let staleness: Duration?
  private let rediscovery: Duration
  private let limit: Int

  private var sets: [Int: [[CloudWatchDimension]]] = [:]
  private var lookedAt: [Int: MonotonicInstant] = [:]
  private var askedAt: [Int: MonotonicInstant] = [:]
  /// Newest first.
  private var points: [CloudWatchSeries: [CloudWatchPoint]] = [:]
  private static let rememberedPoints = 5
  /// Series that were found and are not asked for, because there are too many.
  package private(set) var leftOut = 0

  /// - Parameters:
  ///   - staleness: age of the end of a point's period from which it is not told; nil: ``staleness(of:)``.
  ///   - limit: series that are asked for at most.
  package init(
    _ metrics: [CloudWatchMetric], staleness: Duration? = nil, rediscovery: Duration = .seconds(600),
    limit: Int = 2000
  ) {
    self.metrics = metrics
    self.staleness = staleness
    self.rediscovery = rediscovery
    self.limit = limit
    for (index, metric) in metrics.enumerated() where !metric.needsDiscovery {
      sets[index] = metric.namedSets
    }
  }

  package func staleness(of metric: Int) -> Duration {
    staleness ?? max(.seconds(600), metrics[metric].period * 2 + metrics[metric].delay)
  }

  // MARK: - Discovery

  /// The metrics whose sets of dimensions must be looked for, anew or for the first time.
  package func discoveriesDue(_ now: MonotonicInstant) -> [Int] {
    metrics.indices.filter { index in
      metrics[index].needsDiscovery && lookedAt[index].map { now - $0 >= rediscovery } ?? true
    }
  }

  package mutating func discovered(_ metric: Int, _ found: [[CloudWatchDimension]], _ now: MonotonicInstant) {
    lookedAt[metric] = now
    let sorted = Set(found.filter { metrics[metric].accepts($0) }).sorted(by: Self.order)
    if sorted != sets[metric] { askedAt[metric] = nil }
    sets[metric] = sorted
  }

  /// It could not be done: what was known stays, and it is tried again in a minute.
  package mutating func discoveryFailed(_ metric: Int, _ now: MonotonicInstant) {
    lookedAt[metric] = now - rediscovery + min(.seconds(60), rediscovery)
  }

  private static func order(_ a: [CloudWatchDimension], _ b: [CloudWatchDimension]) -> Bool {
    a.lexicographicallyPrecedes(b) {
      $0.name == $1.name ? byteOrder($0.value, $1.value) : byteOrder($0.name, $1.name)
    }
  }

  // MARK: - Queries

  /// The calls to make now.
  package mutating func batchesDue(_ now: Timestamp, _ monotonic: MonotonicInstant) -> [CloudWatchBatch] {
    struct Window: Hashable {
      var period: Duration
      var delay: Duration
      var periods: Int
    }
    var due: [Window: [[CloudWatchSeries]]] = [:]
    var order: [Window] = []
    var count = 0
    leftOut = 0
    for (index, metric) in metrics.enumerated() {
      // A timetable is never exact: a tenth too early is in time.
      let isDue = askedAt[index].map { monotonic - $0 >= metric.period * 0.9 } ?? true
      let wanted = staleness(of: index).milliseconds / max(1, metric.period.milliseconds) + 1
      // Points of less than a minute are kept for three hours, and a call that goes back further is refused.
      let most = metric.period < .seconds(60) ? 10_000_000 / max(1, metric.period.milliseconds) : 1440
      let periods = Int(min(max(wanted, Int64(Self.fewestPeriods)), most))
      let window = Window(period: metric.period, delay: metric.delay, periods: periods)
      for set in sets[index] ?? [] {
        count += metric.statistics.count
        if count > limit {
          leftOut += metric.statistics.count
        } else if isDue {
          if due[window] == nil { order.append(window) }
          due[window, default: []].append(
            metric.statistics.map { CloudWatchSeries(metric: index, statistic: $0, dimensions: set) })
        }
      }
    }
    return order.flatMap { window in
      let end = Self.aligned(now - window.delay, window.period)
      let most = max(1, min(Self.queriesPerCall, Self.pointsPerCall / window.periods))
      return Self.chunks(due[window] ?? [], most: most).map { groups in
        CloudWatchBatch(
          series: groups.flatMap { $0 }, period: window.period, start: end - window.period * window.periods,
          end: end, metricsCharged: groups.reduce(0) { $0 + ($1.count + 4) / 5 })
      }
    }
  }

  /// Down to a whole period since the epoch.
  static func aligned(_ time: Timestamp, _ period: Duration) -> Timestamp {
    let step = max(1, period.milliseconds)
    let rest = time.milliseconds % step
    return Timestamp(milliseconds: time.milliseconds &- (rest < 0 ? rest + step : rest))
  }

  /// The statistics of one set stay in one call: that is one metric to pay for.
  private static func chunks(_ groups: [[CloudWatchSeries]], most: Int) -> [[[CloudWatchSeries]]] {
    var all: [[[CloudWatchSeries]]] = []
    var size = 0
    for group in groups {
      if all.isEmpty || size + group.count > most {
        all.append([])
        size = 0
      }
      all[all.count - 1].append(group)
      size += group.count
    }
    return all
  }

  /// All pages of a batch have come.
  package mutating func received(
    _ batch: CloudWatchBatch, _ found: [CloudWatchSeries: [CloudWatchPoint]], _ now: MonotonicInstant
  ) {
    for series in batch.series {
      askedAt[series.metric] = now
      guard let new = found[series], !new.isEmpty else { continue }
      // A later answer of the same period replaces its value; one without a period says nothing about it.
      var known: [Timestamp: CloudWatchPoint] = [:]
      for point in (points[series] ?? []) + new { known[point.time] = point }
      points[series] = Array(known.values.sorted { $0.time > $1.time }.prefix(Self.rememberedPoints))
    }
  }

  // MARK: - What is known

  /// What is known of every series that is not stale: its last points, newest first. In a fixed order.
  package mutating func current(
    _ now: Timestamp
  ) -> [(series: CloudWatchSeries, points: [CloudWatchPoint])] {
    for (series, known) in points {
      let end = metrics[series.metric].period + staleness(of: series.metric)
      let fresh = known.filter { now - $0.time <= end }
      if fresh.count < known.count { points[series] = fresh.isEmpty ? nil : fresh }
    }
    return points.map { ($0.key, $0.value) }.sorted { a, b in
      if a.0.metric != b.0.metric { return a.0.metric < b.0.metric }
      if a.0.dimensions != b.0.dimensions { return Self.order(a.0.dimensions, b.0.dimensions) }
      return byteOrder(a.0.statistic, b.0.statistic)
    }
  }

  /// Series that are asked for.
  package var seriesCount: Int {
    sets.reduce(0) { $0 + $1.value.count * metrics[$1.key].statistics.count } - leftOut
  }
}
