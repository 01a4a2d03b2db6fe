import Collecting
import FarwatchTesting
import Model
import MySQLClient
import Replication
import Testing

/// Real MariaDB servers, one row of the table of known lies after the other.
@Suite(.serialized, MariaDBSources()) struct MySQLLinkTests {
  let source: MariaDBServer
  let other: MariaDBServer
  let client: MySQLClient

  init() throws {
    source = try #require(MariaDBSources.source)
    other = try #require(MariaDBSources.other)
    client = try MySQLClient()
  }

  @Test func silentNetworkAndFrozenPrimary() async throws {
    let replica = try await MariaDBServer.start(id: 2)
    let proxy = try FaultyProxy(to: source.port)
    try await replica.follow(port: proxy.port)
    let link = try WatchedMySQLLink(
      client, source: source.source(), target: replica.source(), heartbeat: "farwatch.heartbeat")
    try await source.beat()
    let good = try await link.caughtUp()
    #expect(good.primaryState == "alive" && good.ioState == "running" && good.secondsBehind == 0)
    #expect((good.exposure ?? 9) < 1.5)
    #expect(good.value(ReplicationFamilies.splitBrain) == 0 && good.lagBytes == 0)
    #expect(good.value(MySQLMetrics.readOnly, ["region": "west"]) == 1)
    #expect(good.value(MySQLMetrics.readOnly, ["region": "east"]) == 0)
    #expect(good.value(MySQLMetrics.heartbeatStored, ["region": "west", "server_id": "1"]) != nil)
    // Idle: nothing to lose, and nothing suspected.
    let idle = try await link.passes(for: .seconds(1.3))
    #expect(idle.succeeded && idle.mysqlLag == 0 && (idle.exposure ?? 9) < 1.5 && idle.ioState == "running")

    // The network goes silent. Neither end notices, and the replica says that it is 0 seconds behind.
    proxy.freeze()
    try await source.beat()
    try await source.sql("INSERT INTO app.t1 VALUES (1, 'x')")
    let silent = try await link.passes(for: .seconds(1.7))
    #expect(try await replica.slaveStatus("Slave_IO_Running") == "Yes")
    #expect(try await replica.slaveStatus("Seconds_Behind_Master") == "0")
    #expect(silent.secondsBehind == 0, "the exporter's value")
    #expect((silent.mysqlLag ?? 0) > 1.3 && (silent.exposure ?? 0) > 1.3)
    #expect(
      silent.ioState == "silent" && silent.isReplicating == 0
        && silent.mysqlWhy("west") == "unexpected_status")
    let heard = silent.value(ReplicationFamilies.lastMessage) ?? 0
    #expect(silent.finishedAt.seconds - heard > 1)
    #expect(silent.primaryState == "alive")
    proxy.thaw()
    _ = try await link.caughtUp()

    // The primary is frozen: to the replica that is the same. While it hears something it is not dead.
    source.freeze(true)
    let unreachable = await link.pass()
    #expect(unreachable.primaryState == "unreachable" && unreachable.mysqlWhy("east") == "timeout")
    let dead = try await link.pass(until: "dead") { $0.primaryState == "dead" }
    #expect(try await replica.slaveStatus("Slave_IO_Running") == "Yes")
    #expect(dead.secondsBehind == 0 && dead.isReplicating == 0)
    // Farwatch starts anew now: the heartbeat alone says how old the target is.
    let anew = try WatchedMySQLLink(
      client, source: source.source(), target: replica.source(), heartbeat: "farwatch.heartbeat")
    let late = await anew.pass()
    #expect((late.exposure ?? 0) > 1 && (late.exposure ?? 99) < 30)
    // All is silent: that is us.
    replica.freeze(true)
    let isolated = await link.pass()
    #expect(isolated.primaryState == "isolated" && isolated.recoveryPoint == dead.recoveryPoint)
    #expect(isolated.value(ReplicationFamilies.splitBrain) == nil)
    replica.freeze(false)
    source.freeze(false)
    _ = try await link.caughtUp()
    proxy.stop()
  }

  @Test func stoppedThreadsAndConflicts() async throws {
    let replica = try await MariaDBServer.start(id: 2)
    try await replica.follow(port: source.port)
    let link = try WatchedMySQLLink(client, source: source.source(), target: replica.source())
    let good = try await link.caughtUp()
    for (thread, state) in [("SQL", "running"), ("IO", "stopped")] {
      try await replica.sql("STOP SLAVE \(thread)_THREAD")
      try await source.sql("REPLACE INTO app.t1 VALUES (2, '\(thread)')")
      let stopped = try await link.passes(for: .seconds(1.2))
      #expect(try await replica.slaveStatus("Seconds_Behind_Master") == "NULL")
      // The exporter has no value then: `> 60` never fires.
      #expect(stopped.secondsBehind == nil)
      #expect(stopped.value(thread == "SQL" ? MySQLMetrics.sqlRunning : MySQLMetrics.ioRunning) == 0)
      #expect((stopped.mysqlLag ?? 0) > 1 && (stopped.exposure ?? 0) > 1 && stopped.ioState == state)
      #expect(stopped.isReplicating == 0 && (stopped.recoveryPoint ?? 0) >= (good.recoveryPoint ?? 1))
      #expect(stopped.detail.contains("the \(thread) thread is stopped"), "\(stopped.detail)")
      try await replica.sql("START SLAVE")
      _ = try await link.caughtUp()
    }

    try await replica.sql("SET sql_log_bin = 0; INSERT INTO app.t1 VALUES (3, 'secret row')")
    try await source.sql("INSERT INTO app.t1 VALUES (3, 'mine')")
    let conflict = try await link.pass(until: "a conflict") {
      $0.value(MySQLMetrics.errorNumber, ["thread": "sql"]) == 1062
    }
    #expect(conflict.detail == "west: executes nothing: a row to insert is there already (error 1062)")
    #expect(conflict.secondsBehind == nil && conflict.ioState == "running" && conflict.isReplicating == 0)
    #expect(conflict.value(MySQLMetrics.statusFamily("Last_SQL_Errno")) == 1062)
    try await replica.sql("SET sql_log_bin = 0; DELETE FROM app.t1 WHERE id = 3; START SLAVE")
    _ = try await link.caughtUp()

    // A transaction of its own: harmless to read, and the way to a split.
    try await replica.sql("CREATE TABLE app.own (x INT)")
    let errant = try await link.pass(until: "errant") { $0.value(MySQLMetrics.errant) == 1 }
    #expect(errant.value(ReplicationFamilies.splitBrain) == 0 && errant.detail.contains("of its own"))
    try await replica.sql("SET GLOBAL read_only = 0")
    let split = await link.pass()
    #expect(split.value(ReplicationFamilies.splitBrain) == 1)

    // Promoted: it follows nobody and accepts writes.
    try await replica.sql("STOP SLAVE; RESET SLAVE ALL")
    let promoted = await link.pass()
    #expect(
      promoted.value(ReplicationFamilies.splitBrain) == 1
        && promoted.detail == "west: replicates from nowhere")
    try await source.sql("SET GLOBAL read_only = 1")
    let demoted = try await link.pass(until: "healed") { $0.value(ReplicationFamilies.splitBrain) == 0 }
    #expect(demoted.mysqlWhy("east") == "unexpected_status")
    try await source.sql("SET GLOBAL read_only = 0")
  }

  @Test func delayedAndMultiSource() async throws {
    let replica = try await MariaDBServer.start(id: 2)
    try await replica.follow(port: other.port, channel: "b")
    try await replica.follow(port: source.port, channel: "a")
    let link = try WatchedMySQLLink(client, source: source.source(), target: replica.source())
    let good = try await link.caughtUp()
    #expect(good.value(MySQLMetrics.ioRunning, ["region": "west", "connection_name": "b"]) == 1)
    #expect(good.ioState == "running")
    // The other channel's trouble is not ours, unless we ask for it.
    try await replica.sql("STOP SLAVE 'b'")
    #expect(await link.pass().succeeded)
    let wrong = try WatchedMySQLLink(client, source: source.source(), target: replica.source()) {
      $0.targets[0].channel = "b"
    }
    let foreign = await wrong.pass()
    #expect(foreign.mysqlWhy("west") == "wrong_cluster" && foreign.recoveryPoint == nil)
    #expect(foreign.detail == "west: replicates from server_id 9, the link's source is server_id 1")
    let none = try WatchedMySQLLink(client, source: source.source(), target: replica.source()) {
      $0.targets[0].channel = "c"
    }
    #expect(await none.pass().detail == "west: has no replication channel \"c\"")

    // Late by intent: what waits in the relay log is not lost, and the delay is no lag.
    try await replica.sql("STOP SLAVE 'a'; CHANGE MASTER 'a' TO MASTER_DELAY=30; START SLAVE 'a'")
    _ = try await link.caughtUp()
    try await source.sql("REPLACE INTO app.t1 VALUES (4, 'late')")
    let late = try await link.passes(for: .seconds(1.2))
    #expect(try await replica.slaveStatus("Seconds_Behind_Master", channel: "a") != "0")
    #expect((late.secondsBehind(channel: "a") ?? 0) >= 1, "the exporter's value")
    #expect(late.mysqlLag == 0 && (late.exposure ?? 99) < 1 && late.succeeded)
    #expect(late.value(MySQLMetrics.delay) == 30)
    let applied = late.value(MySQLMetrics.applied) ?? 0
    #expect(late.finishedAt.seconds - applied > 1)
    // Nothing executes any more: then it is not the intended delay.
    try await replica.sql("STOP SLAVE 'a' SQL_THREAD")
    try await source.sql("REPLACE INTO app.t1 VALUES (4, 'later')")
    let stopped = try await link.passes(for: .seconds(1.2))
    #expect((stopped.exposure ?? 0) > 1 && stopped.isReplicating == 0)
  }

  @Test func wrongServersAndAccounts() async throws {
    let replica = try await MariaDBServer.start(id: 2)
    try await replica.follow(port: other.port)
    _ = try await WatchedMySQLLink(client, source: other.source(), target: replica.source()).caughtUp()
    // Another cluster's replica, with everything in order but that.
    let link = try WatchedMySQLLink(client, source: source.source(), target: replica.source())
    let wrong = await link.pass()
    #expect(
      wrong.mysqlWhy("west") == "wrong_cluster" && wrong.recoveryPoint == nil && wrong.isReplicating == 0)
    #expect(wrong.value(MySQLMetrics.up, ["region": "west"]) == 0)
    let itself = try WatchedMySQLLink(client, source: source.source(), target: source.source())
    let same = await itself.pass()
    #expect(same.mysqlWhy("west") == "same_server" && same.mysqlWhy("east") == nil, "\(same.detail)")
    #expect(same.value(ReplicationFamilies.splitBrain) == nil && same.recoveryPoint == nil)
    #expect(same.value(MySQLMetrics.up, ["region": "west"]) == 0 && same.primaryState == "alive")
    // Through a proxy that was meant to lead elsewhere.
    let proxy = try FaultyProxy(to: source.port)
    var astray = try source.source()
    astray.port = proxy.port
    let misled = try WatchedMySQLLink(client, source: source.source(), target: astray)
    #expect(await misled.pass().mysqlWhy("west") == "same_server")
    proxy.stop()

    let plain = try WatchedMySQLLink(
      client, source: other.source(), target: replica.source("plain", "plainword"),
      heartbeat: "farwatch.heartbeat")
    let blind = await plain.pass()
    #expect(blind.mysqlWhy("west") == "permission_denied" && blind.isReplicating == nil)
    #expect(blind.detail.contains("GRANT SLAVE MONITOR, BINLOG MONITOR ON *.*"), "\(blind.detail)")
    // Positions are still there for everybody.
    #expect((blind.exposure ?? 9) < 2)
    let locked = try WatchedMySQLLink(
      client, source: source.source("watch", "no-such-word"), target: replica.source())
    let refused = await locked.pass()
    #expect(refused.mysqlWhy("east") == "authentication_failed" && !refused.detail.contains("no-such-word"))
    #expect(refused.primaryState == "alive")
    let noTable = try WatchedMySQLLink(
      client, source: other.source(), target: replica.source(), heartbeat: "farwatch.no_such")
    #expect(await noTable.pass().mysqlWhy("east") == "not_found")

    // A target that accepts writes while it follows.
    try await replica.sql("SET GLOBAL read_only = 0")
    let open = try WatchedMySQLLink(client, source: other.source(), target: replica.source())
    let writable = try await open.pass(until: "seen") { $0.mysqlWhy("west") == "unexpected_status" }
    #expect(writable.detail == "west: accepts writes: set read_only" && writable.isReplicating == 1)
    #expect(writable.value(ReplicationFamilies.splitBrain) == 0)

    // The primary is gone.
    try await other.kill()
    let dead = try await open.pass(until: "dead") { $0.primaryState == "dead" }
    #expect(dead.mysqlWhy("east") == "connection_refused" && dead.secondsBehind == nil)
    #expect(dead.ioState == "connecting")
    try await other.start()
  }
}

extension MySQLMetrics {
  static func statusFamily(_ column: String) -> MetricFamily {
    MetricFamily("mysql_slave_status_\(column.lowercased())", .untyped, help: "")
  }
}

extension Outcome {
  func secondsBehind(channel: String) -> Double? {
    value(MySQLMetrics.secondsBehind, ["region": "west", "connection_name": channel])
  }
}
