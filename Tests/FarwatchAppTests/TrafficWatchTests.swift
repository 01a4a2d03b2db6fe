import Model
import SampleStore
import StrictYAML
import Testing

@testable import Configuration
@testable import FarwatchApp

@Suite struct TrafficWatchTests {
  private let store = SampleStore()

  private func regions(_ traffic: String) -> [Settings.Region] {
    let problems = Problems(file: "f")
    let settings = ConfigurationFile.parse(
      "regions: {japan: {traffic: \(traffic)}}", directory: ".", problems)
    precondition(problems.isEmpty, "\(problems.list)")
    return settings.regions
  }

  private func write(_ name: String, _ labels: Labels = .empty, _ value: Double, at now: Timestamp) throws {
    let series = try #require(store.series(.gauge(name, "A test's."), labels))
    store.append(value, at: now, to: series)
  }

  private func stored(_ family: MetricFamily, at now: Timestamp) -> Double? {
    store.select([LabelMatcher("__name__", equals: family.name), LabelMatcher("region", equals: "japan")])
      .first.flatMap { store.newestSample(of: $0, at: now, after: now - .seconds(300))?.value }
  }

  private func monotonic(_ now: Timestamp) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: 0) + (now - dayStart)
  }

  @Test func whatIsNotFoundIsUnknownAndNeverZero() throws {
    let watch = TrafficWatch(store, regions("{requests: sum(served), errors: sum(failed)}"))
    watch.evaluate(at: dayStart, monotonic: monotonic(dayStart))
    #expect(
      watch.standings == ["japan": .init(problem: "`requests` finds nothing; `errors` finds nothing")])
    #expect(stored(TrafficWatch.requestsFamily, at: dayStart) == nil)
    #expect(stored(TrafficWatch.failuresFamily, at: dayStart) == 0, "nothing is no failure")

    let later = dayStart + .seconds(10)
    try write("served", .empty, 0, at: later)
    try write("failed", .empty, .nan, at: later)
    watch.evaluate(at: later, monotonic: monotonic(later))
    #expect(watch.standings["japan"] == .init(requests: 0, problem: "`errors` finds nothing"))
    #expect(
      stored(TrafficWatch.requestsFamily, at: later) == 0
        && stored(TrafficWatch.errorsFamily, at: later) == nil)

    let known = dayStart + .seconds(20)
    try write("served", .empty, 12.5, at: known)
    try write("failed", .empty, 0.5, at: known)
    watch.evaluate(at: known, monotonic: monotonic(known))
    #expect(watch.standings["japan"] == .init(requests: 12.5, errors: 0.5))
    #expect(stored(TrafficWatch.errorsFamily, at: known) == 0.5)

    // Nobody tells any more: the series ends, and does not stay at what it was.
    let silent = known + .seconds(400)
    watch.evaluate(at: silent, monotonic: monotonic(silent))
    #expect(
      watch.standings["japan"]?.requests == nil && stored(TrafficWatch.requestsFamily, at: silent) == nil)
  }

  @Test func whatCannotBeUsedIsCountedAndSaysWhy() throws {
    try write("served", ["pod": "a"], 1, at: dayStart)
    try write("served", ["pod": "b"], 2, at: dayStart)
    let watch = TrafficWatch(store, regions("{requests: served, errors: 0 - sum(served)}"))
    watch.evaluate(at: dayStart, monotonic: monotonic(dayStart))
    #expect(
      watch.standings["japan"]
        == .init(
          problem: "`requests` gives 2 series in place of one: sum them; "
            + "`errors` gives -3, which is no number of requests"))
    #expect(stored(TrafficWatch.failuresFamily, at: dayStart) == 2)
    // A scalar is a number.
    watch.replace(with: regions("{requests: 7}"))
    watch.evaluate(at: dayStart + .seconds(1), monotonic: monotonic(dayStart + .seconds(1)))
    #expect(watch.standings["japan"] == .init(requests: 7), "no errors are asked for: none is missed")
  }

  @Test func aReloadKeepsWhatStaysAndEndsWhatGoes() throws {
    try write("served", .empty, 3, at: dayStart)
    let same = regions("{requests: served}")
    let watch = TrafficWatch(store, same)
    watch.evaluate(at: dayStart, monotonic: monotonic(dayStart))
    watch.replace(with: same)
    #expect(watch.standings["japan"]?.requests == 3)
    watch.replace(with: [])
    #expect(watch.standings.isEmpty)
    let later = dayStart + .seconds(5)
    watch.evaluate(at: later, monotonic: monotonic(later))
    #expect(stored(TrafficWatch.requestsFamily, at: later) == nil, "a stale marker ends it")
  }
}
