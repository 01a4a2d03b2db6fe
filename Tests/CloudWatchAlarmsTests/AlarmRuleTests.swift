import Model
import Testing

@testable import CloudWatchAlarms

@Suite struct AlarmRuleTests {
  private func holds(_ text: String, _ states: [String: AlarmState]) throws -> Bool {
    try AlarmRule(text).holds { states[$0] ?? .insufficientData }
  }

  @Test func operators() throws {
    let states: [String: AlarmState] = ["a": .alarm, "b": .ok]
    for (text, expected) in [
      ("ALARM(a)", true), ("ALARM(b)", false), ("OK(b)", true), ("INSUFFICIENT_DATA(c)", true),
      ("TRUE", true),
      ("FALSE", false), ("NOT ALARM(a)", false), ("NOT NOT ALARM(a)", true), ("ALARM(a) AND OK(b)", true),
      ("ALARM(a) AND ALARM(b) OR TRUE", true), ("FALSE AND FALSE OR TRUE", true),
      ("FALSE AND (FALSE OR TRUE)", false), ("NOT FALSE AND FALSE", false),
      ("alarm( \"a\" ) and ok('b')", false),
      ("ALARM(\"a\") AND (OK(\"b\") OR FALSE)", true), ("\n ALARM(a)\n OR\tFALSE ", true),
      ("ALARM(arn:aws:cloudwatch:us-east-1:123456789012:alarm:a)", true),
    ] { #expect(try holds(text, states) == expected, "\(text)") }
  }

  @Test func names() throws {
    #expect(
      try AlarmRule("ALARM(my alarm, one) OR OK(\"a) (\\\"b\")").children == ["my alarm, one", "a) (\"b"])
    #expect(try AlarmRule("ALARM(a) AND OK(a)").children == ["a"])
  }

  @Test func faults() {
    for (text, offset, word) in [
      ("", 0, "the end"), ("ALARM", 5, "after ALARM"), ("ALARM(", 6, "name"), ("ALARM()", 6, "empty"),
      ("ALARM(a", 7, "\")\""), ("ALARM(a) ALARM(b)", 9, "AND, OR"), ("ALARM(a) XOR OK(b)", 9, "XOR"),
      ("(TRUE", 5, "\")\""), ("TRUE)", 4, "AND, OR"), ("ALARM(\"a)", 6, "quote"), ("ALRAM(a)", 0, "ALRAM"),
      ("TRUE AND", 8, "the end"), ("TRUEFALSE", 0, "TRUEFALSE"),
    ] {
      do {
        _ = try AlarmRule(text)
        Issue.record("\(text) was taken")
      } catch {
        #expect(error.offset == offset, "\(text): \(error)")
        #expect(error.message.contains(word), "\(text): \(error.message)")
      }
    }
  }

  @Test func limits() throws {
    let deep = String(repeating: "(", count: 5000) + "TRUE" + String(repeating: ")", count: 5000)
    #expect(throws: AlarmRule.Fault.self) { try AlarmRule(deep) }
    #expect(throws: AlarmRule.Fault.self) { try AlarmRule(String(repeating: " ", count: 20_000)) }
    #expect(throws: AlarmRule.Fault.self) {
      try AlarmRule((0..<600).map { "OK(a\($0))" }.joined(separator: " OR "))
    }
    _ = try AlarmRule(String(repeating: "NOT ", count: 2000) + "TRUE")
  }

  /// Whatever comes in, an answer comes out; what is taken has the meaning that its parts have.
  @Test func noTextBreaksTheParser() {
    var random = SeededRandom(state: 7)
    let parts = [
      "ALARM", "OK", "INSUFFICIENT_DATA", "NOT", "AND", "OR", "TRUE", "FALSE", "(", ")", "\"", "a", " ", "\\",
      "é", "(a)",
      "(\"b\")", "",
    ]
    var taken = 0
    for _ in 0..<20_000 {
      let text = (0..<Int.random(in: 0...12, using: &random)).map { _ in
        parts.randomElement(using: &random) ?? ""
      }
      .joined(separator: Bool.random(using: &random) ? " " : "")
      do {
        let rule = try AlarmRule(text)
        _ = rule.holds { _ in .ok }
        taken += 1
      } catch { #expect((0...text.unicodeScalars.count).contains(error.offset), "\(text)") }
    }
    #expect(taken > 100)
  }
}

struct SeededRandom: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

@Suite struct ActionSuppressionTests {
  private func at(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: seconds * 1000) }

  /// Feeds `(second, state, suppressor)` and returns when actions ran, and for which state.
  private func run(_ steps: [(Int64, AlarmState, AlarmState)], wait: Int = 30, extension extra: Int = 60)
    -> [String]
  {
    var suppression = ActionSuppression(told: .ok)
    return steps.compactMap { second, state, suppressor in
      suppression.advance(
        to: state, suppressor: suppressor, wait: .seconds(wait), extension: .seconds(extra), now: at(second)
      ).map { "\(second) \($0.rawValue)>\(state.rawValue)" }
    }
  }

  @Test func withoutASuppressorInAlarmTheWaitIsAllThatDelays() {
    #expect(
      run([(0, .alarm, .ok), (29, .alarm, .ok), (30, .alarm, .ok), (99, .alarm, .ok)]) == ["30 OK>ALARM"])
  }

  @Test func aSuppressorInTimeHoldsItBack() {
    let steps: [(Int64, AlarmState, AlarmState)] = [
      (0, .alarm, .ok), (20, .alarm, .alarm), (500, .alarm, .alarm),
    ]
    #expect(run(steps) == [])
    // It leaves: told when the extension is over.
    #expect(run(steps + [(600, .alarm, .ok), (659, .alarm, .ok), (660, .alarm, .ok)]) == ["660 OK>ALARM"])
    // The alarm ended meanwhile: nobody has to know.
    #expect(run(steps + [(550, .ok, .alarm), (600, .ok, .ok), (660, .ok, .ok)]) == [])
    // The suppressor comes back within the extension.
    #expect(run(steps + [(600, .alarm, .ok), (630, .alarm, .alarm), (660, .alarm, .alarm)]) == [])
  }

  @Test func anAlarmThatGoesAgainWhileWaitingIsNotTold() {
    #expect(run([(0, .alarm, .ok), (10, .ok, .ok), (40, .ok, .ok)]) == [])
  }

  @Test func theEndOfATroubleThatWasToldIsTold() {
    #expect(
      run([(0, .alarm, .ok), (30, .alarm, .ok), (100, .ok, .ok), (130, .ok, .ok)]) == [
        "30 OK>ALARM", "130 ALARM>OK",
      ])
    #expect(run([(0, .alarm, .ok), (1, .ok, .ok)], wait: 0, extension: 0) == ["0 OK>ALARM", "1 ALARM>OK"])
  }

  @Test func aClockThatIsSetBackMovesTheWait() {
    var suppression = ActionSuppression(told: .ok)
    let step = { (seconds: Int64) in
      suppression.advance(
        to: .alarm, suppressor: .ok, wait: .seconds(30), extension: .zero,
        now: Timestamp(milliseconds: seconds * 1000))
    }
    #expect(step(3600) == nil)
    suppression.move(by: .seconds(-3600))
    #expect(suppression.deadline == Timestamp(milliseconds: 30_000))
    #expect(step(29) == nil && step(30) == .ok)
  }

  @Test func aSuppressorThatIsThereAlready() {
    #expect(run([(0, .ok, .alarm), (5, .alarm, .alarm), (50, .alarm, .alarm)]) == [])
  }
}
