import Collecting
import FarwatchTesting
import Model
import PostgresClient
import Testing

@testable import Replication

/// A real publisher and a real subscriber; some six seconds.
@Suite struct PostgresLogicalTests {
  private struct Pair {
    let east: PostgresServer
    let west: PostgresServer
    let collector: PostgresLogicalCollector

    func pass() async -> Outcome {
      await withCheckedContinuation { done in collector.collect { done.resume(returning: $0) } }
    }

    func passes(for duration: Duration, _ look: (Outcome) -> Void) async throws -> Outcome {
      let end = ContinuousClock.now + duration
      var last = await pass()
      while ContinuousClock.now < end {
        look(last)
        try await Task.sleep(for: .milliseconds(30))
        last = await pass()
      }
      return last
    }

    func pass(until what: String, _ condition: (Outcome) -> Bool) async throws -> Outcome {
      var last = await pass()
      try await waitUntil(timeout: .seconds(30), every: .milliseconds(30), what) {
        if condition(last) { return true }
        last = await pass()
        return false
      }
      return last
    }
  }

  @Test func conflictsAndCopiesAndLostSlots() async throws {
    let east = try await PostgresServer.primary(settings: "wal_level = logical")
    let west = try await PostgresServer.primary(settings: "wal_level = logical")
    let settings = try PostgresLogicalSettings(
      link: "orders", sourceRegion: "east", source: .text(east.dsn(user: "plain", password: "plainword")),
      targets: [
        .init(
          region: "west", dsn: .text(west.dsn(user: "plain", password: "plainword")), subscription: "orders")
      ], rpo: .seconds(30), timeout: .seconds(10))
    let pair = Pair(
      east: east, west: west, collector: PostgresLogicalCollector(settings, client: try PostgresClient()))
    #expect(await pair.pass().reason == .missing, "there is no subscription yet")
    try await east.sql(
      """
      CREATE TABLE orders (id int PRIMARY KEY, item text);
      INSERT INTO orders VALUES (1, 'a');
      CREATE PUBLICATION orders FOR TABLE orders;
      """)
    try await west.sql("CREATE TABLE orders (id int PRIMARY KEY, item text)")
    try await west.sql(
      "CREATE SUBSCRIPTION orders CONNECTION 'host=127.0.0.1 port=\(east.port) dbname=postgres user=postgres' "
        + "PUBLICATION orders")
    try await healthy(pair)
    try await aConflictReadsAsDown(pair)
    try await disabledAndFrozen(pair)
    try await aSlotThatIsGone(pair)
  }

  private func healthy(_ pair: Pair) async throws {
    let good = try await pair.pass(until: "all is copied and confirmed") {
      $0.succeeded && $0.isReplicating == 1 && $0.lagBytes == 0
    }
    #expect((good.exposure ?? 9) < 5)
    #expect(good.value(PostgresLogicalMetrics.tablesNotReady) == 0)
    #expect(good.value(PostgresLogicalMetrics.applyErrors) == 0)
    #expect(good.value(PostgresLogicalMetrics.running) == 1)
    #expect(good.state(PostgresMetrics.slotState, "state", ["slot": "orders"]) == "reserved")
    try await pair.east.sql("INSERT INTO orders VALUES (2, 'b')")
    _ = try await pair.pass(until: "the row is confirmed") { $0.lagBytes == 0 && $0.isReplicating == 1 }
    try await waitUntil("the row is there") {
      try await pair.west.sql("SELECT count(*) FROM orders") == "2"
    }
  }

  /// What a look at one moment takes for health: enabled, slot reserved, often with a worker.
  private func aConflictReadsAsDown(_ pair: Pair) async throws {
    let before = await pair.pass()
    try await pair.west.sql("INSERT INTO orders VALUES (3, 'mine')")
    try await pair.east.sql("INSERT INTO orders VALUES (3, 'yours')")
    _ = try await pair.pass(until: "the worker has failed") { $0.isReplicating == 0 }
    let floor = await pair.pass().recoveryPoint ?? 0
    var workers: Set<Double> = []
    let later = try await pair.passes(for: .seconds(1.5)) { seen in
      workers.insert(seen.value(PostgresLogicalMetrics.running) ?? -1)
      #expect(seen.isReplicating == 0 && seen.reason == .status, "a worker that has just started is no sign")
      #expect(seen.value(PostgresLogicalMetrics.enabled) == 1)
      #expect(seen.value(PostgresLogicalMetrics.stuck) == 1)
      #expect(seen.state(PostgresMetrics.slotState, "state", ["slot": "orders"]) == "reserved")
      #expect(seen.recoveryPoint == floor)
    }
    #expect(workers.contains(0))
    #expect((later.value(PostgresLogicalMetrics.applyErrors) ?? 0) >= 2, "it tries again and again")
    #expect((later.lagBytes ?? 0) > 0 && floor >= (before.recoveryPoint ?? 9e12))
    #expect((later.exposure ?? 0) > 1.4)
    #expect("\(later.verdict)".contains("apply errors so far"))
    // postgres_exporter's query knows primaries and standbys only: this server is neither behind nor a replica.
    #expect(try await pair.west.exporterLag() == 0)

    try await pair.west.sql("DELETE FROM orders WHERE id = 3")
    let healed = try await pair.pass(until: "the conflict is over") {
      $0.succeeded && $0.isReplicating == 1 && $0.lagBytes == 0
    }
    #expect((healed.recoveryPoint ?? 0) > floor)
    #expect(healed.value(PostgresLogicalMetrics.stuck) == 0)
  }

  private func disabledAndFrozen(_ pair: Pair) async throws {
    try await pair.west.sql("ALTER SUBSCRIPTION orders DISABLE")
    let off = try await pair.pass(until: "it is off") { $0.value(PostgresLogicalMetrics.enabled) == 0 }
    #expect(off.reason == .status && off.isReplicating == 0)
    try await pair.east.sql("INSERT INTO orders SELECT i, 'x' FROM generate_series(10, 500) i")
    let point = await pair.pass().recoveryPoint
    let behind = try await pair.passes(for: .milliseconds(300)) { _ in }
    #expect(
      behind.recoveryPoint == point && (behind.lagBytes ?? 0) > 10_000 && (behind.lagSeconds ?? 0) > 0.2)
    try await pair.west.sql("ALTER SUBSCRIPTION orders ENABLE")
    _ = try await pair.pass(until: "it is on again") {
      $0.succeeded && $0.isReplicating == 1 && $0.lagBytes == 0
    }
    // A table that is not copied yet holds the recovery point back, and the rest is followed all the same.
    try await pair.east.sql("CREATE TABLE late (id int PRIMARY KEY); INSERT INTO late VALUES (1)")
    try await pair.west.sql("CREATE TABLE late (id int PRIMARY KEY); INSERT INTO late VALUES (1)")
    try await pair.east.sql("ALTER PUBLICATION orders ADD TABLE late")
    try await pair.west.sql("ALTER SUBSCRIPTION orders REFRESH PUBLICATION")
    let copying = try await pair.pass(until: "one table is not ready") {
      $0.value(PostgresLogicalMetrics.tablesNotReady) == 1
        && ($0.value(PostgresLogicalMetrics.syncErrors) ?? 0) > 0
    }
    #expect(copying.reason == .status)
    let held = try await pair.passes(for: .milliseconds(300)) { _ in }
    #expect(held.recoveryPoint == copying.recoveryPoint)
    try await pair.west.sql("TRUNCATE late")
    _ = try await pair.pass(until: "it is copied") { $0.succeeded && $0.isReplicating == 1 }
  }

  private func aSlotThatIsGone(_ pair: Pair) async throws {
    let before = await pair.pass()
    try await pair.west.sql("ALTER SUBSCRIPTION orders DISABLE")
    try await waitUntil("the slot is free") {
      try await pair.east.sql("SELECT active FROM pg_replication_slots") == "f"
    }
    try await pair.east.sql("SELECT pg_drop_replication_slot('orders')")
    let gone = await pair.pass()
    #expect(gone.reason == .missing && gone.isReplicating == 0)
    #expect(gone.state(PostgresMetrics.slotState, "state", ["slot": "orders"]) == "missing")
    try await pair.east.stop()
    let silent = try await pair.passes(for: .milliseconds(300)) { _ in }
    #expect(silent.why("east") == "connection_refused" && silent.isReplicating == 0)
    #expect(silent.lagBytes == nil && silent.lagSeconds == nil)
    #expect((silent.recoveryPoint ?? 0) < (before.recoveryPoint ?? 0) + 2)
  }
}
