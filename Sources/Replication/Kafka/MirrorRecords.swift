internal import FoundationEssentials
package import KafkaClient
package import Model

/// What MirrorMaker 2 writes into topics of its own, read from bytes that anybody may have written.
package enum MirrorRecords {
  /// Longer keys and values are nobody's offsets.
  private static let sizeLimit = 65_536

  /// Value of a record of the heartbeats topic: version 0 as 16 bits, then milliseconds since 1970 as 64, most
  /// significant byte first. nil for anything else.
  package static func heartbeat(_ value: [UInt8]) -> Timestamp? {
    guard value.count == 10, value[0] == 0, value[1] == 0 else { return nil }
    let milliseconds = Int64(bitPattern: value[2...].reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    // This century.
    guard (946_684_800_000..<4_102_444_800_000).contains(milliseconds) else { return nil }
    return Timestamp(milliseconds: milliseconds)
  }

  /// Key of a record in Kafka Connect's offsets topic: `["<connector>", {"cluster": …, "topic": …, "partition": …}]`.
  /// nil for one of another cluster and for another connector's.
  package static func place(key: [UInt8], of cluster: String) -> TopicPartition? {
    guard key.count <= sizeLimit, let read = try? JSONDecoder().decode(SourceKey.self, from: Data(key)),
      read.source.cluster == cluster, read.source.partition >= 0, !read.source.topic.isEmpty
    else { return nil }
    return TopicPartition(read.source.topic, read.source.partition)
  }

  /// Value to such a key: `{"offset": …}`, the offset of the last mirrored record at the source. nil for anything else,
  /// and for the −1 of a partition of which nothing was mirrored yet.
  package static func offset(value: [UInt8]) -> Int64? {
    guard value.count <= sizeLimit,
      let read = try? JSONDecoder().decode(SourceOffset.self, from: Data(value)),
      read.offset >= 0, read.offset < .max
    else { return nil }
    return read.offset
  }

  /// One record of the checkpoints topic: a consumer group and where it was at the source when its offset was last
  /// carried over. `place` is named as on the target.
  package struct Checkpoint: Sendable, Equatable {
    package var group: String
    package var place: TopicPartition
    package var sourceOffset: Int64
  }

  /// Key: group and topic, each with its length in 16 bits, and the partition in 32. Value: version 0 in 16 bits, the
  /// offsets at the source and at the target in 64 bits each, and metadata. nil for anything else.
  package static func checkpoint(key: [UInt8], value: [UInt8]) -> Checkpoint? {
    var fields = Fields(key)
    guard key.count <= sizeLimit, let group = fields.text(), let topic = fields.text(), !group.isEmpty,
      !topic.isEmpty, let partition = fields.number(4), fields.isEmpty
    else { return nil }
    var values = Fields(value)
    guard values.number(2) == 0, let source = values.number(8), source >= 0, values.number(8) != nil,
      let id = Int32(exactly: partition), id >= 0
    else { return nil }
    return Checkpoint(group: group, place: TopicPartition(topic, id), sourceOffset: source)
  }

  /// Bytes read from the front, most significant first.
  private struct Fields {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isEmpty: Bool { rest.isEmpty }

    /// A signed number of 2, 4 or 8 bytes.
    mutating func number(_ size: Int) -> Int64? {
      guard rest.count >= size else { return nil }
      let raw = rest.prefix(size).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      rest = rest.dropFirst(size)
      let unused = 64 - 8 * size
      return Int64(bitPattern: raw << UInt64(unused)) >> Int64(unused)
    }

    mutating func text() -> String? {
      guard let count = number(2), count >= 0, rest.count >= count else { return nil }
      defer { rest = rest.dropFirst(Int(count)) }
      return String(validating: rest.prefix(Int(count)), as: UTF8.self)
    }
  }

  private struct SourceKey: Decodable {
    struct Source: Decodable {
      let cluster: String
      let topic: String
      let partition: Int32
    }

    let source: Source

    init(from decoder: any Decoder) throws {
      var list = try decoder.unkeyedContainer()
      _ = try list.decode(String.self)
      source = try list.decode(Source.self)
    }
  }

  private struct SourceOffset: Decodable {
    let offset: Int64
  }
}
