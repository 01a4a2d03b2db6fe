internal import Configuration
internal import Model
internal import PromQL

/// What regions serve, by the expressions of the configuration. Confined to the core's thread.
final class TrafficWatch {
  /// What is not known is nil, and never 0.
  struct Standing: Equatable {
    /// A second.
    var requests: Double?
    /// Those of them that fail, a second.
    var errors: Double?
    /// Why something of it is not known.
    var problem: String?
  }

  static let requestsFamily = MetricFamily.gauge(
    "farwatch_region_requests_per_second",
    "Requests a second that a region serves, by the expression of its `traffic`; absent while not known.")
  static let errorsFamily = MetricFamily.gauge(
    "farwatch_region_request_errors_per_second",
    "Requests a second that fail in a region, by the expression of its `traffic`; absent while not known.")
  static let failuresFamily = MetricFamily.counter(
    "farwatch_region_traffic_failures_total",
    "Evaluations of a region's `traffic` that gave no usable number although something was found.")
  static let families = [requestsFamily, errorsFamily, failuresFamily]

  private struct Watched {
    let region: String
    let requests: Plan?
    let errors: Plan?
    let hasErrors: Bool
    var failures: UInt64 = 0
  }

  private enum Found {
    case value(Double)
    case nothing
    case unusable(String)
  }

  static let interval: Duration = .seconds(5)
  /// What one expression may read for one moment: it runs where everything is decided.
  private static let limits = EvaluationOptions(maximumSamples: 500_000)

  private let store: any SeriesReader
  private let recorder: ReadingRecorder
  private var sources: [String: RegionTraffic] = [:]
  private var watched: [Watched] = []
  private var dueAt: MonotonicInstant?
  private(set) var standings: [String: Standing] = [:]

  init(_ store: any SeriesReader & SampleAppender, _ regions: [Settings.Region]) {
    self.store = store
    recorder = ReadingRecorder(store, base: .empty)
    replace(with: regions)
  }

  /// What stays goes on undisturbed; what is new is looked at with the next call of ``evaluate(at:monotonic:)``.
  func replace(with regions: [Settings.Region]) {
    let before = (sources, watched)
    sources = [:]
    watched = regions.compactMap { region in
      guard let traffic = region.traffic else { return nil }
      sources[region.name] = traffic
      if before.0[region.name] == traffic, let same = before.1.first(where: { $0.region == region.name }) {
        return same
      }
      // Both were compiled when the configuration was read.
      return Watched(
        region: region.name, requests: try? Plan(traffic.requests.parsed),
        errors: traffic.errors.flatMap { try? Plan($0.parsed) }, hasErrors: traffic.errors != nil)
    }
    standings = standings.filter { before.0[$0.key] == sources[$0.key] }
    dueAt = nil
  }

  /// Looks, if it is time, and writes down what it finds.
  func evaluate(at now: Timestamp, monotonic: MonotonicInstant) {
    if let dueAt, monotonic < dueAt { return }
    // Also where nothing is watched any more: what was is to end.
    if watched.isEmpty, standings.isEmpty, dueAt != nil { return }
    dueAt = monotonic + Self.interval
    var readings: [Reading] = []
    standings = [:]
    for place in watched.indices {
      let standing = look(&watched[place], now)
      standings[watched[place].region] = standing
      let labels: Labels = ["region": watched[place].region]
      if let requests = standing.requests {
        readings.append(Reading(Self.requestsFamily, requests, labels: labels))
      }
      if let errors = standing.errors {
        readings.append(Reading(Self.errorsFamily, errors, labels: labels))
      }
      readings.append(Reading(Self.failuresFamily, Double(watched[place].failures), labels: labels))
    }
    recorder.record(readings, at: now)
  }

  private func look(_ watched: inout Watched, _ now: Timestamp) -> Standing {
    var standing = Standing()
    var problems: [String] = []
    func take(_ name: String, _ plan: Plan?, _ failures: inout UInt64) -> Double? {
      switch value(of: plan, now) {
      case .value(let value): return value
      case .nothing: problems.append("`\(name)` finds nothing")
      case .unusable(let why):
        failures &+= 1
        problems.append("`\(name)` \(why)")
      }
      return nil
    }
    standing.requests = take("requests", watched.requests, &watched.failures)
    if watched.hasErrors { standing.errors = take("errors", watched.errors, &watched.failures) }
    if !problems.isEmpty { standing.problem = problems.joined(separator: "; ") }
    return standing
  }

  private func value(of plan: Plan?, _ now: Timestamp) -> Found {
    guard let plan else { return .unusable("cannot be evaluated") }
    let found: Value
    do throws(EvaluationError) {
      found = try plan.evaluate(at: now, in: store, limits: Self.limits)
    } catch { return .unusable("cannot be evaluated: \(error.message)") }
    switch found {
    case .scalar(let value): return Self.checked(value)
    case .vector(let elements):
      guard let first = elements.first else { return .nothing }
      if elements.count > 1 { return .unusable("gives \(elements.count) series in place of one: sum them") }
      if first.histogram != nil { return .unusable("gives a histogram in place of a number") }
      return Self.checked(first.value)
    case .string, .matrix: return .unusable("gives no number")
    }
  }

  private static func checked(_ value: Double) -> Found {
    // 0 divided by 0 is how expressions say that there is nothing to say.
    if value.isNaN { return .nothing }
    return value.isFinite && value >= 0
      ? .value(value) : .unusable("gives \(NumberText.shortest(value)), which is no number of requests")
  }
}
