import CloudAccess
import CloudMetrics
import Collecting
import FarwatchTesting
import Foundation
import HTTPClient
import Model
import Synchronization
import Testing

private let start = Timestamp(year: 2026, month: 1, day: 1)
private let recoveryPoint = "farwatch_replication_recovery_point_timestamp_seconds"
private let basics = LinkBasics(
  link: "orders", sourceRegion: "east", targetRegions: ["west"], rpo: .seconds(300), timeout: .seconds(5))

/// Links whose lag Cloud SQL's and Azure's monitoring tell.
@Suite struct MeasuredLinkTests {
  private typealias Known = (query: Int, series: MetricSeries, points: [MetricPoint])
  private let client = HTTPClient(name: "test")
  private let time = ManualTime(at: start)

  private func known(_ query: Int, _ name: String, _ points: [Int: Double], _ labels: Labels = .empty)
    -> Known
  {
    (
      query, MetricSeries(.gauge("x_\(name.lowercased())_y", ""), labels),
      points.map { MetricPoint(time: start + .seconds($0.key), value: $0.value) }.sorted { $0.time > $1.time }
    )
  }

  @Test func bothHalvesOfCloudSQLAreALag() {
    func find(_ known: Known...) -> LinkFinding { CloudSQLLag.find(known) }
    // PostgreSQL has applied all that it received, and received nothing for 40 s: that is no lag of 0.
    #expect(
      find(known(0, "replica_lag", [-60: 0]), known(1, "network_lag", [-60: 40]))
        == .lag(40, at: start - .seconds(60)))
    // Not of the same second; the older of both is what is proven.
    #expect(
      find(known(0, "replica_lag", [-60: 2]), known(1, "network_lag", [-75: 3, -130: 90]))
        == .lag(5, at: start - .seconds(75)))
    // A half that has not come yet: the pair before it.
    #expect(
      find(known(0, "replica_lag", [-60: 2, -180: 4]), known(1, "network_lag", [-180: 3]))
        == .lag(7, at: start - .seconds(180)))
    #expect(
      find(known(0, "replica_lag", [-60: -1, -120: 0]), known(1, "network_lag", [-60: 0, -120: 0]))
        == .notReplicating("Cloud SQL says replica_lag -1", at: start - .seconds(60)))
    #expect(
      find(
        known(0, "replica_lag", [-60: 0]), known(1, "network_lag", [-60: 0]),
        known(2, "state", [-60: 0], ["state": "Running"]), known(2, "state", [-60: 1], ["state": "Error"]))
        == .notReplicating("Cloud SQL says Error", at: start - .seconds(60)))
    #expect(
      find(
        known(0, "replica_lag", [-60: 1]), known(1, "network_lag", [-60: 0]),
        known(2, "state", [-200: 1], ["state": "Stopped"]))
        == .lag(1, at: start - .seconds(60)), "an old word of a state that is over")
    for half in [find(known(0, "replica_lag", [-60: 1])), find(known(1, "network_lag", [-60: 1])), find()] {
      guard case .unknown = half else {
        Issue.record("\(half)")
        continue
      }
    }
    // An absurd number is carried without a trap.
    var state = MeasuredLinkState(basics, engine: "cloud_sql", period: .seconds(60))
    let absurd = find(known(0, "replica_lag", [-60: 1e300]), known(1, "network_lag", [-60: 1e308]))
    #expect(state.observe(["west": (absurd, nil)], at: start).verdict == .success)
  }

  @Test func azuresMinutes() {
    func find(_ engine: AzureLinkSettings.Engine, _ known: Known...) -> LinkFinding {
      AzureLag.find(known, engine)
    }
    #expect(
      find(.postgres, known(0, "physical_replication_delay_in_seconds", [-60: 7, -120: 9]))
        == .lag(7, at: start - .seconds(60)))
    let (io, sql) = ("Replica_IO_Running", "Replica_SQL_Running")
    #expect(
      find(.mysql, known(0, "replication_lag", [-60: 3]), known(0, io, [-60: 1]), known(0, sql, [-60: 1]))
        == .lag(3, at: start - .seconds(60)))
    // A lag of 0 with a thread that stands still is none.
    #expect(
      find(.mysql, known(0, "replication_lag", [-60: 0]), known(0, io, [-60: 0]), known(0, sql, [-60: 1]))
        == .notReplicating("Azure says Replica_IO_Running 0", at: start - .seconds(60)))
    #expect(
      find(.mysql, known(0, "replication_lag", [-240: 0]), known(0, io, [-60: 1]), known(0, sql, [-60: 0]))
        == .notReplicating("Azure says Replica_SQL_Running 0", at: start - .seconds(60)))
    // The threads' word of the newest minute has not come: the minute before.
    #expect(
      find(
        .mysql, known(0, "replication_lag", [-60: 0, -120: 5]), known(0, io, [-120: 1]),
        known(0, sql, [-120: 1]))
        == .lag(5, at: start - .seconds(120)))
    #expect(find(.mysql, known(0, "replication_lag", [-60: 4])) == .lag(4, at: start - .seconds(60)))
    guard case .unknown = find(.mysql, known(0, io, [-60: 1]), known(0, sql, [-60: 1])) else {
      Issue.record("a running thread is no lag")
      return
    }
  }

  @Test func theRecoveryPointMovesOnProofOnly() {
    var state = MeasuredLinkState(basics, engine: "cloud_sql", period: .seconds(60))
    func pass(_ second: Int, _ finding: LinkFinding, _ problem: CloudFailure? = nil) -> (
      point: Double?, up: Double?, reason: FailureReason?
    ) {
      let pass = state.observe(["west": (finding, problem)], at: start + .seconds(second))
      let outcome = Outcome(
        startedAt: start, finishedAt: start, took: .zero, verdict: pass.verdict, readings: pass.readings)
      return (
        outcome.value(recoveryPoint).map { $0 - start.seconds }, outcome.value("farwatch_replication_up"),
        outcome.reason
      )
    }
    #expect(pass(0, .unknown("nothing")) == (nil, 0, .missing))
    #expect(pass(60, .lag(5, at: start)) == (-5, 1, nil))
    // The same word again, with a request that failed: still that word.
    #expect(pass(90, .lag(5, at: start), CloudFailure(.timeout, "no")) == (-5, 1, .timeout))
    #expect(pass(600, .unknown("nothing")) == (-5, 0, .missing))
    #expect(pass(660, .notReplicating("-1", at: start + .seconds(650))) == (-5, 0, .status))
    #expect(pass(720, .lag(2, at: start + .seconds(700))) == (698, 1, nil))
    // Between two points the lag is not known moment by moment.
    #expect(pass(780, .lag(80, at: start + .seconds(760))) == (698, 1, nil))
    // Rebuilt from an older copy.
    #expect(pass(840, .lag(3600, at: start + .seconds(820))) == (-2780, 1, nil))
    // From a clock that is ahead.
    #expect(pass(900, .lag(0, at: start + .seconds(5000))) == (900, 1, nil))
    // A region that nobody answered for.
    let silent = state.observe([:], at: start + .seconds(960))
    guard case .failure(.timeout, _) = silent.verdict else {
      Issue.record("\(silent.verdict)")
      return
    }
  }

  @Test func cloudSQLIsAsked() async throws {
    func series(
      _ name: String, _ instance: String, _ seconds: Int, _ value: String, _ labels: [String: String] = [:]
    )
      -> ImitatedGoogle.Series
    {
      ImitatedGoogle.Series(
        metric: "cloudsql.googleapis.com/database/replication/\(name)", resource: "cloudsql_database",
        labels: labels,
        resourceLabels: [
          "database_id": "shop-prod:\(instance)", "region": "europe-west1", "project_id": "shop-prod",
        ],
        points: [(start + .seconds(seconds), value)])
    }
    let server = try ImitatedGoogle([
      series("replica_lag", "eu", -120, #"{"doubleValue":0.5}"#),
      series("network_lag", "eu", -120, #"{"int64Value":"30"}"#),
      series("replica_lag", "other", -120, #"{"doubleValue":9000}"#),
      series("state", "eu", -120, #"{"boolValue":true}"#, ["state": "Running"]),
      series("state", "eu", -120, #"{"boolValue":false}"#, ["state": "Error"]),
    ])
    var access = GoogleAccess(.metadata)
    access.endpoint = server.url
    access.metadataHost = server.url
    let settings = CloudSQLLinkSettings(
      basics, targets: [.init(region: "west", project: "shop-prod", instance: "eu")], access: access)
    let collector = settings.collector(CloudTokens(http: client, time: time), time: time)
    let outcome = await collector.collected()
    #expect(outcome.verdict == .success, "\(outcome.verdict)")
    #expect(outcome.value(recoveryPoint) == start.seconds - 150.5)
    #expect(outcome.value("farwatch_replication_up", ["engine": "cloud_sql", "target_region": "west"]) == 1)
    #expect(outcome.value("farwatch_replication_reported_lag_seconds") == 30.5)
    // The metric stops, as it does when the replica is promoted.
    time.advance(by: .seconds(600))
    let silent = await collector.collected()
    #expect(silent.reason == .missing && silent.value("farwatch_replication_up") == 0)
    #expect(silent.value(recoveryPoint) == start.seconds - 150.5)
    server.state.withLock {
      $0.refusals = [(403, ImitatedGoogle.error(403, "PERMISSION_DENIED", "no"), [])]
    }
    time.advance(by: .seconds(60))
    #expect(await collector.collected().reason == .permission)
    #expect(server.state.withLock { $0.refused } == [])
  }

  @Test func azureIsAsked() async throws {
    var server = ImitatedAzure.Series(server: "eu", name: "physical_replication_delay_in_seconds")
    server.points = [(start - .seconds(60), nil), (start - .seconds(120), "12")]
    let azure = try ImitatedAzure([server])
    var access = AzureAccess(.managed(client: nil))
    access.endpoint = azure.url
    access.authority = azure.url
    let resource = try #require(AzureResource("\(ImitatedAzure.root)/eu"))
    let settings = AzureLinkSettings(
      basics, engine: .postgres, targets: [.init(region: "west", resource: resource)], access: access)
    let collector = settings.collector(CloudTokens(http: client, time: time), time: time)
    let outcome = await collector.collected()
    #expect(outcome.verdict == .success, "\(outcome.verdict)")
    #expect(outcome.value(recoveryPoint) == start.seconds - 132)
    #expect(outcome.value("farwatch_replication_up", ["engine": "azure_postgres"]) == 1)
    time.advance(by: .seconds(900))
    let silent = await collector.collected()
    #expect(silent.reason == .missing && silent.value(recoveryPoint) == start.seconds - 132)
  }
}
