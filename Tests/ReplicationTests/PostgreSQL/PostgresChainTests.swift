import Collecting
import FarwatchTesting
import Model
import PostgresClient
import Replication
import Testing

/// Three real servers in a row, east → west → south, with heartbeats; some six seconds.
@Suite struct PostgresChainTests {
  private struct Chain {
    let east: PostgresServer
    let west: PostgresServer
    let south: PostgresServer
    let client: PostgresClient
    let heartbeat: PostgresHeartbeat

    func link(source: String? = nil) throws -> WatchedLink {
      try WatchedLink(
        client, source: source ?? east.dsn(), targets: [("west", west.dsn()), ("south", south.dsn())],
        upstreams: ["south": "west"], heartbeat: heartbeat)
    }

    func writer(_ server: PostgresServer, create: Bool = false, keep: Duration? = nil) -> Beating {
      Beating(server, client, heartbeat, create: create, keep: keep)
    }
  }

  @Test func aChainAndItsHeartbeats() async throws {
    let east = try await PostgresServer.primary()
    let west = try await east.standby(slot: "west")
    let south = try await west.standby(slot: "south")
    let chain = Chain(
      east: east, west: west, south: south, client: try PostgresClient(),
      heartbeat: PostgresHeartbeat(
        table: try #require(PostgresTable("farwatch.heartbeat")), link: "orders", region: "east"))
    try await heartbeatsAreWritten(chain)
    try await everyLinkIsProven(chain)
    try await aSilentSourceIsProvenByHeartbeats(chain)
    try await aBrokenMiddleIsSeenAtTheEnd(chain)
    try await anEndThatFollowsANewPrimaryProvesNothing(chain)
  }

  private func heartbeatsAreWritten(_ chain: Chain) async throws {
    try await chain.east.sql(
      """
      CREATE ROLE beater LOGIN PASSWORD 'beatword';
      CREATE SCHEMA farwatch AUTHORIZATION beater;
      """)
    let forbidden = await chain.writer(chain.east).beat()
    #expect(forbidden.reason == .missing && forbidden.value(HeartbeatFamilies.up) == 0)
    #expect(forbidden.value(HeartbeatFamilies.written) == nil)
    let before = SystemTime().now
    let first = await chain.writer(chain.east, create: true).beat()
    #expect(first.verdict == .success && first.value(HeartbeatFamilies.up) == 1)
    #expect((first.value(HeartbeatFamilies.written) ?? 0) >= before.seconds)
    #expect(
      try await chain.east.sql(
        "SELECT link, region, abs(extract(epoch FROM beat_at - writer_at)) < 5 FROM farwatch.heartbeat")
        == "orders|east|t")
    // Others' rows go when they are old, if that was asked for.
    try await chain.east.sql(
      """
      INSERT INTO farwatch.heartbeat VALUES ('old', 'x', now() - interval '2 days', now()),
        ('young', 'x', now(), now())
      """)
    #expect(await chain.writer(chain.east).beat().succeeded)
    #expect(try await chain.east.sql("SELECT count(*) FROM farwatch.heartbeat") == "3")
    #expect(await chain.writer(chain.east, keep: .seconds(86_400)).beat().succeeded)
    #expect(try await chain.east.sql("SELECT link FROM farwatch.heartbeat ORDER BY 1") == "orders\nyoung")
    // A standby is never written to, and says so before anything is tried.
    try await chain.west.catchUp(with: chain.east)
    let standby = await chain.writer(chain.west, create: true).beat()
    #expect(
      standby.verdict == .failure(.status, detail: "is a standby: heartbeats are written on a primary only"))
  }

  private func everyLinkIsProven(_ chain: Chain) async throws {
    let link = try chain.link()
    let refused = await link.pass()
    #expect(refused.why("west") == "permission_denied", "SELECT was not granted")
    #expect(refused.value(HeartbeatFamilies.seen, ["target_region": "west"]) == nil)
    try await chain.east.sql(
      "GRANT USAGE ON SCHEMA farwatch TO watch; GRANT SELECT ON farwatch.heartbeat TO watch")
    let writer = chain.writer(chain.east)
    let written = await writer.beat().value(HeartbeatFamilies.written) ?? 0
    let good = try await link.pass(until: "all of the chain is up") { seen in
      ["west", "south"].allSatisfy {
        seen.value(ReplicationFamilies.up, ["target_region": $0]) == 1
          && seen.value(ReplicationFamilies.lagBytes, ["target_region": $0]) == 0
          && (seen.value(HeartbeatFamilies.seen, ["target_region": $0]) ?? 0) > written - 1
      } && seen.succeeded
    }
    #expect(good.value(ReplicationFamilies.splitBrain) == 0)
    #expect((good.value(HeartbeatFamilies.seen, ["target_region": "south"]) ?? 9e9) <= written)
    #expect(
      good.state(PostgresMetrics.slotState, "state", ["slot": "south", "region": "west"]) == "reserved")
    #expect(good.value(PostgresMetrics.slotActive, ["slot": "south", "region": "west"]) == 1)
    #expect(good.state(PostgresMetrics.slotState, "state", ["slot": "west"]) == "reserved")
  }

  private func aSilentSourceIsProvenByHeartbeats(_ chain: Chain) async throws {
    // This watcher cannot reach the source; another one, which can, writes there.
    let port = try freeLoopbackPort()
    let link = try chain.link(source: "host=127.0.0.1 port=\(port) dbname=postgres user=watch")
    let writer = chain.writer(chain.east)
    let first = await link.pass()
    #expect(first.why("east") == "connection_refused")
    let before = first.value(ReplicationFamilies.recoveryPoint, ["target_region": "south"])
    let written = await writer.beat().value(HeartbeatFamilies.written) ?? 0
    let later = try await link.pass(until: "the heartbeat has come through") {
      ($0.value(ReplicationFamilies.recoveryPoint, ["target_region": "south"]) ?? 0) > written - 0.5
    }
    #expect((later.value(ReplicationFamilies.recoveryPoint, ["target_region": "south"]) ?? 0) > (before ?? 0))
    #expect(
      (later.value(ReplicationFamilies.recoveryPoint, ["target_region": "west"]) ?? 9e9) <= written + 0.5)
    #expect(later.value(ReplicationFamilies.up, ["target_region": "south"]) == 0)
  }

  private func aBrokenMiddleIsSeenAtTheEnd(_ chain: Chain) async throws {
    let link = try chain.link()
    _ = try await link.pass(until: "all is well") {
      $0.succeeded && $0.value(ReplicationFamilies.up, ["target_region": "south"]) == 1
    }
    let senders = try await chain.east.freezeSenders()
    try await chain.east.write(megabytes: 1)
    _ = await chain.writer(chain.east).beat()
    let cut = try await link.pass(until: "both are behind") {
      ($0.value(ReplicationFamilies.lagBytes, ["target_region": "south"]) ?? 0) > 9e5
    }
    let later = try await link.passes(for: .milliseconds(600))
    // What the end receives it has replayed, to the byte; the exporter's formula sees nothing.
    #expect(try await chain.south.exporterLag() == 0)
    for region in ["west", "south"] {
      let point = { (outcome: Outcome) in
        outcome.value(ReplicationFamilies.recoveryPoint, ["target_region": region])
      }
      #expect(point(later) == point(cut) && point(later) != nil)
      #expect((later.value(PostgresMetrics.exporterLag, ["region": region]) ?? 0) > 0.5)
    }
    chain.east.thaw(senders)
    try await chain.west.stop()
    let broken = await link.pass()
    #expect(broken.value(PostgresMetrics.up, ["region": "south"]) == 1)
    #expect(broken.value(ReplicationFamilies.up, ["target_region": "south"]) == 0, "its upstream is gone")
    try await chain.west.start()
    _ = try await link.pass(until: "all is well again") {
      $0.value(ReplicationFamilies.up, ["target_region": "south"]) == 1
        && $0.value(ReplicationFamilies.lagBytes, ["target_region": "south"]) == 0
    }
  }

  private func anEndThatFollowsANewPrimaryProvesNothing(_ chain: Chain) async throws {
    let link = try chain.link()
    _ = try await link.pass(until: "all is well") {
      $0.value(ReplicationFamilies.lagBytes, ["target_region": "south"]) == 0
    }
    try await chain.west.promote()
    try await chain.west.write(megabytes: 3)
    let split = try await link.pass(until: "the end has gone with its upstream") {
      $0.value(PostgresMetrics.timeline, ["region": "south"]) == 2
        && $0.value(ReplicationFamilies.splitBrain) == 1
    }
    try await chain.south.catchUp(with: chain.west)
    try await chain.east.write(megabytes: 1)
    let later = try await link.passes(for: .milliseconds(400))
    // It stands further than the source does, in a history that is not the source's.
    let point = { (outcome: Outcome) in
      outcome.value(ReplicationFamilies.recoveryPoint, ["target_region": "south"])
    }
    #expect(point(later) == point(split) && point(later) != nil)
    #expect(later.value(ReplicationFamilies.lagBytes, ["target_region": "south"]) == nil)
    #expect(later.value(ReplicationFamilies.up, ["target_region": "south"]) == 0)
  }

  @Test func chainsThatLeadNowhereAreRefused() throws {
    func settings(_ upstreams: [String: String]) throws {
      _ = try WatchedLink(
        try PostgresClient(), source: "", targets: [("b", ""), ("c", ""), ("d", "")], upstreams: upstreams)
    }
    try settings(["c": "b", "d": "c", "b": "east"])
    #expect(throws: PostgresLinkSettings.Mistake.circle(link: "orders", region: "b")) {
      try settings(["b": "c", "c": "b"])
    }
    #expect(throws: PostgresLinkSettings.Mistake.circle(link: "orders", region: "b")) {
      try settings(["b": "b"])
    }
    #expect(
      throws: PostgresLinkSettings.Mistake.unknownUpstream(link: "orders", region: "d", upstream: "x")
    ) { try settings(["d": "x"]) }
  }

  @Test func aHeartbeatCountsOnTheSafeSideOfEveryClock() {
    func time(_ second: Double) -> Timestamp { Timestamp(seconds: 1_800_000_000 + second) }
    func beat(_ beatAt: Double, _ writerAt: Double, error: Double, asked: Double) -> Double {
      PostgresHeartbeat.Beat(beatAt: time(beatAt), writerAt: time(writerAt))
        .corrected(sourceClockError: .milliseconds(Int64(error * 1000)), askedAt: time(asked)).seconds
        - 1_800_000_000
    }
    #expect(beat(10, 10, error: 0, asked: 12) == 10)
    #expect(beat(3610, 10, error: 3600, asked: 12) == 10)
    #expect(beat(3610, 10, error: 0, asked: 12) == 10, "a source whose clock is unknown and far ahead")
    #expect(beat(-3590, 10, error: -3600, asked: 12) == 10)
    #expect(beat(10, 3610, error: 0, asked: 12) == 10, "a writer whose clock is ahead")
    #expect(beat(3610, 3610, error: 0, asked: 12) == 12, "never later than the question")
  }
}

/// A writer that a test asks to write by hand.
private struct Beating {
  let writer: PostgresHeartbeatWriter

  init(
    _ server: PostgresServer, _ client: PostgresClient, _ heartbeat: PostgresHeartbeat, create: Bool,
    keep: Duration?
  ) {
    var settings = PostgresHeartbeatSettings(
      basics: .init(name: "beat", region: "east", timeout: .seconds(10)),
      dsn: .text(server.dsn(user: "beater", password: "beatword")), heartbeat: heartbeat)
    settings.create = create
    settings.keep = keep
    writer = PostgresHeartbeatWriter(settings, client: client)
  }

  func beat() async -> Outcome {
    await withCheckedContinuation { done in writer.collect { done.resume(returning: $0) } }
  }
}
