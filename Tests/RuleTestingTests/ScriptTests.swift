import Testing

@testable import RuleTesting

/// Runs a script; what went wrong, line by line.
func failures(_ text: String) throws -> [String] {
  ScriptRunner.run(try Script.parse(text)).failures.flatMap(\.lines)
}

/// A runner that cannot fail proves nothing: every way to fail, with the exact words.
@Suite struct FailingScriptTests {
  private static let load = "load 1m\n  m{a=\"x\"} 1 2 3\n  m{a=\"y\"} 10 20 30\n\n"

  private func check(_ eval: String, _ expected: [String]) throws {
    let found = try failures(Self.load + eval)
    #expect(found == expected, "\(found.joined(separator: "\n"))")
  }

  @Test func wrongValue() throws {
    try check(
      "eval instant at 1m m\n  m{a=\"x\"} 2.00001\n  m{a=\"y\"} 20",
      [
        "5: eval instant at 1m m: got 2, want 2.00001 for m{a=\"x\"}", "  got:", "    m{a=\"x\"} 2",
        "    m{a=\"y\"} 20", "  want:", "    m{a=\"x\"} 2.00001", "    m{a=\"y\"} 20",
      ])
  }

  @Test func missingAndUnexpectedSeries() throws {
    try check(
      "eval instant at 1m m\n  m{a=\"x\"} 2",
      [
        "5: eval instant at 1m m: unexpected series m{a=\"y\"}", "  got:", "    m{a=\"x\"} 2",
        "    m{a=\"y\"} 20", "  want:", "    m{a=\"x\"} 2",
      ])
    try check(
      "eval instant at 1m m{a=\"x\"}\n  m{a=\"x\"} 2\n  n 1",
      [
        "5: eval instant at 1m m{a=\"x\"}: missing series n", "  got:", "    m{a=\"x\"} 2", "  want:",
        "    m{a=\"x\"} 2", "    n 1",
      ])
    try check(
      "eval instant at 1m m{a=\"z\"}\n  m 1",
      ["5: eval instant at 1m m{a=\"z\"}: missing series m", "  got:", "    nothing", "  want:", "    m 1"])
  }

  @Test func wrongOrder() throws {
    try check(
      "eval instant at 1m sort(m)\n  expect ordered\n  m{a=\"y\"} 20\n  m{a=\"x\"} 2",
      [
        "5: eval instant at 1m sort(m): series m{a=\"x\"} is at position 1, expected at 2", "  got:",
        "    m{a=\"x\"} 2", "    m{a=\"y\"} 20", "  want:", "    m{a=\"y\"} 20", "    m{a=\"x\"} 2",
      ])
  }

  @Test func wrongKind() throws {
    try check(
      "eval instant at 1m m\n  3",
      [
        "5: eval instant at 1m m: the result is an instant vector, expected was a scalar", "  got:",
        "    m{a=\"x\"} 2", "    m{a=\"y\"} 20", "  want:", "    3",
      ])
    try check(
      "eval instant at 1m 1 + 1\n  3",
      ["5: eval instant at 1m 1 + 1: wrong value", "  got:", "    2", "  want:", "    3"])
    try check(
      "eval instant at 1m \"a\"\n  expect string \"b\"",
      ["5: eval instant at 1m \"a\": wrong string", "  got:", "    \"a\"", "  want:", "    \"b\""])
  }

  @Test func errorsThatComeOrDoNot() throws {
    try check(
      "eval instant at 1m -{a=\"x\"} + on() m",
      [
        "5: eval instant at 1m -{a=\"x\"} + on() m: error: found duplicate series for the match group {} on "
          + "the right hand-side of the operation: [{__name__=\"m\", a=\"x\"}, {__name__=\"m\", a=\"y\"}];"
          + "many-to-many matching not allowed: matching labels must be unique on one side"
      ])
    try check(
      "eval instant at 1m sum(m)\n  expect fail",
      ["5: eval instant at 1m sum(m): no error came", "  got:", "    {} 22", "  want:", "    an error"])
    try check(
      "eval instant at 1m sum(m)) \n  {} 22",
      ["5: eval instant at 1m sum(m)): parse error at 1:7: unexpected right parenthesis ')'"])
  }

  @Test func annotationsThatComeOrDoNot() throws {
    try check(
      "eval instant at 1m sum(m)\n  expect warn msg: be warned\n  {} 22",
      [
        "5: eval instant at 1m sum(m): no warning annotation came", "  got:", "    no warning annotation",
        "  want:", "    \"be warned\"",
      ])
    try check(
      "eval_info instant at 1m sum(m)\n  {} 22",
      [
        "5: eval_info instant at 1m sum(m): no info annotation came", "  got:", "    no info annotation",
        "  want:", "    any message",
      ])
  }

  @Test func loadsThatFail() throws {
    #expect(
      try failures("load 1m\n  m 1 2 3\n\nload 1m\n  n 1\n  m 1\n\neval instant at 1m m\n  m 2")
        == ["6: load m: a sample is older than one that is there already; the rest of the file is not run"])
    #expect(
      try failures("load 1m\n  m 1 2\n\nload 1m\n  m _ 3")
        == [
          "5: load m: a sample has another value than the one that is there at its time; the rest of the file is "
            + "not run"
        ])
    #expect(
      try failures("load_with_nhcb 1m\n  h_bucket{le=\"1\"} 3\n  h_bucket{le=\"+Inf\"} 2")
        == [
          "1: load h: the counts of buckets are not cumulative; the rest of the file is not run"
        ])
  }
}

@Suite struct ScriptSyntaxTests {
  /// What is wrong with a script, where, and in which words.
  @Test(arguments: [
    ("lod 5m", "1:1: invalid command \"lod 5m\", expected load, clear or eval"),
    ("load", "1:1: invalid load command, expected load STEP or load_with_nhcb STEP"),
    ("load_x 5m", "1:1: invalid load command, expected load STEP or load_with_nhcb STEP"),
    ("load 5 m", "1:6: invalid step \"5 m\", expected a duration such as 5m"),
    (
      "\nload 5m\n\t  m 1+x",
      "3:8: unexpected identifier \"x\" in series values, expected number or \"stale\""
    ),
    (
      "load 5m\n m 1x1000000000",
      "2:6: invalid repetition in series values: 1000000000 is more than the limit of 1000000 samples"
    ),
    ("load 5m\n m@st -1m", "2:2: start timestamps (@st) are not read by this version"),
    ("eval m", "1:7: invalid eval command, expected eval instant at … or eval range from …"),
    ("eval instant 5m m", "1:14: expected at TIME behind eval instant"),
    ("eval instant at 5x m", "1:17: invalid time \"5x\", expected a duration such as 1h30m"),
    ("eval instant at 5m", "1:19: eval has no expression"),
    ("eval_odd instant at 5m m", "1:1: invalid command \"eval_odd\", expected eval"),
    ("eval_ordered range from 0 to 1m step 1m m", "1:1: invalid command \"eval_ordered\", expected eval"),
    ("eval range from 5m to 1m step 1m m", "1:26: end is before start"),
    ("eval range from 0 to 1m step 0 m", "1:32: step must be longer than 0"),
    ("eval range from 0 to 1m m", "1:25: expected step DURATION"),
    (
      "eval instant at 0 m\n m 1 2",
      "2:2: an instant query returns one value of each series; write \"expect range vector from … to … step …\" "
        + "above for a range vector"
    ),
    ("eval instant at 0 m\n m", "2:2: expected series has no value"),
    (
      "eval instant at 0 m\n expect nothing",
      "2:9: invalid expect line, expected fail, warn, no_warn, info, no_info, ordered, string or range vector"
    ),
    ("eval instant at 0 m\n expect warn x", "2:14: invalid expect line, expected \"msg: …\" or \"regex: …\""),
    (
      "eval instant at 0 m\n expect warn regex: (",
      "2:14: invalid regular expression \"(\": missing ): ("
    ),
    ("eval instant at 0 m\n expect fail\n expect fail", "3:2: there may be one \"expect fail\" line only"),
    (
      "eval instant at 0 m\n expect warn\n expect no_warn",
      "3:2: warn and no_warn cannot be expected together"
    ),
    ("eval instant at 0 m\n expect string a", "2:16: expected a quoted string"),
    ("eval instant at 0 m\n expect range vector from 0 to 1m", "2:34: expected step DURATION"),
  ])
  func faultsAreNamedWithTheirPlace(text: String, message: String) {
    let error = #expect(throws: ScriptError.self) { try Script.parse(text) }
    #expect(error?.description == message)
  }

  @Test func mutationsNeverCrash() {
    let good = """
      load 5m
        m{a="x"} 1+2x10 _ stale {{schema:0 count:3 buckets:[1 2]}}x3
      # a comment

      eval range from 0 to 30m step 5m sum by (a) (m)
        expect no_warn
        expect info regex: some.*thing
        {a="x"} 1 3 5 _x3

      clear
      eval_fail instant at 1h30m -m
        expected_fail_message no
      eval instant at 10m m[10m]
        expect range vector from 5m to 10m step 5m
        m{a="x"} 3 5
      eval instant at 0 "x"
        expect string "x"
      """
    let seed = UInt64.random(in: 0 ... .max)
    var random = Mutation(seed: seed)
    for _ in 0..<2000 {
      let text = random.mutated(good)
      do {
        _ = try Script.parse(text)
      } catch {
        #expect(error.line >= 1 && error.column >= 1, "seed \(seed)\n\(text)")
      }
    }
  }
}
