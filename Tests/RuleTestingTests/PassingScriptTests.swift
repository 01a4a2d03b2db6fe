import Model
import PromQL
import Testing

@testable import RuleTesting

/// Scripts that must pass; each asks for something that a wrong runner or store would give otherwise.
@Suite struct PassingScriptTests {
  private func check(_ text: String, asks: Int) throws {
    let run = ScriptRunner.run(try Script.parse(text))
    #expect(run.failures.isEmpty, "\(run.failures.flatMap(\.lines).joined(separator: "\n"))")
    #expect(run.passed == asks)
  }

  @Test func loadsAddUpUntilCleared() throws {
    try check(
      """
      load 1m
        a 1 2 stale
        b 0x5

      load 2m
        b{x="y"} 7

      eval instant at 1m30s a
        a 2

      eval instant at 2m a

      eval instant at 1m b
        b 0
        b{x="y"} 7

      clear
      eval instant at 1m b
      """, asks: 4)
  }

  @Test func commandsEndAtBlankLinesAndComments() throws {
    try check(
      """
      load 5m
        m{utf="ä", "with.dot"="x"} 1+1x10

      eval instant at 5m none
      # This ends the command, which therefore expects nothing.
      eval instant at 5m m
        {__name__="m", "utf"='ä', "with.dot"=`x`} 2
      """, asks: 2)
  }

  @Test func rangesOmitWhatIsNotThere() throws {
    try check(
      """
      load 1m
        m{a="x"} 1 _ 3 stale 5
        m{a="y"} _ _ NaN -Inf

      eval range from 0 to 4m step 1m m
        expect no_warn
        m{a="x"} 1 1 3 _ 5
        m{a="y"} _ _ NaN -Inf -Inf

      eval range from 0 to 2m step 1m 1 + 2
        {} 3 3 3

      eval instant at 2m m[3m]
        expect range vector from 0 to 2m step 1m
        m{a="x"} 1 _ 3
        m{a="y"} _ _ NaN
      """, asks: 3)
  }

  @Test func kindsOfResult() throws {
    try check(
      """
      eval instant at 1m time()
        60

      eval instant at 1m 0x10 / 32
        5e-1

      eval instant at 1m "a\\tb"
        expect string "a\\tb"

      eval instant at 0 NaN
        NaN
      """, asks: 4)
  }

  @Test func errorsAndAnnotations() throws {
    try check(
      """
      load 1m
        m{a="x"} 1 1
        n{a="x"} 2 {{schema:0 count:1 sum:1 buckets:[1]}}

      eval instant at 0 {a="x"} + on(a) {a="x"}
        expect fail regex: found duplicate series .*many-to-many matching not allowed

      eval_fail instant at 0 {a="x"} + on(a) {a="x"}

      eval_fail instant at 0 {a="x"} + on(a) {a="x"}
        expected_fail_regexp duplicate series

      eval instant at 1m n * n
        expect info
        expect no_warn

      eval_ordered instant at 0 sort_desc({a="x"})
        n{a="x"} 2
        m{a="x"} 1

      eval instant at 1m quantile(2, m)
        expect warn msg: PromQL warning: quantile value should be between 0 and 1, got 2
        {} Inf
      """, asks: 6)
  }

  @Test func histogramsAreComparedWhereverTheirSpansAreCut() throws {
    try check(
      """
      load 1m
        h {{schema:1 count:3 sum:4 buckets:[0 1 2] offset:-1}}+{{schema:1 count:2 buckets:[1 1]}}x2
        g {{count:1 sum:1 counter_reset_hint:gauge}}x1

      eval instant at 0 h
        h {{schema:1 count:3 sum:4 buckets:[1 2 0]}}

      eval range from 0 to 2m step 1m h
        h {{schema:1 count:3 sum:4 buckets:[1 2]}} {{schema:1 count:5 sum:4 buckets:[2 3]}} {{schema:1 count:7 sum:4 buckets:[3 4]}}

      eval instant at 5m g
        g {{count:1 sum:1 counter_reset_hint:gauge}}
      """, asks: 3)
    #expect(
      try failures(
        "load 1m\n  h {{count:1}}\n\neval instant at 0 h\n  h {{count:1 counter_reset_hint:gauge}}")[0]
        == "4: eval instant at 0 h: got {{count:1}}, want {{count:1 counter_reset_hint:gauge}} for h")
    #expect(
      try failures("load 1m\n  h {{count:1}}\n\neval instant at 0 h\n  h 1")[0]
        == "4: eval instant at 0 h: got {{count:1}}, want 1 for h")
  }

  @Test func classicHistogramsBecomeNativeOnes() throws {
    try check(
      """
      load_with_nhcb 1m
        h_bucket{a="x", le="1"} 1 2
        h_bucket{a="x", le="1.0"} 1 2
        h_bucket{a="x", le="5"} 3 5
        h_bucket{a="x", le="+Inf"} 4 6
        h_count{a="x"} 4 6
        h_sum{a="x"} 10 _

      eval instant at 0 h
        h{a="x"} {{schema:-53 count:4 sum:10 custom_values:[1 5] buckets:[1 2 1]}}

      eval instant at 1m h_bucket{le="5"}
        h_bucket{a="x", le="5"} 5
      """, asks: 2)
  }
}

@Suite struct SeriesFixtureTests {
  @Test func windowsAreOpenOnTheLeftAndEndersAreNotRead() throws {
    let fixture = SeriesFixture()
    let values = try parseSeriesDescription("m 1 2 stale _ 5 {{count:1}}").values
    try fixture.add(values, to: ["__name__": "m"], from: Timestamp(milliseconds: 0), step: .seconds(10))
    let id = fixture.series(["__name__": "m"])
    func window(_ after: Int64, _ at: Int64) -> [Int64] {
      var samples = SampleColumns()
      fixture.readWindow(
        of: id, at: Timestamp(milliseconds: at), after: Timestamp(milliseconds: after), into: &samples)
      return samples.times
    }
    #expect(window(-1, 50_000) == [0, 10_000, 40_000, 50_000])
    #expect(window(0, 49_999) == [10_000, 40_000])
    #expect(window(50_000, 60_000) == [])
    #expect(window(60_000, 50_000) == [])
    func newest(_ at: Int64) -> Double? {
      fixture.newestSample(
        of: id, at: Timestamp(milliseconds: at), after: Timestamp(milliseconds: at - 30_000))?.value
    }
    #expect(newest(15_000) == 2)
    #expect(newest(25_000) == nil)
    #expect(newest(45_000) == 5)
    // A histogram is no number.
    #expect(newest(55_000) == nil)
    var samples = SampleColumns()
    var places: [Int] = []
    fixture.readNewest(
      of: [id, id], at: Timestamp(milliseconds: 55_000), after: Timestamp(milliseconds: 0), into: &samples,
      places: &places)
    #expect(places == [0, 1] && samples.histograms.count == 2 && samples.histograms[0]?.count == 1)
  }

  @Test func whatIsOlderIsRefused() throws {
    let fixture = SeriesFixture()
    let id = fixture.series(["__name__": "m"])
    let version = fixture.indexVersion
    try fixture.add(.float(1), at: Timestamp(milliseconds: 5), to: id)
    try fixture.add(.float(1), at: Timestamp(milliseconds: 5), to: id)
    #expect(throws: SeriesFixture.Refusal.duplicate) {
      try fixture.add(.float(2), at: Timestamp(milliseconds: 5), to: id)
    }
    #expect(throws: SeriesFixture.Refusal.outOfOrder) {
      try fixture.add(.float(1), at: Timestamp(milliseconds: 4), to: id)
    }
    #expect(fixture.sampleCount == 1 && fixture.indexVersion == version)
    #expect(fixture.select([LabelMatcher("__name__", equals: "m")]) == [id])
    #expect(fixture.select([LabelMatcher("__name__", equals: "n")]) == [])
    #expect(fixture.select([LabelMatcher("a", equals: "")]) == [id])
  }
}
