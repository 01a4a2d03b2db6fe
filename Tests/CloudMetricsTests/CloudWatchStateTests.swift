import CloudMetrics
import FarwatchTesting
import Model
import Testing

private let start = Timestamp(year: 2026, month: 1, day: 1)

private func lag(_ name: String = "ReplicaLag") -> CloudWatchMetric {
  CloudWatchMetric("AWS/RDS", name, statistics: ["Average"], dimensions: [.init("DBInstanceIdentifier")])
}
private func set(_ value: String) -> [CloudWatchDimension] { [.init("DBInstanceIdentifier", value)] }
private func tick(_ seconds: Int) -> MonotonicInstant {
  MonotonicInstant(nanoseconds: Int64(seconds) * 1_000_000_000)
}

@Suite struct CloudWatchStateTests {
  @Test func asksOnWholePeriodsAndOnceAPeriod() throws {
    var state = CloudWatchState([lag()])
    #expect(state.discoveriesDue(tick(0)) == [0])
    #expect(state.batchesDue(start, tick(0)).isEmpty)
    state.discovered(0, [set("b"), set("a"), [], set("a") + [.init("X", "y")]], tick(0))
    #expect(state.discoveriesDue(tick(599)) == [] && state.discoveriesDue(tick(600)) == [0])
    let batches = state.batchesDue(start + .seconds(90), tick(0))
    let batch = try #require(batches.first)
    #expect(batches.count == 1 && batch.series.map { $0.dimensions[0].value } == ["a", "b"])
    #expect(batch.end == start + .seconds(60) && batch.start == start + .seconds(60 - 11 * 60))
    #expect(batch.metricsCharged == 2)
    // Not answered: due again.
    #expect(state.batchesDue(start + .seconds(91), tick(1)).count == 1)
    state.received(batch, [:], tick(1))
    #expect(state.batchesDue(start + .seconds(120), tick(40)).isEmpty)
    #expect(state.batchesDue(start + .seconds(145), tick(56)).count == 1)
  }

  @Test func theNewestPointCountsUntilItIsStale() throws {
    var state = CloudWatchState([lag()])
    state.discovered(0, [set("a")], tick(0))
    let batch = try #require(state.batchesDue(start, tick(0)).first)
    let series = batch.series[0]
    func point(_ minutes: Int, _ value: Double) -> CloudWatchPoint {
      CloudWatchPoint(time: start + .seconds(minutes * 60), value: value)
    }
    state.received(batch, [series: [point(-3, 1), point(-2, 2), point(-4, 9)]], tick(0))
    #expect(state.current(start).map(\.points[0]) == [point(-2, 2)])
    // The same period, read again, has converged; an answer without it says nothing about it.
    state.received(batch, [series: [point(-2, 2.5)]], tick(60))
    #expect(state.current(start).map(\.points[0]) == [point(-2, 2.5)])
    state.received(batch, [series: [point(-3, 7)]], tick(120))
    #expect(state.current(start)[0].points == [point(-2, 2.5), point(-3, 7), point(-4, 9)])
    state.received(batch, [:], tick(180))
    #expect(state.current(start).map(\.points[0]) == [point(-2, 2.5)])
    #expect(state.current(start + .seconds(9 * 60)).count == 1)
    #expect(state.current(start + .seconds(9 * 60 + 1)).isEmpty)
  }

  @Test func callsStayInsideTheLimitsAndMetricsTogether() {
    var many = lag()
    many.statistics = ["Average", "Maximum", "Minimum"]
    var state = CloudWatchState([many], limit: 100_000)
    state.discovered(0, (0..<400).map { set("i\($0)") }, tick(0))
    let batches = state.batchesDue(start, tick(0))
    #expect(batches.map(\.series.count) == [498, 498, 204])
    #expect(batches.map(\.metricsCharged) == [166, 166, 68])
    // A day of minutes: 1440 points a query.
    var long = CloudWatchState([lag()], staleness: .seconds(86_400), limit: 100_000)
    long.discovered(0, (0..<400).map { set("i\($0)") }, tick(0))
    let wide = long.batchesDue(start, tick(0))
    #expect(wide.allSatisfy { $0.series.count * 1440 <= 100_800 } && wide.count == 6)
  }

  /// CloudWatch keeps points of less than a minute for three hours, and refuses to look further back for them.
  @Test func shortPeriodsAreAskedForThreeHoursAtMost() throws {
    var short = lag()
    short.period = .seconds(30)
    var state = CloudWatchState([short], staleness: .seconds(86_400))
    state.discovered(0, [set("a")], tick(0))
    let batch = try #require(state.batchesDue(start, tick(0)).first)
    #expect(batch.end - batch.start <= .seconds(3 * 3600) && batch.end - batch.start > .seconds(2 * 3600))
  }

  @Test func seriesHaveALimit() {
    var state = CloudWatchState([lag(), lag("CPUUtilization")], limit: 3)
    state.discovered(0, [set("a"), set("b")], tick(0))
    state.discovered(1, [set("a"), set("b")], tick(0))
    #expect(state.batchesDue(start, tick(0)).flatMap(\.series).count == 3)
    #expect(state.leftOut == 1 && state.seriesCount == 3)
  }

  @Test func namesAreThoseOfCloudWatchExporter() {
    func name(_ namespace: String, _ name: String, _ statistic: String) -> String {
      CloudWatchMetric(namespace, name, statistics: [], dimensions: []).family(statistic).name
    }
    #expect(name("AWS/RDS", "ReplicaLag", "Average") == "aws_rds_replica_lag_average")
    #expect(
      name("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "Sum")
        == "aws_applicationelb_httpcode_target_5_xx_count_sum")
    #expect(name("AWS/DMS", "CDCLatencySource", "SampleCount") == "aws_dms_cdclatency_source_sample_count")
    #expect(name("Custom Space/é", "a.b", "p99.9") == "custom_space_a_b_p99_9")
    let labels = CloudWatchMetric.labels([
      .init("DBInstanceIdentifier", "x"), .init("Region", "r"), .init("Cluster Name", "c"), .init("5", "f"),
    ])
    #expect(
      labels.map(\.name) == ["dbinstance_identifier", "dimension_region", "cluster_name", "dimension_5"])
  }

  @Test func namedSetsNeedNoDiscovery() {
    var metric = CloudWatchMetric(
      "N", "M", statistics: ["Sum"], dimensions: [.init("A", ["1", "2"]), .init("B", ["3"])])
    #expect(!metric.needsDiscovery && metric.namedSets.count == 2)
    #expect(metric.accepts([.init("A", "1"), .init("B", "3")]))
    #expect(!metric.accepts([.init("A", "1"), .init("B", "3"), .init("C", "4")]))
    metric.isExactSet = false
    #expect(metric.needsDiscovery && metric.accepts([.init("A", "1"), .init("B", "3"), .init("C", "4")]))
  }
}
