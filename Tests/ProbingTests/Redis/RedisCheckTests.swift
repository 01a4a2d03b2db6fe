import Collecting
import FarwatchTesting
import Model
import Probing
import RedisClient
import Testing

@Suite struct RedisCheckTests {
  private let clients = CollectorClients(userAgent: "test")

  private func settings(_ port: Int, _ change: (inout RedisCheckSettings) -> Void = { _ in })
    -> RedisCheckSettings
  {
    var basics = CheckBasics(name: "cache", region: "east")
    basics.timeout = .seconds(3)
    var settings = RedisCheckSettings(
      basics: basics, server: RedisServer(host: "127.0.0.1", port: UInt16(port)))
    change(&settings)
    return settings
  }

  private func probe(_ settings: RedisCheckSettings) async throws -> Outcome {
    let collector = try settings.makeCollector(clients)
    return await withCheckedContinuation { done in collector.collect { done.resume(returning: $0) } }
  }

  @Test func aServerIsHeldAgainstWhatWasExpected() async throws {
    let redis = try await RedisProcess()
    try await redis.command("SET", "release", "42")
    try await redis.command("LPUSH", "list", "1")
    func reason(_ change: (inout RedisCheckSettings) -> Void) async throws -> FailureReason? {
      try await probe(settings(redis.port, change)).reason
    }
    let well = try await probe(
      settings(redis.port) {
        $0.role = .master
        $0.key = "release"
        $0.expected = "42"
        $0.writeKey = "farwatch:canary"
      })
    #expect(well.verdict == .success)
    #expect(well.readings.first { $0.family == CheckFamilies.success }?.value == 1)
    let left = try #require(Int(try await redis.command("PTTL", "farwatch:canary")))
    #expect((50_000...60_000).contains(left))
    #expect(try await reason { $0.role = .replica } == .status)
    #expect(try await reason { $0.key = "nothing" } == .missing)
    #expect(try await reason { $0.key = "list" } == .configuration)
    #expect(
      try await reason {
        $0.key = "release"
        $0.expected = "43"
      } == .body)
    #expect(try await reason { $0.clusterMustBeOK = true } == .query)
    #expect(try await reason { $0.sentinelMaster = "main" } == .missing)
    redis.stop()
    #expect(try await reason { _ in } == .refused)
  }

  @Test func aServerThatTakesNoWritesFailsTheCanaryOnly() async throws {
    let (master, replica) = (try await RedisProcess(), try await RedisProcess())
    try await replica.replicate(master)
    #expect(try await probe(settings(replica.port) { $0.role = .replica }).succeeded)
    let refused = try await probe(settings(replica.port) { $0.writeKey = "c" })
    #expect(refused.reason == .status)
    guard case .failure(_, let detail) = refused.verdict else { return }
    #expect(detail.contains("writes belong on the master"))
    try await master.command("CONFIG", "SET", "min-replicas-to-write", "3")
    #expect(try await probe(settings(master.port) { $0.writeKey = "c" }).reason == .status)
    #expect(try await probe(settings(master.port)).succeeded)
  }

  @Test func aSentinelIsAskedForItsMasterAndQuorum() async throws {
    let redis = try await RedisProcess()
    let files = try TemporaryDirectory()
    let port = try freeLoopbackPort()
    let file = try files.write(
      "sentinel.conf",
      "port \(port)\nbind 127.0.0.1\ndir \(files.path)\nsentinel monitor main 127.0.0.1 \(redis.port) 1\n"
        + "sentinel monitor lonely 127.0.0.1 \(redis.port) 5\n")
    let sentinel = try ChildProcess(["redis-server", file, "--sentinel"], output: .discarded)
    defer { sentinel.stop() }
    try await waitUntil("the Sentinel answers") {
      try await probe(settings(port) { $0.sentinelMaster = "main" }).succeeded
    }
    let there = "127.0.0.1:\(redis.port)"
    #expect(
      try await probe(
        settings(port) {
          $0.sentinelMaster = "main"
          $0.sentinelAddress = there
        }
      ).succeeded)
    #expect(
      try await probe(
        settings(port) {
          $0.sentinelMaster = "main"
          $0.sentinelAddress = "127.0.0.1:1"
        }
      ).reason == .status)
    #expect(try await probe(settings(port) { $0.sentinelMaster = "other" }).reason == .missing)
    #expect(try await probe(settings(port) { $0.sentinelMaster = "lonely" }).reason == .status)
  }

  @Test func aClusterWithoutAllItsSlotsIsNotWell() async throws {
    let files = try TemporaryDirectory()
    let node = try await RedisProcess([
      "--cluster-enabled", "yes", "--cluster-config-file", files.file("nodes"),
    ])
    let asked = settings(node.port) { $0.clusterMustBeOK = true }
    #expect(try await probe(asked).reason == .status)
    try await node.command("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
    try await waitUntil("the cluster is whole") { try await probe(asked).succeeded }
  }

  @Test func settingsThatContradictThemselvesAreRefused() {
    func problem(_ change: (inout RedisCheckSettings) -> Void) -> String? {
      do throws(InvalidSettings) {
        try settings(1, change).validate()
        return nil
      } catch { return error.field }
    }
    #expect(problem { _ in } == nil)
    #expect(problem { $0.expected = "x" } == "expect")
    #expect(problem { $0.sentinelAddress = "x" } == "sentinel_address")
    #expect(
      problem {
        $0.sentinelMaster = "x"
        $0.key = "y"
      } == "sentinel_master")
    #expect(problem { $0.writeTTL = .zero } == "write_ttl")
    #expect(
      problem {
        $0.role = .replica
        $0.writeKey = "x"
      } == "write_key")
  }
}
