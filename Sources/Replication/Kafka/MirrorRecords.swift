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
