import CloudAccess
import CloudMetrics
import Collecting
import FarwatchTesting
import HTTPClient
import Model
import Synchronization
import Testing

private let start = Timestamp(year: 2026, month: 1, day: 1)
private let recoveryPoint = "farwatch_replication_recovery_point_timestamp_seconds"

private func settings(_ preset: CloudWatchLinkPreset) -> CloudWatchLinkSettings {
  CloudWatchLinkSettings(
    LinkBasics(link: "orders", sourceRegion: "east", targetRegions: ["west"], rpo: .seconds(300)),
    preset: preset,
    targets: [.init(region: "west", awsRegion: "eu-west-1", dimensions: [.init("DBClusterIdentifier", "eu")])]
  )
}

@Suite struct CloudWatchLinkTests {
  private typealias Entry = CloudWatchLinkState.Answer.Entry

  private func entry(_ metric: String, _ minute: Int, _ value: Double, _ node: String = "") -> Entry {
    Entry(
      metric, node.isEmpty ? [] : [.init("N", node)],
      CloudWatchPoint(time: start + .seconds(minute * 60), value: value))
  }
  private func pass(
    _ state: inout CloudWatchLinkState, _ minute: Int, _ entries: Entry...
  ) -> (point: Double?, up: Double?, verdict: Outcome.Verdict) {
    let pass = state.observe(["west": .init(points: entries)], at: start + .seconds(minute * 60))
    let outcome = Outcome(
      startedAt: start, finishedAt: start, took: .zero, verdict: pass.verdict, readings: pass.readings)
    return (
      outcome.value(recoveryPoint).map { $0 - start.seconds }, outcome.value("farwatch_replication_up"),
      outcome.verdict
    )
  }

  @Test func theRecoveryPointMovesOnProofOnly() {
    var state = CloudWatchLinkState(settings(.rds))
    #expect(pass(&state, 0).point == nil)
    #expect(pass(&state, 1, entry("ReplicaLag", 0, 5)).point == -5)
    // The same point again, and nothing: it stays, and ages.
    #expect(pass(&state, 2, entry("ReplicaLag", 0, 5)).point == -5)
    let silent = pass(&state, 9)
    #expect(silent.point == -5 && silent.up == 0)
    #expect(pass(&state, 10, entry("ReplicaLag", 9, 2)).point == 538)
    // Not replicating is no lag of minus one second.
    let stopped = pass(&state, 11, entry("ReplicaLag", 10, -1), entry("ReplicaLag", 10, 3))
    #expect(stopped.point == 538 && stopped.up == 0)
    #expect(
      stopped.verdict == .failure(.status, detail: "west: does not replicate: CloudWatch says ReplicaLag -1"))
    // A lag that grew as fast as time: within a period the proofs agree.
    #expect(pass(&state, 12, entry("ReplicaLag", 11, 150)).point == 538)
    // Rebuilt from an older copy.
    #expect(pass(&state, 13, entry("ReplicaLag", 12, 7200)).point == -6480)
  }

  @Test func everyServiceSpeaksItsOwnUnit() {
    var aurora = CloudWatchLinkState(settings(.aurora))
    #expect(pass(&aurora, 1, entry("AuroraGlobalDBReplicationLag", 0, 2000)).point == -2)
    // The recovery point lag is the larger one here.
    let both = pass(
      &aurora, 2, entry("AuroraGlobalDBReplicationLag", 1, 900), entry("AuroraGlobalDBRPOLag", 1, 30_000))
    #expect(both.point == 30)
    // A task that reads well has not written yet: one half is no proof.
    var dms = CloudWatchLinkState(settings(.dms))
    #expect(pass(&dms, 1, entry("CDCLatencySource", 0, 0)).point == nil)
    #expect(
      pass(
        &dms, 2, entry("CDCLatencySource", 1, 0), entry("CDCLatencySource", 0, 0),
        entry("CDCLatencyTarget", 0, 9)
      )
      .point == -9)
    // The worst of the nodes.
    var nodes = CloudWatchLinkState(settings(.elasticache))
    let lag = "GlobalDatastoreReplicationLag"
    #expect(
      pass(&nodes, 2, entry(lag, 1, 0.5, "a"), entry(lag, 0, 1, "b"), entry(lag, 1, 2, "c")).point == -1)
  }

  /// The two halves come minutes apart: the last period that has both counts.
  @Test func halvesThatComeApartAreReadTogether() async throws {
    let time = ManualTime(at: start + .seconds(30))
    func series(_ name: String, _ values: [Int: Double]) -> ImitatedCloudWatch.Series {
      var series = ImitatedCloudWatch.Series(namespace: "AWS/DMS", name: name, dimensions: ["T": "t"])
      for (minute, value) in values { series.points[start + .seconds(minute * 60)] = value }
      return series
    }
    let server = try ImitatedCloudWatch([
      series("CDCLatencySource", [-1: 1, -2: 2]), series("CDCLatencyTarget", [-2: 4, -3: 3]),
    ])
    var settings = settings(.dms)
    settings.targets[0].dimensions = []
    settings.endpoint = server.url
    settings.identity = AWSIdentitySettings(source: .environment)
    let environment = AWSEnvironment(["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S"])
    let collector = CloudWatchLinkCollector(
      settings,
      identities: AWSIdentities(http: HTTPClient(name: "test"), time: time, environment: environment),
      time: time)
    #expect(await collector.collected().value(recoveryPoint) == start.seconds - 124)
  }

  @Test func asksTheTargetsRegion() async throws {
    let time = ManualTime(at: start + .seconds(30))
    func series(_ cluster: String, _ values: [Int: Double]) -> ImitatedCloudWatch.Series {
      var series = ImitatedCloudWatch.Series(
        namespace: "AWS/RDS", name: "AuroraGlobalDBReplicationLag",
        dimensions: ["DBClusterIdentifier": cluster, "SourceRegion": "us-east-1"])
      for (minute, value) in values { series.points[start + .seconds(minute * 60)] = value }
      return series
    }
    let server = try ImitatedCloudWatch([series("eu", [-1: 800, -2: 100]), series("other", [-1: 90_000])])
    var settings = settings(.aurora)
    settings.endpoint = server.url
    settings.identity = AWSIdentitySettings(source: .environment)
    let environment = AWSEnvironment(["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S"])
    let client = HTTPClient(name: "test")
    let collector = CloudWatchLinkCollector(
      settings, identities: AWSIdentities(http: client, time: time, environment: environment), time: time)
    let outcome = await collector.collected()
    #expect(outcome.verdict == .success, "\(outcome.verdict)")
    #expect(outcome.value(recoveryPoint) == start.seconds - 60.8)
    #expect(
      outcome.value("farwatch_replication_up", ["engine": "aurora_global", "target_region": "west"]) == 1)
    // The region stops telling: known until stale, then no proof is left but the last one.
    time.advance(by: .seconds(600))
    let silent = await collector.collected()
    #expect(silent.reason == .missing && silent.value("farwatch_replication_up") == 0)
    #expect(silent.value(recoveryPoint) == start.seconds - 60.8)
    #expect(server.state.withLock { $0.refused } == [])
  }
}
