import FarwatchTesting
import Foundation
import Model
import PromQL
import SampleStore
import Testing

/// Thousands of random queries, asked of Farwatch and of a real Prometheus about the same samples.
///
/// `FARWATCH_AGREEMENT_SEED` and `FARWATCH_AGREEMENT_QUERIES` choose another or a longer run.
@Suite(.serialized) struct AgreementTests {
  private static func number(_ name: String, _ standard: Int) -> Int {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? standard
  }

  @Test func randomQueriesHaveTheAnswersOfPrometheus() async throws {
    let seed = UInt64(Self.number("FARWATCH_AGREEMENT_SEED", 1))
    let count = Self.number("FARWATCH_AGREEMENT_QUERIES", 3000)
    print("agreement: seed \(seed), \(count) queries")
    let directory = try TemporaryDirectory("farwatch-agreement")
    let prometheus = try await PrometheusUnderTest(in: directory)
    defer { prometheus.stop() }
    let world = SampleWorld(seed: seed)
    try await prometheus.write(world.series)
    let reader = try filledStore(world)
    var generator = QueryGenerator(seed: seed ^ 0x5eed)
    var numbers = SeededNumbers(seed: seed ^ 0xa5)
    var (wrong, failing, empty) = (0, 0, 0)
    for place in 0..<count where wrong < 25 {
      let query = generator.query()
      let moment =
        SampleWorld.start + .milliseconds(500 + 1000 * Int64.random(in: 3000...9000, using: &numbers))
      let comparison = Comparison(hasTies: query.hasTies, cancels: query.cancels, spreads: query.spreads)
      let (ours, theirs): (Answer, Answer)
      if place % 3 == 2 {
        let step = numbers.pick([10, 15, 30, 60, 90])
        let end = moment + .seconds(step * Int.random(in: 1...30, using: &numbers))
        theirs = try await prometheus.range(query.text, from: moment, to: end, stepSeconds: step)
        ours = answer(query.text, from: moment, to: end, stepSeconds: step, reader)
      } else {
        theirs = try await prometheus.instant(query.text, at: moment)
        ours = answer(query.text, at: moment, reader)
      }
      if case .failure = theirs { failing += 1 }
      if case .series(let rows) = theirs, rows.isEmpty { empty += 1 }
      if let difference = comparison.difference(ours: ours, theirs: theirs) {
        wrong += 1
        Issue.record(
          "seed \(seed), query \(place) at \(moment.iso8601): \(query.text)\n  \(difference)")
      }
    }
    print(
      "agreement: \(count) queries, \(failing) refused by both, \(empty) without a result, \(wrong) differ")
    // A generator that only makes empty or failing queries proves nothing.
    #expect(failing < count / 4 && empty < count / 2)
  }

  private func answer(_ query: String, at time: Timestamp, _ reader: SampleStore) -> Answer {
    do {
      let expression = try parseExpression(query)
      let result = try Plan(expression).evaluate(at: time, in: reader)
      return Self.answer(result.value, at: time)
    } catch { return .failure("\(error)") }
  }

  private func answer(
    _ query: String, from start: Timestamp, to end: Timestamp, stepSeconds: Int, _ reader: SampleStore
  ) -> Answer {
    do {
      let expression = try parseExpression(query)
      let result = try Plan(expression).evaluate(
        from: start, to: end, step: .seconds(stepSeconds), in: reader)
      return Self.answer(result.value, at: start)
    } catch { return .failure("\(error)") }
  }

  private static func answer(_ value: Value, at time: Timestamp) -> Answer {
    switch value {
    case .scalar(let number): .scalar(number)
    case .string(let text): .failure("a string: \(text)")
    case .vector(let elements): .series(elements.map { ($0.labels, [(time.milliseconds, $0.value)]) })
    case .matrix(let rows):
      .series(rows.map { ($0.labels, zip($0.samples.times, $0.samples.values).map { ($0, $1) }) })
    }
  }
}
