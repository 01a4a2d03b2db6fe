import Secrets
import Collecting
import FarwatchTesting
import HTTPClient
import Model
import RedisClient
import Replication
import Testing

/// A watched link whose passes a test starts by hand.
private final class RedisWatch: Sendable {
  let collector: RedisLinkCollector

  init(
    source: RedisServer, target: RedisServer, silence: Duration = .seconds(15), heartbeatKey: String? = nil,
    timeout: Duration = .seconds(5)
  ) throws {
    var settings = RedisLinkSettings(
      link: "sessions", source: .init(region: "east", server: source),
      targets: [.init(region: "west", server: target)], rpo: .seconds(30), timeout: timeout)
    settings.silence = silence
    settings.heartbeatKey = heartbeatKey
    collector = RedisLinkCollector(settings, client: try RedisClient(resolver: HostResolver()))
  }

  convenience init(
    _ source: RedisProcess, _ target: RedisProcess, silence: Duration = .seconds(15),
    heartbeatKey: String? = nil,
    timeout: Duration = .seconds(5)
  ) throws {
    try self.init(
      source: source.server, target: target.server, silence: silence, heartbeatKey: heartbeatKey,
      timeout: timeout)
  }

  func pass() async -> Outcome {
    await withCheckedContinuation { done in collector.collect { done.resume(returning: $0) } }
  }

  func pass(until what: String, _ condition: (Outcome) -> Bool) async throws -> Outcome {
    var last = await pass()
    do {
      try await waitUntil(timeout: .seconds(30), every: .milliseconds(50), what) {
        if condition(last) { return true }
        last = await pass()
        return false
      }
    } catch { throw BenchError("\(error); last: \(last.verdict) \(last.readings)") }
    return last
  }
}

extension RedisProcess {
  fileprivate var server: RedisServer { RedisServer(host: "127.0.0.1", port: UInt16(port)) }
}

extension Outcome {
  fileprivate var linkState: String? { state(RedisMetrics.linkState, "state", ["region": "west"]) }
  fileprivate func reason(_ region: String) -> String? {
    state(RedisMetrics.failureReason, "reason", ["region": region])
  }
}

@Suite struct RedisLinkTests {
  @Test func aReplicaInStepIsCompleteUpToTheLastLook() async throws {
    let (east, west) = (try await RedisProcess(), try await RedisProcess())
    try await west.replicate(east)
    let watch = try RedisWatch(east, west)
    for _ in 0..<20 { try await east.command("SET", "a", String(repeating: "x", count: 1000)) }
    let seen = try await watch.pass(until: "caught up") { $0.lagBytes == 0 && $0.exposure ?? 9 < 1 }
    #expect(seen.verdict == .success)
    #expect(seen.isReplicating == 1)
    #expect(seen.value(ReplicationFamilies.splitBrain) == 0)
    #expect(seen.linkState == "up")
    #expect(seen.value(RedisMetrics.replicaConnected, ["replica": "127.0.0.1:\(west.port)"]) == 1)
    #expect(seen.value(RedisMetrics.exporterLinkUp) == 1)
    #expect(seen.value(RedisMetrics.backlog, ["region": "east"]) == 1_048_576)
    #expect(RedisLinkSettings.families.count == Set(RedisLinkSettings.families).count)
    for reading in seen.readings { #expect(RedisLinkSettings.families.contains(reading.family)) }
    // An idle link does not age.
    try await Task.sleep(for: .milliseconds(1100))
    #expect(try #require(await watch.pass().exposure) < 1)
  }

  /// What redis_exporter shows in this state: link up 1, and after repl-timeout no series at all.
  @Test func aSilentNetworkIsToldThoughTheReplicaCallsItsLinkUp() async throws {
    let east = try await RedisProcess(["--repl-ping-replica-period", "1", "--repl-timeout", "3"])
    let west = try await RedisProcess(["--repl-timeout", "60"])
    let proxy = try FaultyProxy(to: east.port)
    try await west.command("REPLICAOF", "127.0.0.1", "\(proxy.port)")
    let watch = try RedisWatch(east, west, silence: .seconds(1))
    _ = try await watch.pass(until: "in step") { $0.isReplicating == 1 && $0.lagBytes == 0 }
    proxy.freeze()
    try await east.command("SET", "a", "1")
    let silent = try await watch.pass(until: "silence is noticed") { $0.linkState == "silent" }
    #expect(try await west.info("master_link_status") == "up")
    #expect(silent.value(RedisMetrics.exporterLinkUp) == 1)
    #expect(silent.isReplicating == 0)
    #expect(silent.reason("west") == "timeout")
    #expect(silent.detail.contains("has heard nothing from its master"))
    #expect(try #require(silent.lagBytes) > 0)
    let point = try #require(silent.recoveryPoint)

    let replica = ["replica": "127.0.0.1:\(west.port)"]
    let gone = try await watch.pass(until: "it vanishes") { $0.value(RedisMetrics.replicaConnected) == 0 }
    #expect(try await east.info("connected_slaves") == "0")
    #expect(gone.state(RedisMetrics.replicaState, "state", replica) == "missing")
    let lag = try #require(gone.value(RedisMetrics.exporterLag, replica))
    #expect(lag >= 2)
    try await Task.sleep(for: .milliseconds(1100))
    let later = await watch.pass()
    #expect(try #require(later.value(RedisMetrics.exporterLag, replica)) > lag + 0.9)
    #expect(later.recoveryPoint == point)
    #expect(try #require(later.exposure) > 3)

    proxy.heal()
    let healed = try await watch.pass(until: "healed") {
      $0.isReplicating == 1 && $0.lagBytes == 0 && $0.value(RedisMetrics.replicaConnected) == 1
    }
    #expect(try #require(healed.exposure) < 2)
  }

  /// What Redis lists in this state is `lag=0,offset=0`.
  @Test func whileAReplicaIsSynchronizedInFullNothingIsMadeOfItsZeros() async throws {
    let east = try await RedisProcess(["--repl-diskless-sync", "no", "--rdb-key-save-delay", "25000"])
    let west = try await RedisProcess()
    try await east.command("EVAL", "for i = 1, 40 do redis.call('SET', 'k' .. i, 'v') end", "0")
    try await west.follow(east)
    try await waitUntil("the snapshot is made") {
      try await east.info("slave0")?.contains("state=wait_bgsave,offset=0,lag=0") == true
    }
    let watch = try RedisWatch(east, west)
    let seen = await watch.pass()
    #expect(seen.state(RedisMetrics.replicaState, "state") == "wait_bgsave")
    #expect(seen.value(RedisMetrics.exporterLag) == nil)
    #expect(seen.value(RedisMetrics.exporterOffset) == nil)
    #expect(seen.lagBytes == nil)
    #expect(seen.recoveryPoint == nil)
    #expect(seen.isReplicating == 0)
    #expect(seen.reason("west") == "unexpected_status")
    let done = try await watch.pass(until: "in step") { $0.isReplicating == 1 }
    #expect(done.state(RedisMetrics.replicaState, "state") == "online")
  }

  @Test func aReplicaThatNeverReachedItsMasterSaysSo() async throws {
    let east = try await RedisProcess()
    let nobody = try RefusingPort()
    let west = try await RedisProcess(["--replicaof", "127.0.0.1 \(nobody.port)"])
    let seen = await (try RedisWatch(east, west)).pass()
    #expect(try await west.info("master_link_down_since_seconds") == "-1")
    #expect(seen.linkState == "never_connected")
    #expect(seen.detail.contains("has never reached its master"))
    #expect(seen.recoveryPoint == nil)
    #expect(seen.value(RedisMetrics.exporterLastIO) == nil)
    #expect(seen.value(RedisMetrics.exporterLinkUp) == 0)
  }

  @Test func twoMastersOfOneHistoryAreASplitUntilOneIsSeenOtherwise() async throws {
    let (east, west) = (try await RedisProcess(), try await RedisProcess())
    try await west.replicate(east)
    let watch = try RedisWatch(east, west, timeout: .seconds(1))
    let point = try #require(try await watch.pass(until: "in step") { $0.recoveryPoint != nil }.recoveryPoint)
    try await west.command("REPLICAOF", "NO", "ONE")
    let split = await watch.pass()
    #expect(split.value(ReplicationFamilies.splitBrain) == 1)
    #expect(split.isReplicating == 0)
    #expect(split.detail == "west: is a master, expected a replica")
    #expect(try #require(split.recoveryPoint) >= point)
    // Which of them stopped taking writes is not known while one is silent.
    west.freeze(true)
    #expect(await watch.pass().value(ReplicationFamilies.splitBrain) == 1)
    west.freeze(false)
    try await west.replicate(east)
    let healed = try await watch.pass(until: "healed") { $0.isReplicating == 1 }
    #expect(healed.value(ReplicationFamilies.splitBrain) == 0)
    // Roles swapped in good order are no split.
    try await east.follow(west)
    try await west.command("REPLICAOF", "NO", "ONE")
    let swapped = try await watch.pass(until: "swapped") {
      $0.detail.contains("is a replica, expected the master")
    }
    #expect(swapped.value(ReplicationFamilies.splitBrain) == 0)
  }

  @Test func aReplicaOfSomebodyElseProvesNothing() async throws {
    let (east, other, west) = (try await RedisProcess(), try await RedisProcess(), try await RedisProcess())
    for _ in 0..<3 { try await other.command("SET", "a", String(repeating: "x", count: 1000)) }
    try await west.replicate(other)
    let watch = try RedisWatch(east, west)
    let seen = await watch.pass()
    #expect(seen.reason("west") == "wrong_cluster")
    #expect(seen.lagBytes == nil)
    #expect(seen.recoveryPoint == nil)
    #expect(seen.isReplicating == 0)
  }

  @Test func twoAddressesOfOneServerAreNoSplit() async throws {
    let (east, west) = (try await RedisProcess(), try await RedisProcess())
    let proxy = try FaultyProxy(to: east.port)
    let misled = [
      east.server, RedisServer(host: "localhost", port: UInt16(east.port)),
      RedisServer(host: "127.0.0.1", port: UInt16(proxy.port)),
    ]
    for target in misled {
      let seen = await (try RedisWatch(source: east.server, target: target)).pass()
      #expect(seen.reason("west") == "same_server" && seen.reason("east") == nil, "\(seen.detail)")
      #expect(seen.detail.hasPrefix("west: leads to the server that east leads to"))
      #expect(seen.value(RedisMetrics.up, ["region": "west"]) == 0)
      #expect(seen.value(ReplicationFamilies.splitBrain) == nil && seen.recoveryPoint == nil)
    }
    // A server that was copied with its history is another one, and a split all the same.
    try await west.replicate(east)
    try await west.command("REPLICAOF", "NO", "ONE")
    let split = await (try RedisWatch(east, west)).pass()
    #expect(split.value(ReplicationFamilies.splitBrain) == 1 && split.reason("west") == "unexpected_status")
    proxy.stop()
  }

  @Test func whatIsRefusedIsNamedWithItsRemedy() async throws {
    let files = try TemporaryDirectory()
    let (right, wrong) = (try files.write("right", "hunter2"), try files.write("wrong", "swordfish"))
    let acl = try files.write(
      "users.acl",
      "user default on nopass ~* &* +@all\nuser bare on >hunter2 -@all +ping\nuser watch on >hunter2 -@all +info %R~farwatch:heartbeat +get\n"
    )
    let (east, west) = (try await RedisProcess(["--aclfile", acl]), try await RedisProcess())
    try await west.replicate(east)
    func look(_ user: String, _ file: String) async throws -> Outcome {
      var server = east.server
      server.username = user
      server.password = .file(file)
      return await (try RedisWatch(source: server, target: west.server, heartbeatKey: "farwatch:heartbeat"))
        .pass()
    }
    let bad = try await look("watch", wrong)
    #expect(bad.reason("east") == "authentication_failed")
    #expect(bad.detail.contains("check `username` and the password"))
    #expect(!bad.detail.contains("swordfish"))
    let bare = try await look("bare", right)
    #expect(bare.reason("east") == "permission_denied")
    #expect(bare.detail.contains("give the ACL user this command"))
    #expect(bare.isReplicating == 0)
    // The documented privileges are enough.
    #expect(try await look("watch", right).verdict == .success)
  }

  @Test func aReplicaThatReadsItsDataSetIsNotUp() async throws {
    let (east, west) = (
      try await RedisProcess(["--repl-diskless-load", "disabled"]),
      try await RedisProcess(["--key-load-delay", "20000", "--loading-process-events-interval-bytes", "1024"])
    )
    try await east.command("CONFIG", "SET", "rdbcompression", "no")
    try await east.command(
      "EVAL", "for i = 1, 60 do redis.call('SET', 'k' .. i, string.rep('x', 2000)) end", "0")
    try await west.follow(east)
    let watch = try RedisWatch(east, west, heartbeatKey: "farwatch:heartbeat")
    let seen = try await watch.pass(until: "it loads") {
      $0.value(RedisMetrics.loading, ["region": "west"]) == 1
    }
    #expect(seen.isReplicating == 0)
    #expect(seen.reason("west") == "connection_refused")
    #expect(seen.lagBytes == nil)
    #expect(seen.recoveryPoint == nil)
    _ = try await watch.pass(until: "in step") { $0.isReplicating == 1 }
  }

  @Test func aHeartbeatProvesWhatOffsetsCannot() async throws {
    let (east, west) = (try await RedisProcess(), try await RedisProcess())
    try await west.replicate(east)
    let beat = (SystemTime().now - .seconds(100)).milliseconds
    try await east.command("SET", "farwatch:heartbeat", "\(beat)")
    try await waitUntil("it arrives") { try await west.command("GET", "farwatch:heartbeat") == "\(beat)" }
    // Farwatch starts anew, and the master is gone.
    east.freeze(true)
    let watch = try RedisWatch(east, west, heartbeatKey: "farwatch:heartbeat", timeout: .milliseconds(500))
    let seen = await watch.pass()
    #expect(seen.recoveryPoint == Double(beat) / 1000)
    #expect(seen.reason("east") == "timeout")
    east.freeze(false)
    for nonsense in ["soon", "99999999999999", "-5"] {
      try await east.command("SET", "farwatch:heartbeat", nonsense)
      let odd = try await watch.pass(until: "it is read") { $0.reason("west") == "body_mismatch" }
      #expect(try #require(odd.exposure) < 3)
    }
  }
}
