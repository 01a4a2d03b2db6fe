import Collecting
import FarwatchTesting
import Model
import PostgresClient
import Replication
import Testing

/// Real servers, one row of the table of known lies after the other: some 17 seconds on two cores.
@Suite(.serialized, SharedPrimary()) struct PostgresLinkTests {
  let primary: PostgresServer
  let client: PostgresClient

  init() throws {
    primary = try #require(SharedPrimary.server)
    client = try PostgresClient()
  }

  private func link(_ standby: PostgresServer, timeout: Duration = .seconds(10)) throws -> WatchedLink {
    try WatchedLink(client, source: primary.dsn(), targets: [("west", standby.dsn())], timeout: timeout)
  }

  /// A pass that finds nothing to lose; on a busy machine one that took long says truly that it is a while old.
  private func caughtUp(_ link: WatchedLink) async throws -> Outcome {
    try await link.pass(until: "caught up and streaming") {
      $0.lagSeconds == 0 && $0.isReplicating == 1 && $0.succeeded && ($0.exposure ?? 9) < 1.5
    }
  }

  @Test func idleThenFrozenThenCaughtUp() async throws {
    let standby = try await primary.standby(slot: "west")
    let link = try link(standby)
    try await primary.write(megabytes: 1)
    let good = try await caughtUp(link)
    #expect(good.lagBytes == 0)
    #expect(good.state(PostgresMetrics.role, "role", ["region": "east"]) == "primary")
    #expect(good.state(PostgresMetrics.role, "role", ["region": "west"]) == "standby")
    #expect(good.value(PostgresMetrics.exporterIsReplica, ["region": "west"]) == 1)
    #expect(good.value(PostgresMetrics.timeline, ["region": "east"]) == 1)
    #expect(good.value(PostgresMetrics.timeline, ["region": "west"]) == 1)
    #expect(good.value(ReplicationFamilies.splitBrain) == 0)
    #expect(good.value(ReplicationFamilies.objective) == 30)
    #expect(good.state(PostgresMetrics.receiverState, "state") == "streaming")
    #expect(good.state(PostgresMetrics.slotState, "state", ["slot": "west"]) == "reserved")
    #expect(good.value(PostgresMetrics.slotActive, ["slot": "west"]) == 1)
    let heard = good.value(ReplicationFamilies.lastMessage) ?? 0
    #expect(abs(good.finishedAt.seconds - heard) < 40)
    #expect(
      good.value(PostgresMetrics.exporterDifference, ["slot_name": "west", "application_name": "west"]) == 0)
    for reading in good.readings {
      #expect(!reading.labels.entries.contains { $0.name.contains("pid") }, "\(reading.labels)")
    }

    // Idle: no transaction for a while, and nothing to lose.
    let idle = try await link.passes(for: .seconds(2.1))
    #expect(idle.lagSeconds == 0 && idle.lagBytes == 0)
    _ = try await caughtUp(link)
    let replayAge = try await standby.sql(
      "SELECT extract(epoch FROM now() - pg_last_xact_replay_timestamp())")
    #expect(Double(replayAge).map { $0 > 2 } == true, "the standby's own last replay looks old: \(replayAge)")
    #expect(try await standby.exporterLag() == 0)
    try await waitUntil("the source tells of no lag once nothing is written") {
      try await primary.sql("SELECT replay_lag IS NULL FROM pg_stat_replication") == "t"
    }

    // The network goes silent. Neither end notices, and the exporter's formula says 0.
    let senders = try await primary.freezeSenders()
    defer { primary.thaw(senders) }
    try await primary.write(megabytes: 4)
    let behind = try await link.pass(until: "four megabytes behind") { ($0.lagBytes ?? 0) > 4e6 }
    let later = try await link.passes(for: .seconds(1.5))
    #expect((later.lagSeconds ?? 0) > 1.2 && (later.lagSeconds ?? 0) > (behind.lagSeconds ?? 99) + 1)
    #expect((later.exposure ?? 0) > (later.lagSeconds ?? 99))
    #expect(later.recoveryPoint == behind.recoveryPoint)
    #expect((later.value(PostgresMetrics.exporterDifference, ["slot_name": "west"]) ?? 0) > 4e6)
    #expect(try await standby.exporterLag() == 0)
    let view = try await primary.sql(
      """
      SELECT state, write_lag IS NULL AND flush_lag IS NULL AND replay_lag IS NULL,
        pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) > 4e6, now() - reply_time > interval '1 second'
      FROM pg_stat_replication
      """)
    #expect(view == "streaming|t|t|t", "the source's view: no lag, yet far behind, and old")

    primary.thaw(senders)
    let again = try await caughtUp(link)
    #expect(again.lagBytes == 0)
  }

  @Test func replayPausedAfterAnIdleSpell() async throws {
    let standby = try await primary.standby(slot: "paused")
    let link = try link(standby)
    try await primary.write(megabytes: 1)
    _ = try await caughtUp(link)
    _ = try await link.passes(for: .seconds(3))
    try await standby.pauseReplay()
    try await primary.write(megabytes: 1)
    let paused = try await link.passes(for: .seconds(1.5))
    #expect(paused.value(PostgresMetrics.replayPaused, ["region": "west"]) == 1)
    #expect((paused.value(PostgresMetrics.replayBacklog, ["region": "west"]) ?? 0) > 9e5)
    let lag = paused.lagSeconds ?? 0
    #expect(lag > 1.2)
    // The exporter counts the idle spell as lag.
    #expect(try await standby.exporterLag() > lag + 2.5)
    // A Farwatch that starts only now knows from the standby's last commit that it is well behind.
    let fresh = try await self.link(standby).passes(for: .milliseconds(300))
    #expect((fresh.exposure ?? 0) > 4.5)
    #expect((fresh.lagBytes ?? 0) > 9e5)

    // Just caught up: pg_stat_replication's replay_lag goes on telling of the past, ours is 0.
    async let told: Void = primary.tellsOfReplayLag()
    try await standby.resumeReplay()
    let caught = try await caughtUp(link)
    #expect(caught.value(PostgresMetrics.replayPaused, ["region": "west"]) == 0)
    #expect(caught.lagBytes == 0)
    #expect(try await standby.exporterLag() == 0)
    try await told
  }

  @Test func standbyDownAndBack() async throws {
    let standby = try await primary.standby(slot: "restarted")
    let link = try link(standby)
    try await primary.write(megabytes: 1)
    let good = try await caughtUp(link)
    try await standby.stop()
    try await primary.write(megabytes: 1)
    let down = try await link.passes(for: .seconds(1.2))
    #expect(down.verdict != .success && down.reason == .refused && down.why("west") == "connection_refused")
    #expect(down.value(PostgresMetrics.up, ["region": "west"]) == 0)
    #expect(down.value(PostgresMetrics.up, ["region": "east"]) == 1)
    #expect(down.isReplicating == 0)
    #expect((down.recoveryPoint ?? 0) >= (good.recoveryPoint ?? 9e9) && (down.exposure ?? 0) > 1)
    // Nobody knows: not 0, and not an old value either.
    #expect(down.lagBytes == nil && down.lagSeconds == nil)
    #expect(down.value(ReplicationFamilies.splitBrain) == nil)
    #expect(down.value(PostgresMetrics.slotActive, ["slot": "restarted"]) == 0)

    // Right after its start it may have received less than it has replayed: nothing is negative.
    try await standby.start()
    let back = await link.pass()
    for reading in back.readings { #expect(reading.value >= 0, "\(reading.family.name) \(reading.labels)") }
    let caught = try await caughtUp(link)
    #expect(caught.why("west") == nil)
    #expect(
      caught.value(PostgresMetrics.failureReason, ["region": "west", "reason": "connection_refused"]) == 0)
  }

  @Test func slotOverrunIsLostAndADroppedSlotIsMissing() async throws {
    let standby = try await primary.standby(slot: "overrun")
    let link = try link(standby)
    _ = try await caughtUp(link)
    try await standby.stop()
    try await primary.sql("ALTER SYSTEM SET max_slot_wal_keep_size = '8MB'")
    try await primary.sql("SELECT pg_reload_conf()")
    var states: Set<String> = []
    let lost = try await link.pass(until: "the slot is lost") { outcome in
      let state = outcome.state(PostgresMetrics.slotState, "state", ["slot": "overrun"])
      states.insert(state ?? "none")
      return state == "lost" || states.count > 9
    } orElse: {
      try await primary.write(megabytes: 4)
      try await primary.sql("CHECKPOINT")
    }
    #expect(lost.state(PostgresMetrics.slotState, "state", ["slot": "overrun"]) == "lost")
    #expect(lost.value(PostgresMetrics.slotActive, ["slot": "overrun"]) == 0)
    #expect(lost.value(PostgresMetrics.slotSafeBytes, ["slot": "overrun"]) == nil)
    #expect(lost.value(PostgresMetrics.slotRetainedBytes, ["slot": "overrun"]) == nil)
    #expect((lost.exposure ?? 0) > 0.1)
    // The exporter's lag is read from the standby, which is gone; and there is no sender to read of.
    #expect(try await primary.sql("SELECT count(*) FROM pg_stat_replication") == "0")
    let row = try await primary.sql(
      """
      SELECT wal_status, restart_lsn IS NULL, safe_wal_size IS NULL FROM pg_replication_slots
      WHERE slot_name = 'overrun'
      """)
    #expect(row == "lost|t|t")

    try await primary.sql("SELECT pg_drop_replication_slot('overrun')")
    let gone = await link.pass()
    #expect(gone.state(PostgresMetrics.slotState, "state", ["slot": "overrun"]) == "missing")
    #expect(gone.value(PostgresMetrics.slotActive, ["slot": "overrun"]) == 0)
    try await primary.sql("ALTER SYSTEM RESET max_slot_wal_keep_size")
    try await primary.sql("SELECT pg_reload_conf()")
  }

  @Test func primaryDownThenPromotedThenSplitBrain() async throws {
    let standby = try await primary.standby(slot: "promoted")
    let link = try link(standby, timeout: .seconds(3))
    try await primary.write(megabytes: 1)
    let good = try await caughtUp(link)

    try await primary.freeze(true)
    let silent = try await link.passes(for: .seconds(1))
    #expect(silent.reason == .timeout && silent.why("east") == "timeout")
    #expect(silent.took < .seconds(30))
    try await primary.freeze(false)
    _ = try await caughtUp(link)
    try await primary.stop(immediate: true)
    let down = try await link.passes(for: .seconds(1.2))
    #expect(down.reason == .refused && down.why("east") == "connection_refused")
    #expect(down.value(PostgresMetrics.up, ["region": "west"]) == 1)
    #expect((down.exposure ?? 0) > 1 && (down.recoveryPoint ?? 0) > (good.recoveryPoint ?? 9e9))
    // The standby has replayed all that was ever seen; whether that is all, nobody knows.
    #expect(down.lagSeconds == nil && down.lagBytes == nil)
    #expect(try await standby.exporterLag() == 0)
    // Started anew it has received nothing: the exporter tells the age of the last commit, whatever there was to lose.
    try await standby.stop()
    try await standby.start()
    let restarted = try await link.passes(for: .milliseconds(200))
    #expect(try await standby.exporterLag() > 1)
    #expect(restarted.lagSeconds == nil && restarted.recoveryPoint == down.recoveryPoint)
    #expect(restarted.value(PostgresMetrics.replayBacklog, ["region": "west"]) ?? 0 == 0)

    let checkpointer = try await standby.freezeCheckpointer()
    try await standby.promote()
    let timelines = try await standby.sql(
      "SELECT timeline_id, left(pg_walfile_name(pg_current_wal_lsn()), 8) FROM pg_control_checkpoint()")
    #expect(timelines == "1|00000002", "the control file still tells of the old timeline")
    let promoted = try await link.pass(until: "promoted") {
      $0.state(PostgresMetrics.role, "role", ["region": "west"]) == "primary"
    }
    #expect(promoted.recoveryPoint == down.recoveryPoint)
    #expect(promoted.value(PostgresMetrics.timeline, ["region": "west"]) == 2)
    standby.thaw([checkpointer])
    #expect(promoted.value(ReplicationFamilies.splitBrain) == nil)
    try await primary.start()
    try await standby.write(megabytes: 1)
    let split = try await link.pass(until: "two writers are seen") {
      $0.value(ReplicationFamilies.splitBrain) == 1
    }
    #expect(split.value(PostgresMetrics.timeline, ["region": "east"]) == 1)
    #expect(split.value(PostgresMetrics.timeline, ["region": "west"]) == 2)
    #expect(split.why("west") == "unexpected_status")
    #expect(split.recoveryPoint == down.recoveryPoint)
    #expect(split.isReplicating == 0 && split.lagSeconds == nil)
    // Two primaries, and the exporter sees no lag at either.
    for server in [primary, standby] {
      #expect(try await server.exporterLag() == 0)
      #expect(try await server.sql("SELECT pg_is_in_recovery()") == "f")
    }
    let identity = "SELECT system_identifier FROM pg_control_system()"
    #expect(try await primary.sql(identity) == standby.sql(identity))
    // One half going silent is no end of it.
    try await standby.stop(immediate: true)
    #expect((await link.pass()).value(ReplicationFamilies.splitBrain) == 1)
    try await primary.sql("SELECT pg_drop_replication_slot('promoted')")
  }

  @Test func wrongClusterWrongPasswordNoPrivilege() async throws {
    let standby = try await primary.standby(slot: "reasons")
    let stranger = try await PostgresServer.primary()
    let link = try WatchedLink(
      client, source: primary.dsn(),
      targets: [
        ("west", stranger.dsn()), ("north", standby.dsn(password: "wr0ngword")),
        ("south", standby.dsn(user: "plain", password: "plainword")),
      ])
    let seen = await link.pass()
    #expect(seen.why("west") == "wrong_cluster" && seen.value(PostgresMetrics.up, ["region": "west"]) == 0)
    #expect(seen.recoveryPoint == nil && seen.lagBytes == nil)
    #expect(seen.why("north") == "authentication_failed")
    #expect(seen.reason == .wrongCluster)
    if case .failure(_, let detail) = seen.verdict { #expect(!detail.contains("wr0ngword")) }
    #expect(seen.why("east") == nil)

    // Without the privilege positions are still measured, and the reason says what is amiss.
    #expect(seen.why("south") == "permission_denied")
    let measured = try await link.pass(until: "positions without privilege") {
      $0.value(ReplicationFamilies.lagBytes, ["target_region": "south"]) == 0
    }
    #expect(measured.value(ReplicationFamilies.recoveryPoint, ["target_region": "south"]) != nil)
    #expect(measured.value(PostgresMetrics.receiverState, ["region": "south", "state": "stopped"]) == nil)
  }
}
