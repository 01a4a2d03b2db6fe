import FarwatchTesting
import Model
import PromQL
import Synchronization
import Testing
import Threading

/// What hostile or unlucky queries meet.
@Suite struct LimitTests {
  private func store() -> GrowingStore {
    let store = GrowingStore()
    for k in 0..<10 {
      let id = store.add(["__name__": "a", "k": "\(k)"])
      for second in 0..<100 { store.append(Double(second * k), at: Int64(second) * 1000, to: id) }
    }
    return store
  }

  private func failure(
    _ text: String, at milliseconds: Int64 = 99_000, _ options: EvaluationOptions = EvaluationOptions()
  ) throws -> String? {
    do {
      _ = try Plan(parseExpression(text))
        .evaluate(at: Timestamp(milliseconds: milliseconds), in: store(), options: options)
      return nil
    } catch let error as EvaluationError {
      return error.message
    }
  }

  private static let tooMany = "query processing would load too many samples into memory in query execution"

  @Test(arguments: [
    "a[1m]", "sum_over_time(a[1m])", "sum_over_time(a[100y:1ms])", "vector(0)[100y:1ms]",
    "count_values(\"v\", a or a * 2 or label_replace(a, \"x\", \"1\", \"\", \"\"))[1m:1s]",
  ])
  func tooManySamples(text: String) throws {
    #expect(try failure(text, EvaluationOptions(maximumSamples: 300)) == Self.tooMany)
  }

  @Test(arguments: [
    "a offset 200y", "a offset -200y", "a[200y] offset -200y", "sum_over_time(a[200y:100y] offset 200y)",
    "a @ 4611686018427387 offset -200y", "a @ -4611686018427387 offset 200y",
    "sum_over_time(a[200y:200y] @ 4611686018427387.9)", "last_over_time(a[290y] offset 290y)",
  ])
  func timesBeyondAllBoundsAreNoTrap(text: String) throws {
    for time in [Int64.min, Int64.min + 1, -1, 0, Int64.max - 1, Int64.max] {
      guard let expression = try? parseExpression(text) else { continue }
      _ = try Plan(expression).evaluate(at: Timestamp(milliseconds: time), in: store())
    }
  }

  @Test func rangeQueriesHaveAResolution() throws {
    let plan = try Plan(parseExpression("a"))
    var options = EvaluationOptions()
    options.maximumPoints = 11_000
    let all = (Timestamp(milliseconds: .min), Timestamp(milliseconds: .max))
    #expect(
      throws: EvaluationError(
        message: "exceeded maximum resolution of 11,000 points per timeseries. "
          + "Try decreasing the query resolution (?step=XX)")
    ) { try plan.evaluate(from: all.0, to: all.1, step: .milliseconds(1), in: store(), options: options) }
    #expect(throws: EvaluationError.self) {
      try plan.evaluate(from: all.0, to: all.1, step: .zero, in: store(), options: options)
    }
    #expect(throws: EvaluationError(message: Self.tooMany)) {
      try plan.evaluate(
        from: Timestamp(seconds: 0), to: Timestamp(seconds: 99), step: .milliseconds(100), in: store(),
        options: EvaluationOptions(maximumSamples: 5_000))
    }
    let matrix = try Plan(parseExpression("a[1m]"))
    #expect(
      throws: EvaluationError(
        message: "invalid expression type \"range vector\" for range query, must be Scalar or instant Vector")
    ) {
      try matrix.evaluate(
        from: Timestamp(seconds: 0), to: Timestamp(seconds: 9), step: .seconds(1), in: store())
    }
  }

  @Test func endsAtItsDeadlineOrWhenCancelled() throws {
    let clock = ManualTime()
    var options = EvaluationOptions()
    options.clock = clock
    options.deadline = clock.monotonic + .seconds(1)
    #expect(try failure("sum(a)", options) == nil)
    clock.advance(by: .seconds(1))
    #expect(try failure("sum(a)", options) == "query timed out in expression evaluation")
    var other = EvaluationOptions()
    other.cancellation = QueryCancellation()
    #expect(try failure("sum(a)", other) == nil)
    other.cancellation?.cancel()
    #expect(try failure("sum(a)", other) == "query was canceled in query execution")
  }

  @Test func deepNestingIsAnErrorOfTheParser() throws {
    let text = String(repeating: "sum(", count: 200) + "a" + String(repeating: ")", count: 200)
    _ = try Plan(parseExpression(text)).evaluate(at: Timestamp(seconds: 99), in: store())
    let deeper = String(repeating: "sum(", count: 20_000) + "a" + String(repeating: ")", count: 20_000)
    #expect(throws: ParseError.self) { try parseExpression(deeper) }
  }

  @Test func labelsDoNotExplode() throws {
    var joined = "a"
    for _ in 0..<40 { joined = "label_join(\(joined), \"k\", \"-\", \"k\", \"k\")" }
    #expect(try failure(joined) == "label value is longer than 1048576 bytes")
    var replaced = "a"
    for _ in 0..<3 {
      let template = String(repeating: "$1", count: 9_000)
      replaced = "label_replace(\(replaced), \"k\", \"\(template)\", \"k\", \"(.*)\")"
    }
    #expect(try failure(replaced) == "label value is longer than 1048576 bytes")
  }

  @Test func gateRefusesWhenItsPatienceEnds() throws {
    let gate = QueryGate(limit: 1, patience: .milliseconds(20))
    try gate.run { () throws(EvaluationError) in
      #expect(gate.load.running == 1)
      #expect(throws: EvaluationError(message: "query timed out in query queue", kind: .timeout)) {
        try gate.run { () throws(EvaluationError) in }
      }
    }
    #expect(gate.load == (0, 0))
    try gate.run { () throws(EvaluationError) in }
  }

  @Test func gateGivesTheTurnOn() throws {
    let gate = QueryGate(limit: 2, patience: .seconds(60))
    let most = Mutex((now: 0, peak: 0, done: 0))
    let finished = Bell()
    for _ in 0..<8 {
      try OwnThread.detached("query") {
        for _ in 0..<50 {
          try? gate.run { () throws(EvaluationError) in
            most.withLock {
              $0.now += 1
              $0.peak = max($0.peak, $0.now)
            }
            most.withLock { $0.now -= 1 }
          }
        }
        if most.withLock({
          $0.done += 1
          return $0.done == 8
        }) {
          finished.ring()
        }
      }
    }
    #expect(finished.wait(upTo: .seconds(60)))
    #expect(most.withLock { $0.peak } <= 2)
    #expect(gate.load == (0, 0))
  }
}
