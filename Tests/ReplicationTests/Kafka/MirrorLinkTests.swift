import Collecting
import FarwatchTesting
import KafkaClient
import Model
import Replication
import Testing

/// Two clusters of librdkafka's mock, and a MirrorMaker 2 that the test plays: it writes what the real one writes.
private final class Mirror: Sendable {
  let east: KafkaMock
  let west: KafkaMock
  let collector: MirrorLinkCollector

  init(_ change: (inout MirrorLinkSettings) -> Void = { _ in }) throws {
    east = try KafkaMock()
    west = try KafkaMock()
    east.create("orders", partitions: 2)
    west.create("east.orders", partitions: 2)
    west.create("east.heartbeats")
    west.create("mm2-offsets.east.internal", partitions: 3)
    var settings = MirrorLinkSettings(
      link: "stream", source: .init(region: "east", cluster: KafkaCluster(bootstrap: east.bootstrap)),
      target: .init(region: "west", cluster: KafkaCluster(bootstrap: west.bootstrap)), alias: "east",
      rpo: .seconds(30))
    change(&settings)
    collector = MirrorLinkCollector(settings)
  }

  func beat(_ time: Timestamp = SystemTime().now) throws {
    var value: [UInt8] = [0, 0]
    for shift in stride(from: 56, through: 0, by: -8) {
      value.append(UInt8(truncatingIfNeeded: time.milliseconds >> Int64(shift)))
    }
    try west.produce("east.heartbeats", value: value)
  }

  func commit(_ partition: Int, _ offset: Int?, cluster: String = "east", topic: String = "orders") throws {
    let key =
      #"["MirrorSourceConnector",{"cluster":"\#(cluster)","partition":\#(partition),"topic":"\#(topic)"}]"#
    let value = offset.map { #"{"offset":\#($0)}"# }
    try west.produce(
      "mm2-offsets.east.internal", partition % 3, key: Array(key.utf8), value: value.map { Array($0.utf8) })
  }

  func write(_ partition: Int, _ count: Int) throws {
    for _ in 0..<count { try east.produce("orders", partition, value: [1]) }
  }

  func pass() async -> Outcome {
    await withCheckedContinuation { done in collector.collect { done.resume(returning: $0) } }
  }

  func pass(until what: String, _ condition: (Outcome) -> Bool) async throws -> Outcome {
    var last = await pass()
    do {
      try await waitUntil(timeout: .seconds(20), every: .milliseconds(100), what) {
        if condition(last) { return true }
        last = await pass()
        return false
      }
    } catch { throw BenchError("\(error); last: \(last.verdict) \(last.readings)") }
    return last
  }
}

extension Outcome {
  fileprivate var lag: Double? { value(MirrorMetrics.lag) }
  fileprivate func cause(_ region: String) -> String? {
    state(MirrorMetrics.failureReason, "reason", ["region": region])
  }
}

@Suite struct MirrorLinkTests {
  @Test func theLagIsWhatTheSourceHasBeyondTheLastMirroredRecord() async throws {
    let mirror = try Mirror()
    try mirror.write(0, 10)
    try mirror.write(1, 4)
    // The target's own offsets are others: it was filled before.
    for _ in 0..<50 { try mirror.west.produce("east.orders", value: [1]) }
    try mirror.commit(0, 6)
    try mirror.commit(1, 3)
    try mirror.commit(0, 99, cluster: "elsewhere")
    try mirror.beat()
    let behind = try await mirror.pass(until: "it is read") { $0.lag != nil }
    #expect(behind.verdict == .success)
    #expect(behind.lag == 3)
    #expect(behind.value(MirrorMetrics.topicLag, ["topic": "orders"]) == 3)
    #expect(behind.recoveryPoint == nil)
    #expect(behind.isReplicating == 1)
    for reading in behind.readings { #expect(MirrorLinkSettings.families.contains(reading.family)) }

    try mirror.commit(0, 9)
    let whole = try await mirror.pass(until: "it is whole") { $0.lag == 0 }
    #expect(try #require(whole.exposure) < 2)
    let heard = try #require(whole.value(MirrorMetrics.heartbeat))
    #expect(abs(heard - SystemTime().now.seconds) < 20)
  }

  /// What a stopped MirrorMaker's own metrics would show: no change at all.
  @Test func aStoppedMirrorAgesAndProvesNothing() async throws {
    let mirror = try Mirror { $0.silence = .seconds(1) }
    try mirror.write(0, 5)
    try mirror.commit(0, 4)
    try mirror.beat()
    let well = try await mirror.pass(until: "in step") { $0.lag == 0 && $0.recoveryPoint != nil }
    let point = try #require(well.recoveryPoint)
    try mirror.write(0, 3)
    let stopped = try await mirror.pass(until: "it is noticed") { $0.isReplicating == 0 }
    #expect(stopped.lag == 3)
    #expect(stopped.cause("west") == "timeout")
    #expect(stopped.detail.contains("is MirrorMaker running?"))
    // Up to the last look before the new records came.
    #expect(try #require(stopped.recoveryPoint) - point < 1)
    let after = await mirror.pass()
    #expect(after.recoveryPoint == stopped.recoveryPoint)

    try mirror.commit(0, 7)
    try mirror.beat()
    let healed = try await mirror.pass(until: "healed") { $0.isReplicating == 1 && $0.lag == 0 }
    #expect(try #require(healed.exposure) < 2)
  }

  @Test func aSilentSideLeavesTheRecoveryPointWhereItWas() async throws {
    let mirror = try Mirror { $0.timeout = .milliseconds(1200) }
    try mirror.write(0, 5)
    try mirror.commit(0, 2)
    try mirror.beat()
    _ = try await mirror.pass(until: "it is read") { $0.lag == 2 }
    mirror.east.down(1)
    // What was on its way still arrives: complete up to the last look at the source.
    try mirror.commit(0, 4)
    let sourceGone = try await mirror.pass(until: "the source is gone") {
      $0.value(MirrorMetrics.up, ["region": "east"]) == 0 && $0.recoveryPoint != nil
    }
    #expect(sourceGone.isReplicating == 0)
    #expect(sourceGone.lag == nil)
    #expect(sourceGone.cause("east") == "connection_refused")
    let point = try #require(sourceGone.recoveryPoint)
    mirror.west.down(1)
    let bothGone = try await mirror.pass(until: "both are gone") {
      $0.value(MirrorMetrics.up, ["region": "west"]) == 0
    }
    #expect(bothGone.recoveryPoint == point)
    #expect(bothGone.detail.hasSuffix("(and 1 more)"))
  }

  @Test func aPartitionThatWasNeverMirroredIsNoLagAndNoProof() async throws {
    let mirror = try Mirror { $0.topics = ["orders"] }
    try mirror.write(0, 5)
    try mirror.write(1, 2)
    try mirror.commit(0, 4)
    try mirror.commit(1, -1)
    try mirror.beat()
    let part = try await mirror.pass(until: "it is read") { $0.value(MirrorMetrics.unmirrored) != nil }
    #expect(part.value(MirrorMetrics.unmirrored) == 1)
    #expect(part.lag == 0)
    #expect(part.recoveryPoint == nil)
    #expect(part.cause("west") == "unexpected_status")
    try mirror.commit(1, 1)
    let whole = try await mirror.pass(until: "all is mirrored") { $0.value(MirrorMetrics.unmirrored) == 0 }
    #expect(try #require(whole.exposure) < 2)
  }

  @Test func aGroupIsAsFarBehindAsItsCheckpointSays() async throws {
    let mirror = try Mirror { $0.groups = ["billing"] }
    mirror.west.create("east.checkpoints.internal")
    try mirror.write(0, 9)
    try mirror.write(1, 9)
    try mirror.commit(0, 8)
    try mirror.commit(1, 8)
    try mirror.beat()
    try mirror.east.commit("billing", "orders", 0, 7)
    func checkpoint(_ partition: UInt8, _ offset: UInt8) throws {
      let key: [UInt8] = [0, 7] + "billing".utf8 + [0, 11] + "east.orders".utf8 + [0, 0, 0, partition]
      let value: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, offset] + [0, 0, 0, 0, 0, 0, 0, 99, 0, 0]
      try mirror.west.produce("east.checkpoints.internal", key: key, value: value)
    }
    try checkpoint(0, 3)
    try checkpoint(0, 5)
    let seen = try await mirror.pass(until: "it is read") {
      $0.value(MirrorMetrics.uncheckpointed, ["group": "billing"]) == 0
    }
    #expect(seen.value(MirrorMetrics.checkpointLag, ["group": "billing"]) == 2)
    #expect(seen.verdict == .success)
    try mirror.east.commit("billing", "orders", 1, 4)
    let more = await mirror.pass()
    #expect(more.value(MirrorMetrics.uncheckpointed) == 1)
    #expect(more.value(MirrorMetrics.checkpointLag) == 2)
  }

  @Test func withoutOffsetsTheHeartbeatIsTheProof() async throws {
    let mirror = try Mirror { $0.offsetsTopic = nil }
    let beat = SystemTime().now - .seconds(12)
    try mirror.beat(beat)
    let seen = try await mirror.pass(until: "it is read") { $0.recoveryPoint != nil }
    #expect(seen.recoveryPoint == beat.seconds)
    #expect(seen.lag == nil)
    #expect(seen.isReplicating == 1)
    try mirror.beat(SystemTime().now + .seconds(3600))
    let future = try await mirror.pass(until: "nonsense is told") { $0.cause("west") == "body_mismatch" }
    #expect(future.recoveryPoint == beat.seconds)
  }

  @Test func topicsThatAreNotThereOrMayNotBeReadAreNamed() async throws {
    let wrong = try Mirror { $0.offsetsTopic = "mm2-offsets.west.internal" }
    wrong.west.fail("mm2-offsets.west.internal", with: 3)
    let missing = await wrong.pass()
    #expect(missing.cause("west") == "not_found")
    #expect(missing.detail.contains("`alias` right?"))
    #expect(missing.lag == nil)
    let denied = try Mirror()
    denied.west.fail("east.heartbeats", with: 29)
    #expect(await denied.pass().cause("west") == "permission_denied")
  }
}
