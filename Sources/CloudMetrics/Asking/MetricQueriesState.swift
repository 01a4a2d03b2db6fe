package import Model

/// What is asked of one place, when, and what is known. Pure: answers and time come in.
///
/// - A query is asked once a period; between, what is known is told again with its own time.
/// - A point that is older than the staleness is not told: what is missing is unknown, never 0.
/// - A query that failed is a problem until it succeeds; a service that wants to be left alone is left alone.
package struct MetricQueriesState: Sendable {
  private let periods: [Duration]
  private let stalenesses: [Duration]
  private let limit: Int

  private var askedAt: [Int: MonotonicInstant] = [:]
  private var failures: [Int: CloudFailure] = [:]
  private var leftOutOf: [Int: Int] = [:]
  /// Newest first.
  private var points: [Int: [MetricSeries: [MetricPoint]]] = [:]
  private var quietUntil: (moment: MonotonicInstant, failure: CloudFailure)?
  private static let rememberedPoints = 5
  /// How far the service's clock may be ahead of ours.
  private static let clockTolerance = Duration.seconds(300)

  /// - Parameters:
  ///   - queries: how often each is asked, and the age at which its points are not told any more.
  ///   - limit: series that are kept at most.
  package init(_ queries: [(period: Duration, staleness: Duration)], limit: Int) {
    periods = queries.map(\.period)
    stalenesses = queries.map(\.staleness)
    self.limit = limit
  }

  /// The queries to ask now: those that failed last, so that one of them cannot keep the others from being asked.
  package mutating func due(_ now: MonotonicInstant) -> [Int] {
    if let quiet = quietUntil {
      if now < quiet.moment { return [] }
      quietUntil = nil
    }
    // A timetable is never exact: a tenth too early is in time.
    let due = periods.indices.filter { index in
      askedAt[index].map { now - $0 >= periods[index] * 0.9 } ?? true
    }
    return due.filter { failures[$0] == nil } + due.filter { failures[$0] != nil }
  }

  /// All pages have come.
  package mutating func received(
    _ query: Int, _ found: [MetricSeries: [MetricPoint]], problem: CloudFailure? = nil,
    _ now: MonotonicInstant
  ) {
    askedAt[query] = now
    failures[query] = problem
    var known = points[query] ?? [:]
    var count = seriesCount
    var leftOut = 0
    for (series, new) in found.sorted(by: Self.order) where !new.isEmpty {
      if known[series] == nil {
        guard count < limit else {
          leftOut += 1
          continue
        }
        count += 1
      }
      // A later answer replaces a value; one without a point says nothing about it.
      var byTime: [Timestamp: MetricPoint] = [:]
      for point in (known[series] ?? []) + new { byTime[point.time] = point }
      known[series] = Array(
        byTime.values.sorted { $0.time > $1.time }.prefix(Self.rememberedPoints))
    }
    points[query] = known
    leftOutOf[query] = leftOut
  }

  /// - Parameter isFinal: the same question would get the same answer: it is asked again in a period only.
  package mutating func failed(
    _ query: Int, _ failure: CloudFailure, isFinal: Bool, _ now: MonotonicInstant
  ) {
    failures[query] = failure
    if isFinal { askedAt[query] = now }
    if let pause = failure.retryAfter, pause > .zero {
      quietUntil = (now + pause, failure)
    }
  }

  /// What is wrong with the last answers, the first query's first.
  package var problem: CloudFailure? {
    failures.min { $0.key < $1.key }?.value
  }

  package var seriesCount: Int { points.values.reduce(0) { $0 + $1.count } }
  package var leftOut: Int { leftOutOf.values.reduce(0, +) }

  /// What is known and not stale: the last points, newest first. In a fixed order.
  package mutating func current(
    _ now: Timestamp
  ) -> [(query: Int, series: MetricSeries, points: [MetricPoint])] {
    var all: [(query: Int, series: MetricSeries, points: [MetricPoint])] = []
    for (query, known) in points.sorted(by: { $0.key < $1.key }) {
      let fresh = known.compactMapValues { points in
        // A time that has not come yet would be the newest for ever.
        let fresh = points.filter {
          now - $0.time <= stalenesses[query] && $0.time - now <= Self.clockTolerance
        }
        return fresh.isEmpty ? nil : fresh
      }
      points[query] = fresh
      all += fresh.sorted(by: Self.order).map { (query, $0.key, $0.value) }
    }
    return all
  }

  private static func order(
    _ a: (key: MetricSeries, value: [MetricPoint]), _ b: (key: MetricSeries, value: [MetricPoint])
  ) -> Bool {
    if a.key.family != b.key.family { return byteOrder(a.key.family.name, b.key.family.name) }
    return a.key.labels.entries.lexicographicallyPrecedes(b.key.labels.entries) {
      $0.name == $1.name ? byteOrder($0.value, $1.value) : byteOrder($0.name, $1.name)
    }
  }
}
