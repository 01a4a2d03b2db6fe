import PromQL
import Testing

@testable import RuleTesting

/// Ranges, steps and offsets that are computed: Prometheus' experimental duration expressions.
@Suite struct DurationScriptTests {
  @Test func durationsAreComputedFromTheQuery() throws {
    let script = """
      load 1s
        m 0+1x200

      eval instant at 100s count_over_time(m[2 * (5s + 1s) - 4 % 3])
        {} 11

      eval instant at 100s count_over_time(m[2 ^ 3 ^ 0.5e0])
        {} 4

      eval instant at 100s sum_over_time(m[4s:1s+1s])
        {} 198

      eval range from 60s to 80s step 10s count_over_time(m[step() + range()])
        {} 30 30 30

      eval range from 60s to 80s step 10s count_over_time(m[Max_Of(min_of(step(), 1h), range() / 4)])
        {} 10 10 10

      eval range from 60s to 80s step 10s count_over_time(m[max(min(step(), 1h), range() / 4)])
        {} 10 10 10

      eval range from 60s to 80s step 10s sum(m offset -(step() - 8))
        {} 62 72 82

      # An operator behind an offset is one between values.
      eval range from 60s to 80s step 10s m offset step() * 2
        {} 100 120 140

      eval range from 60s to 80s step 10s m offset -range() ^ 0
        {} 1 1 1

      eval range from 60s to 80s step 10s count_over_time(m[20s:step()] offset +step())
        {} 2 2 2

      # A query of one moment has neither a step nor a range.
      eval instant at 100s m offset range()
        m 100

      eval instant at 100s count_over_time(m[step()])
        expect fail msg: duration must be greater than 0

      eval range from 60s to 80s step 10s m[1m / (range() - 20s)] offset 1s
        expect fail
      """
    let run = ScriptRunner.run(try Script.parse(script))
    #expect(run.failures.isEmpty, "\(run.failures.flatMap(\.lines).joined(separator: "\n"))")
    #expect(run.passed == 13)
  }

  /// What is printed is read back as the same.
  @Test(arguments: [
    ("m[step()]", "m[step()]"), ("m[5m + 1m * 2]", "m[7m]"),
    ("m[ -step() + RANGE() ]", "m[(-step() + range())]"),
    ("m offset -(-step())", "m offset -(-step())"),
    ("m offset -min(step(), 1s)", "m offset -min_of(step(), 1)"),
    ("m[2 ^ step() ^ 2:range()]", "m[(2 ^ (step() ^ 2)):range()]"), ("m[+5m]", "m[5m]"),
    ("m[step() - 1 - 2] @ end() offset (2m)", "m[((step() - 1) - 2)] @ end() offset 2m"),
  ])
  func printing(text: String, expected: String) throws {
    let options = ParserOptions(experimentalFunctions: true)
    let printed = try parseExpression(text, options: options).description
    #expect(printed == expected)
    #expect(try parseExpression(printed, options: options).description == expected)
  }

  /// No text, however deep, leads to a crash.
  @Test func depthIsLimited() {
    let options = ParserOptions(experimentalFunctions: true)
    for text in [
      "m[" + String(repeating: "(", count: 20_000) + "1", "m[" + String(repeating: "-", count: 20_000) + "1]",
      "m[1" + String(repeating: "+1", count: 20_000) + "]",
      "m[2" + String(repeating: "^1", count: 20_000) + "]",
      "m offset " + String(repeating: "min_of(", count: 5000) + "1",
    ] {
      #expect(throws: ParseError.self) { try parseExpression(text, options: options) }
    }
  }
}
