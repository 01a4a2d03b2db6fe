import Secrets
import Collecting
import FarwatchTesting
import Model
import RedisClient
import Replication
import Testing

@Suite struct RedisHeartbeatTests {
  private let clients = CollectorClients(userAgent: "test")

  private func collector(_ port: Int, _ user: (name: String, file: String)? = nil) throws -> any Collector {
    var server = RedisServer(host: "127.0.0.1", port: UInt16(port))
    server.username = user?.name
    server.password = user.map { .file($0.file) }
    let basics = MeasurementBasics(
      name: "sessions", region: "east", interval: .seconds(1), timeout: .seconds(3))
    return try RedisHeartbeatSettings(basics: basics, server: server).makeCollector(clients)
  }

  private func collect(_ collector: any Collector) async -> Outcome {
    await withCheckedContinuation { done in collector.collect { done.resume(returning: $0) } }
  }

  @Test func theMasterIsWrittenToAndTheReplicaIsLeftAlone() async throws {
    let files = try TemporaryDirectory()
    let password = try files.write("password", "hunter2")
    let acl = try files.write(
      "users.acl",
      "user default on nopass ~* &* +@all\nuser beat on >hunter2 -@all +info %W~farwatch:heartbeat +set\n")
    let (east, west) = (try await RedisProcess(["--aclfile", acl]), try await RedisProcess())
    try await west.replicate(east)
    let written = await collect(try collector(east.port, ("beat", password)))
    #expect(written.verdict == .success)
    #expect(written.value(RedisHeartbeatSettings.writing) == 1)
    let beat = try #require(written.value(RedisHeartbeatSettings.lastBeat))
    #expect(try await east.command("GET", "farwatch:heartbeat") == "\(Int64((beat * 1000).rounded()))")
    #expect(try #require(Int(try await east.command("TTL", "farwatch:heartbeat"))) > 3590)

    // A replica that may be written to would take it and be wrong for ever.
    try await west.command("CONFIG", "SET", "replica-read-only", "no")
    try await waitUntil("it arrives") { try await west.command("EXISTS", "farwatch:heartbeat") == "1" }
    let before = try await west.command("GET", "farwatch:heartbeat")
    let left = await collect(try collector(west.port))
    #expect(left.verdict == .success)
    #expect(left.value(RedisHeartbeatSettings.writing) == 0)
    #expect(left.value(RedisHeartbeatSettings.lastBeat) == nil)
    #expect(try await west.command("GET", "farwatch:heartbeat") == before)
  }

  @Test func whatCannotBeWrittenIsAFailureWithItsReason() async throws {
    let redis = try await RedisProcess(["--min-replicas-to-write", "1"])
    let kept = try collector(redis.port)
    let refused = await collect(kept)
    #expect(refused.reason == .status)
    #expect(refused.value(RedisHeartbeatSettings.writing) == 0)
    try await redis.command("CONFIG", "SET", "min-replicas-to-write", "0")
    let beat = try #require(await collect(kept).value(RedisHeartbeatSettings.lastBeat))
    redis.stop()
    let gone = await collect(kept)
    #expect(gone.reason == .refused)
    #expect(gone.value(RedisHeartbeatSettings.lastBeat) == beat)
  }
}
