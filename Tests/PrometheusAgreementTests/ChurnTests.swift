import FarwatchTesting
import Model
import PromQL
import SampleStore
import Testing

/// Plans that live long, over series that come and go, leave out what is silent and nothing else.
@Suite struct ChurnTests {
  private static let start = Timestamp(milliseconds: 1_700_000_000_000)
  private static let queries = [
    "m", "m offset 20m", "sum_over_time(m[10m])", "sum_over_time(m[45m])", "count_over_time(m[1m])",
    "max_over_time(m[20m] offset 10m)", "sum_over_time(sum(m)[40m:3m])",
    "last_over_time(m[10m] @ 1700001200)", "m offset -10m",
  ]

  /// A step of the world, and after it the same answers of old plans and of new ones.
  @Test func oldPlansAnswerAsFreshOnes() throws {
    let seed = UInt64.random(in: 1 ... .max)
    var random = SeededNumbers(seed: seed)
    let store = SampleStore()
    let family = MetricFamily.gauge("m", "")
    let plans = try Self.queries.map { try Plan(parseExpression($0)) }
    // One of each is shared: selectors with the same conditions share their series.
    let library = PlanLibrary()
    let shared = try Self.queries.map { try library.plan(for: parseExpression($0)) }
    var now = Self.start
    var leftOut = 0
    for step in 0..<400 {
      now = now + .seconds(30)
      // About four speak at a time, of a window of names that moves; some come back after long.
      for number in step / 20..<step / 20 + 4 where random.chance(80) {
        let number = random.chance(3) ? number / 2 : number
        if let id = store.series(family, ["n": "\(number)"]) {
          store.append(Double(step), at: now, to: id)
        }
      }
      if random.chance(20) { store.collectGarbage(now: now) }
      if random.chance(1) { store.movePast(by: .seconds(-15)) }
      for place in plans.indices where random.chance(30) {
        // Now and then somebody asks about the past.
        let at = random.chance(15) ? now - .seconds(Int.random(in: 0...9000, using: &random)) : now
        let fresh = try text(Plan(parseExpression(Self.queries[place])), at, store)
        let comment: Comment = "seed \(seed) step \(step): \(Self.queries[place])"
        #expect(try text(plans[place], at, store) == fresh, comment)
        #expect(try text(shared[place], at, store) == fresh, comment)
      }
      // What a fresh plan sees is what a reader sees that leaves nothing out.
      let whole = EverySeries(store: store)
      let place = random.pick(Array(plans.indices))
      let expected = try text(Plan(parseExpression(Self.queries[place])), now, whole)
      #expect(try text(plans[place], now, store) == expected, "seed \(seed): \(Self.queries[place])")
      leftOut = max(leftOut, store.select([]).count - plans[0].seriesTouched)
    }
    #expect(leftOut > 2, "seed \(seed): silent series are not touched")
  }

  private func text(_ plan: Plan, _ time: Timestamp, _ reader: any SeriesReader) throws -> [String] {
    guard case .vector(let elements) = try plan.evaluate(at: time, in: reader).value else { return ["?"] }
    return elements.map { "\($0.labels) \($0.value)" }.sorted()
  }
}

/// The store without its knowledge of who is silent.
private struct EverySeries: SeriesReader {
  let store: SampleStore
  var indexVersion: UInt64 { store.indexVersion }
  var pastVersion: UInt64 { store.pastVersion }
  func select(_ matchers: [LabelMatcher]) -> [SeriesID] { store.select(matchers) }
  func labels(of series: SeriesID) -> Labels { store.labels(of: series) }
  func newestSample(of series: SeriesID, at: Timestamp, after: Timestamp) -> Sample? {
    store.newestSample(of: series, at: at, after: after)
  }
  func readWindow(of series: SeriesID, at: Timestamp, after: Timestamp, into samples: inout SampleColumns) {
    store.readWindow(of: series, at: at, after: after, into: &samples)
  }
}
