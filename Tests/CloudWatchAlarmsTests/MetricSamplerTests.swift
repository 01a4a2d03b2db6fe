import Model
import StrictYAML
import Testing

@testable import CloudWatchAlarms

/// Slots against the plain definition: every data point is the statistic of the samples of its period.
@Suite struct MetricSamplerTests {
  @Test(
    arguments: ["Average", "Sum", "Minimum", "Maximum", "SampleCount", "p75", "tm60"], [10, 30, 60, 120, 300])
  func dataPointsAreThoseOfAllSamples(_ statistic: String, _ period: Int) throws {
    let seed = UInt64(period) &* 31 &+ UInt64(statistic.utf8.count)
    var random = SeededRandom(state: seed)
    let key = Statistic.named[statistic] == nil ? "ExtendedStatistic" : "Statistic"
    let (loaded, problems) = read(
      """
      A: {PromQL: value, Threshold: 1, ComparisonOperator: LessThanThreshold, EvaluationPeriods: 3,
        Period: \(period), \(key): \(statistic)}
      """)
    #expect(problems == [])
    let sampler = MetricSampler(try #require(loaded["A"]?.metric))
    let store = HandStore()
    var samples: [(time: Int64, value: Double)] = []
    var time = midnight.milliseconds
    var mark = time
    for _ in 0..<1500 {
      // With gaps, so that some periods have no sample at all, and samples at the very edge of a period.
      let pause: Int64 =
        Int.random(in: 0..<100, using: &random) == 0
        ? Int64(period) * 2500 : Int64.random(in: 1...4, using: &random) * 2500
      time += pause
      let value = Double(Int.random(in: -50...50, using: &random))
      while mark + 10_000 <= time {
        mark += 10_000
        // Late now and then, as a busy core is.
        if Bool.random(using: &random) { sampler.fill(to: mark, from: store) }
        guard sampler.newestTick(upTo: mark, after: nil) == mark else { continue }
        sampler.fill(to: mark, from: store)
        expect(sampler.points(at: mark), at: mark, of: samples, sampler.metric, "seed \(seed)")
      }
      let series: Labels = ["__name__": "value", "part": samples.count % 3 == 0 ? "a" : "b"]
      store.write(series, value, at: Timestamp(milliseconds: time))
      samples.append((time, value))
    }
    // One that begins now finds the same in the store.
    let late = MetricSampler(sampler.metric)
    let end = mark / 60_000 * 60_000
    late.fill(to: end, from: store)
    expect(late.points(at: end), at: end, of: samples, sampler.metric, "from the store")
  }

  private func expect(
    _ points: [DataPoint?], at end: Int64, of samples: [(time: Int64, value: Double)], _ metric: MetricAlarm,
    _ what: String
  ) {
    let length = Int64(metric.periodSeconds) * 1000
    let expected = (1...5).reversed().map { age -> DataPoint? in
      let start = end - Int64(age) * length
      var summary = SampleSummary()
      for sample in samples where sample.time >= start && sample.time < start + length {
        summary.add(sample.value, keepingValues: true)
      }
      return summary.value(metric.statistic).map {
        DataPoint(value: $0, start: Timestamp(milliseconds: start))
      }
    }
    #expect(points == expected, "\(what)")
  }

  /// The whole evaluation range, though far more marks lie in it than are evaluated.
  @Test(arguments: [(86_400, 2), (3600, 24), (60, 1440), (10, 360)])
  func expressionsReachBackAsFarAsTheRange(_ period: Int, _ periods: Int) throws {
    let (loaded, _) = read(
      "A: {PromQL: time(), Threshold: 1, ComparisonOperator: LessThanThreshold, EvaluationPeriods: \(periods), "
        + "Period: \(period), Statistic: SampleCount}")
    let sampler = MetricSampler(try #require(loaded["A"]?.metric))
    var budget = 100
    var calls = 1
    while !sampler.fill(to: midnight.milliseconds, from: HandStore(), budget: &budget) {
      #expect(budget == 0)
      budget = 100
      calls += 1
    }
    let points = sampler.points(at: midnight.milliseconds)
    #expect(points.count >= periods && points.allSatisfy { $0 != nil })
    // Bounded, and spread over turns.
    #expect(points.compactMap { $0?.value }.reduce(0, +) <= Double(max(450, points.count + 200)))
    #expect(calls >= points.count / 100 && calls < 40)
  }

  @Test func samplesThatComeLateCount() throws {
    let (loaded, _) = read(
      "A: {PromQL: value, Threshold: 1, ComparisonOperator: LessThanThreshold, EvaluationPeriods: 1, Period: 60}"
    )
    let sampler = MetricSampler(try #require(loaded["A"]?.metric))
    let store = HandStore()
    let end = midnight.milliseconds + 60_000
    sampler.fill(to: end - 10_000, from: store)
    // Its time is before the mark that was taken already.
    store.write(["__name__": "value"], 7, at: Timestamp(milliseconds: end - 25_000))
    sampler.fill(to: end, from: store)
    #expect(sampler.points(at: end).last??.value == 7)
  }

  @Test func whatIsNoNumberIsNoSample() {
    var summary = SampleSummary()
    for value in [Double.nan, .infinity, -.infinity] { summary.add(value, keepingValues: true) }
    #expect(summary.count == 0 && summary.value(.sum) == nil && summary.value(.percentile(50)) == nil)
    summary.add(4, keepingValues: true)
    summary.add(8, keepingValues: true)
    #expect(summary.value(.percentile(50)) == 6 && summary.value(.percentile(100)) == 8)
    #expect(summary.value(.trimmedMean(50)) == 4 && summary.value(.average) == 6)
  }

  @Test func extendedStatistics() {
    for (text, expected) in [
      ("p99", Statistic.percentile(99)), ("p99.9", .percentile(99.9)), ("P50", .percentile(50)),
      ("tm90", .trimmedMean(90)),
    ] as [(String, Statistic)] { #expect(Statistic(extended: text) == expected) }
    for text in [
      "", "p", "p0", "p101", "tm", "TM(10%:90%)", "tc90", "ts90", "wm90", "IQM", "PR(:300)", "p-1", "p1e1",
      "p1.2.3",
    ] {
      #expect(Statistic(extended: text) == nil, "\(text)")
    }
  }
}
