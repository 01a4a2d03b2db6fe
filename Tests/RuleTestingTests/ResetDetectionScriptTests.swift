import Testing

@testable import RuleTesting

/// Where only totals of histograms are asked for, resets that no hint tells are found, and adding up what follows a
/// reset and what does not is warned of.
@Suite struct ResetDetectionScriptTests {
  private let samples = """
    load 1m
      h{i="a"} {{count:3 sum:3 buckets:[3]}} {{count:5 sum:5 buckets:[5]}} {{count:1 sum:1 buckets:[1]}} \
    {{count:2 sum:2 buckets:[2]}}
      h{i="b"} {{count:3 sum:3 buckets:[3]}} {{count:5 sum:5 buckets:[5]}} {{count:6 sum:6 buckets:[6]}} \
    {{count:7 sum:7 buckets:[7]}}


    """

  private func check(_ questions: String, asks: Int) throws {
    let run = ScriptRunner.run(try Script.parse(samples + questions))
    #expect(run.failures.isEmpty, "\(run.failures.flatMap(\.lines).joined(separator: "\n"))")
    #expect(run.passed == asks)
  }

  @Test func sumsOfMixedSeriesAreWarnedOf() throws {
    try check(
      """
      eval instant at 2m histogram_count(sum(h))
        expect warn msg: PromQL warning: conflicting counter resets during histogram aggregation
        {} 7

      eval instant at 2m histogram_avg(avg(h))
        expect warn msg: PromQL warning: conflicting counter resets during histogram aggregation
        {} 1

      eval instant at 2m histogram_sum(h{i="a"} + ignoring(i) h{i="b"})
        expect warn msg: PromQL warning: conflicting counter resets during histogram addition
        {} 7

      eval range from 0 to 3m step 1m histogram_count(sum(h))
        expect warn msg: PromQL warning: conflicting counter resets during histogram aggregation
        {} 6 10 7 9

      eval instant at 1m histogram_count(sum(h))
        expect no_warn
        {} 10
      """, asks: 5)
  }

  @Test func sumsOverTimeAreWarnedOf() throws {
    try check(
      """
      eval instant at 3m histogram_count(sum_over_time(h[4m]))
        expect warn msg: PromQL warning: conflicting counter resets during histogram aggregation
        {i="a"} 11
        {i="b"} 21

      eval instant at 3m histogram_count(sum_over_time(h{i="b"}[4m]))
        expect no_warn
        {i="b"} 21

      eval instant at 2m histogram_count(sum_over_time(h{i="a"}[1m]))
        expect no_warn
        {i="a"} 1
      """, asks: 3)
  }

  /// The first sample of the window is compared with the one at its very start, which is not in it.
  @Test func theSampleAtTheStartOfAWindowCounts() throws {
    try check(
      """
      eval instant at 3m histogram_count(avg_over_time(h{i="a"}[2m]))
        expect warn msg: PromQL warning: conflicting counter resets during histogram aggregation
        {i="a"} 1.5

      eval instant at 3m histogram_count(avg_over_time(h{i="a"}[119s]))
        expect no_warn
        {i="a"} 1.5
      """, asks: 2)
  }

  @Test func nothingIsLookedForWhereBucketsOrSubqueriesStandAround() throws {
    try check(
      """
      eval instant at 2m sum(h)
        expect no_warn
        {} {{count:7 sum:7 buckets:[7]}}

      eval instant at 2m histogram_stdvar(sum(h)) * 0
        expect no_warn
        {} 0

      eval instant at 2m histogram_quantile(0, sum(h) unless histogram_count(sum(h)) == 0)
        expect no_warn
        {} 0.5

      eval instant at 2m max_over_time(histogram_count(sum(h))[1m:1m])
        expect no_warn
        {} 7

      eval instant at 2m histogram_count(sum(h </ 100))
        expect no_warn
        {} 7

      eval instant at 2m histogram_count(sum(increase(h[2m])))
        expect no_warn
        {} 4

      eval instant at 2m histogram_count(h)
        expect no_warn
        {i="a"} 1
        {i="b"} 6
      """, asks: 7)
  }

  /// The same sum is asked for with and without.
  @Test func whatIsDetectedStaysWithItsQuestion() throws {
    try check(
      """
      eval instant at 2m sum(h{i="a"}) + (0 * sum(h{i="b"})) and histogram_count(sum(h{i="a"})) == 1
        expect no_warn
        {} {{count:1 sum:1 buckets:[1]}}
      """, asks: 1)
  }
}
