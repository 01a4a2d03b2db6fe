internal import CKafkaMock

/// A Kafka cluster of librdkafka's own making, on real ports of this machine: it keeps records, has leaders, and fails
/// on command. It knows no ACLs, no TLS and no SASL.
///
/// `@unchecked Sendable`: the pointer is set once, and librdkafka's mock calls take their own locks.
package final class KafkaMock: @unchecked Sendable {
  private let mock: OpaquePointer

  /// Requests by the number that the protocol gives them.
  package enum Request: Int32 {
    case produce = 0
    case fetch = 1
    case listOffsets = 2
    case metadata = 3
  }

  package init(brokers: Int = 1) throws {
    guard let made = fw_kafka_mock_start(Int32(brokers)) else { throw BenchError("no mock of Kafka") }
    mock = made
  }

  deinit { fw_kafka_mock_stop(mock) }

  package var bootstrap: [String] {
    String(cString: fw_kafka_mock_bootstraps(mock)).split(separator: ",").map(String.init)
  }

  package func create(_ topic: String, partitions: Int = 1, replicas: Int = 1) {
    _ = fw_kafka_mock_create_topic(mock, topic, Int32(partitions), Int32(replicas))
  }

  /// The protocol's error number, answered for the topic from now on; 0 for none.
  package func fail(_ topic: String, with error: Int32) { fw_kafka_mock_topic_error(mock, topic, error) }

  /// −1: nobody.
  package func lead(_ topic: String, _ partition: Int, by broker: Int) {
    _ = fw_kafka_mock_set_leader(mock, topic, Int32(partition), Int32(broker))
  }

  package func down(_ broker: Int, _ isDown: Bool = true) {
    _ = fw_kafka_mock_set_down(mock, Int32(broker), isDown ? 1 : 0)
  }

  package func delay(_ broker: Int, milliseconds: Int) {
    _ = fw_kafka_mock_set_rtt(mock, Int32(broker), Int32(milliseconds))
  }

  package func push(_ request: Request, error: Int32, times: Int = 1) {
    fw_kafka_mock_push_error(mock, request.rawValue, error, Int32(times))
  }

  package func produce(_ topic: String, _ partition: Int = 0, key: [UInt8]? = nil, value: [UInt8]?) throws {
    let (k, v) = (key ?? [], value ?? [])
    let code = fw_kafka_mock_produce(
      mock, topic, Int32(partition), k, key == nil ? -1 : k.count, v, value == nil ? -1 : v.count)
    guard code == 0 else { throw BenchError("cannot write to \(topic): \(code)") }
  }

  /// Stores where a consumer group is.
  package func commit(_ group: String, _ topic: String, _ partition: Int, _ offset: Int64) throws {
    let code = fw_kafka_mock_commit(mock, group, topic, Int32(partition), offset)
    guard code == 0 else { throw BenchError("cannot commit for \(group): \(code)") }
  }
}
