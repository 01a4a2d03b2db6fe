import FarwatchTesting
import KafkaClient
import Model
import Replication
import Testing

private let start = Timestamp(milliseconds: 1_767_225_600_000)
private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

@Suite struct MirrorRecordsTests {
  /// As `Heartbeat.serializeValue` of Kafka 3 writes it for 1 700 000 000 000.
  @Test func aHeartbeatIsAVersionAndATime() {
    let value: [UInt8] = [0, 0, 0, 0, 1, 0x8b, 0xcf, 0xe5, 0x68, 0]
    #expect(MirrorRecords.heartbeat(value) == Timestamp(milliseconds: 1_700_000_000_000))
    #expect(MirrorRecords.heartbeat([]) == nil)
    #expect(MirrorRecords.heartbeat([0, 1] + value[2...]) == nil)
    #expect(MirrorRecords.heartbeat(value + [0]) == nil)
    #expect(MirrorRecords.heartbeat([UInt8](repeating: 0, count: 10)) == nil)
    #expect(MirrorRecords.heartbeat([0, 0] + [UInt8](repeating: 0xff, count: 8)) == nil)
  }

  @Test func keysAndOffsetsOfConnectAreReadWhateverTheirOrder() {
    let key = bytes(#"["MirrorSourceConnector",{"topic":"a.b","partition":3,"cluster":"east"}]"#)
    #expect(MirrorRecords.place(key: key, of: "east") == TopicPartition("a.b", 3))
    #expect(MirrorRecords.place(key: key, of: "west") == nil)
    #expect(MirrorRecords.place(key: bytes(#"["jdbc",{"table":"t"}]"#), of: "east") == nil)
    #expect(
      MirrorRecords.place(key: bytes(#"["x",{"topic":"a","partition":-1,"cluster":"east"}]"#), of: "east")
        == nil)
    #expect(
      MirrorRecords.place(key: bytes(#"["x",{"topic":"a","partition":1e12,"cluster":"east"}]"#), of: "east")
        == nil)
    #expect(MirrorRecords.offset(value: bytes(#"{"offset":42}"#)) == 42)
    #expect(MirrorRecords.offset(value: bytes(#"{"offset":-1}"#)) == nil)
    #expect(MirrorRecords.offset(value: bytes(#"{"offset":9223372036854775807}"#)) == nil)
    #expect(MirrorRecords.offset(value: bytes("null")) == nil)
  }

  /// As `Checkpoint` of Kafka 3 writes them.
  @Test func aCheckpointIsAGroupAPlaceAndTwoOffsets() {
    let key: [UInt8] = [0, 1] + bytes("g") + [0, 6] + bytes("east.a") + [0, 0, 0, 3]
    let value: [UInt8] = [0, 0] + [0, 0, 0, 0, 0, 0, 1, 2] + [0, 0, 0, 0, 0, 0, 0, 9] + [0, 0]
    let read = MirrorRecords.checkpoint(key: key, value: value)
    #expect(read?.group == "g")
    #expect(read?.place == TopicPartition("east.a", 3))
    #expect(read?.sourceOffset == 258)
    #expect(MirrorRecords.checkpoint(key: key.dropLast(), value: value) == nil)
    #expect(MirrorRecords.checkpoint(key: key + [0], value: value) == nil)
    #expect(MirrorRecords.checkpoint(key: key, value: [0, 1] + value[2...]) == nil)
    #expect(MirrorRecords.checkpoint(key: key, value: [0, 0, 0xff] + value[3...]) == nil)
    #expect(MirrorRecords.checkpoint(key: [0x7f, 0xff], value: value) == nil)
    #expect(MirrorRecords.checkpoint(key: [0xff, 0xff], value: value) == nil)
    #expect(MirrorRecords.checkpoint(key: key, value: [0, 0]) == nil)
  }

  @Test func randomBytesNeverHarm() {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed \(seed)")
    var random = SeededNumbers(seed: seed)
    let seeds = [
      bytes(#"["MirrorSourceConnector",{"cluster":"east","partition":0,"topic":"orders"}]"#),
      bytes(#"{"offset":123}"#), [0, 0, 0, 0, 1, 0x8b, 0xcf, 0xe5, 0x68, 0],
      [0, 1, 0x67, 0, 1, 0x74, 0, 0, 0, 3], [UInt8](repeating: 0, count: 20),
      bytes(String(repeating: "[", count: 600)),
    ]
    for _ in 0..<3000 {
      var text = random.pick(seeds)
      for _ in 0..<Int.random(in: 0...4, using: &random) where !text.isEmpty {
        let place = Int.random(in: 0..<text.count, using: &random)
        if random.chance(50) {
          text[place] = UInt8.random(in: 0...255, using: &random)
        } else {
          text.remove(at: place)
        }
      }
      _ = MirrorRecords.checkpoint(key: text, value: random.pick(seeds))
      _ = MirrorRecords.checkpoint(key: random.pick(seeds), value: text)
      _ = MirrorRecords.heartbeat(text)
      _ = MirrorRecords.place(key: text, of: "east")
      _ = MirrorRecords.offset(value: text)
    }
  }

  @Test func theHistoryForgetsWithoutEverClaimingMore() {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed \(seed)")
    var random = SeededNumbers(seed: seed)
    let places = [TopicPartition("a", 0), TopicPartition("a", 1)]
    var history = MirrorHistory()
    var ends: [TopicPartition: Int64] = [places[0]: 1, places[1]: 1]
    var looks: [(time: Timestamp, ends: [TopicPartition: Int64])] = []
    for second in 0..<400 {
      for place in places where random.chance(60) {
        ends[place, default: 0] += Int64.random(in: 1...9, using: &random)
      }
      let time = start + .seconds(Int64(second))
      history.append(ends, at: time)
      looks.append((time, ends))
      let next = ends.mapValues { max(0, $0 - Int64.random(in: 0...80, using: &random)) }
      let truth = looks.last { look in look.ends.allSatisfy { (next[$0.key] ?? 0) >= $0.value } }?.time
      guard let claimed = history.complete(next) else { continue }
      #expect(truth.map { claimed <= $0 } == true)
    }
    #expect(history.complete(ends) == start + .seconds(399))
    #expect(history.complete([:], gone: Set(places)) == start + .seconds(399))
    #expect(history.complete([:]) == nil)
  }
}
