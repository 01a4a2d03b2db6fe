internal import Secrets
internal import CRDKafka
internal import Model
internal import TLSTransport

/// Makes librdkafka's handles from settings.
enum KafkaHandle {
  /// Reads the password's file, and librdkafka those of the certificates: on a thread that may wait.
  static func open(
    _ cluster: KafkaCluster, _ type: rd_kafka_type_t, _ trust: KafkaTrust, _ more: [String: String]
  ) throws(KafkaError) -> (handle: OpaquePointer, password: String?) {
    var values: [String: String] = [
      "bootstrap.servers": cluster.bootstrap.joined(separator: ","), "client.id": "farwatch",
      "security.protocol": protocolName(cluster), "socket.keepalive.enable": "true",
      // The default is to wait up to 10 s after a failure, longer than most runs may take.
      "reconnect.backoff.max.ms": "1000", "socket.connection.setup.timeout.ms": "5000",
      "allow.auto.create.topics": "false",
    ]
    if let tls = cluster.tls {
      values["ssl.ca.location"] = tls.caFile
      values["ssl.certificate.location"] = tls.certificateFile
      values["ssl.key.location"] = tls.keyFile ?? tls.certificateFile
      values["enable.ssl.certificate.verification"] = tls.verify ? "true" : "false"
      values["ssl.endpoint.identification.algorithm"] = tls.verify ? "https" : "none"
    }
    var password: String?
    if let sasl = cluster.sasl {
      do throws(SecretSource.Failure) {
        password = try sasl.password.read()
      } catch { throw KafkaError(.configuration, error.description) }
      values["sasl.mechanisms"] = sasl.mechanism.rawValue
      values["sasl.username"] = sasl.username
      values["sasl.password"] = password
    }
    values.merge(more) { _, own in own }
    return (try open(values, type, cluster.tls?.verify == true ? trust : nil, password), password)
  }

  private static func open(
    _ values: [String: String], _ type: rd_kafka_type_t, _ trust: KafkaTrust?, _ password: String?
  ) throws(KafkaError) -> OpaquePointer {
    var text = [CChar](repeating: 0, count: 512)
    func words() -> String {
      String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    guard let conf = rd_kafka_conf_new() else { throw KafkaError(.limit, "no memory") }
    // Errors come as events, and log lines not at all: standard error is not ours.
    rd_kafka_conf_set_log_cb(conf, nil)
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_DR)
    trust?.watch(conf)
    for (key, value) in values.sorted(by: { $0.key < $1.key }) {
      guard rd_kafka_conf_set(conf, key, value, &text, text.count) == RD_KAFKA_CONF_OK else {
        rd_kafka_conf_destroy(conf)
        throw KafkaError(.configuration, words()).redacting(password)
      }
    }
    guard let handle = rd_kafka_new(type, conf, &text, text.count) else {
      rd_kafka_conf_destroy(conf)
      throw KafkaError(.configuration, words()).redacting(password)
    }
    return handle
  }

  private static func protocolName(_ cluster: KafkaCluster) -> String {
    (cluster.sasl == nil ? "" : "sasl_") + (cluster.tls == nil ? "plaintext" : "ssl")
  }
}

/// The handle that writes; made when something is to be written. Confined like ``KafkaConnection``.
final class KafkaProducer {
  private let handle: OpaquePointer
  private let events: OpaquePointer
  private let trust = KafkaTrust()

  init(_ cluster: KafkaCluster) throws(KafkaError) {
    handle = try KafkaHandle.open(
      cluster, RD_KAFKA_PRODUCER, trust,
      ["acks": "all", "linger.ms": "0", "queue.buffering.max.messages": "100"]
    ).handle
    events = rd_kafka_queue_get_main(handle)
  }

  deinit {
    rd_kafka_purge(handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
    rd_kafka_queue_destroy(events)
    rd_kafka_destroy(handle)
  }

  func produce(_ topic: String, key: String, value: String, milliseconds: Int32) throws(KafkaError) {
    let conf = rd_kafka_topic_conf_new()
    var text = [CChar](repeating: 0, count: 256)
    rd_kafka_topic_conf_set(conf, "message.timeout.ms", "\(milliseconds)", &text, text.count)
    guard let object = rd_kafka_topic_new(handle, topic, conf) else {
      rd_kafka_topic_conf_destroy(conf)
      throw KafkaError(.configuration, "\"\(topic)\" is no name of a topic")
    }
    defer { rd_kafka_topic_destroy(object) }
    while let old = rd_kafka_queue_poll(events, 0) { rd_kafka_event_destroy(old) }
    var payload = Array(value.utf8)
    let count = payload.count
    let code = rd_kafka_produce(
      object, -1, RD_KAFKA_MSG_F_COPY, &payload, count, key, key.utf8.count, nil)
    guard code == 0 else { throw KafkaError(rd_kafka_last_error(), "cannot write to \(topic)") }
    var complaint: KafkaError?
    let end = SystemTime().monotonic + .milliseconds(Int64(milliseconds) + 200)
    while SystemTime().monotonic < end {
      guard let event = rd_kafka_queue_poll(events, 50) else { continue }
      defer { rd_kafka_event_destroy(event) }
      if rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR {
        guard let message = rd_kafka_event_message_next(event) else { continue }
        let failed = message.pointee.err
        if failed == RD_KAFKA_RESP_ERR_NO_ERROR { return }
        throw failed == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT
          ? complaint ?? KafkaError(failed, "no confirmation of a write to \(topic)")
          : KafkaError(failed, "cannot write to \(topic)")
      }
      let problem = rd_kafka_event_error(event)
      if problem != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN {
        let text = rd_kafka_event_error_string(event).map { String(cString: $0) } ?? ""
        complaint = trust.explaining(KafkaError(event: problem, text))
      }
    }
    throw complaint ?? KafkaError(.timeout, "no confirmation of a write to \(topic)")
  }
}
