internal import CRDKafka
package import Model

/// Why a cluster could not be asked, or refused. Never holds a password.
package struct KafkaError: Error, Equatable, Sendable, CustomStringConvertible {
  package let reason: FailureReason
  /// One line for people: librdkafka's or the broker's words.
  package let message: String

  package init(_ reason: FailureReason, _ message: String) {
    self.reason = reason
    self.message = message
  }

  package var description: String { message }

  init(_ code: rd_kafka_resp_err_t, _ what: String) {
    self.init(Self.reason(code), "\(what): \(String(cString: rd_kafka_err2str(code)))")
  }

  /// librdkafka tells why a broker cannot be reached in an event's text alone.
  init(event code: rd_kafka_resp_err_t, _ text: String) {
    let line = String(text.unicodeScalars.prefix(300).map { $0.value < 0x20 ? " " : Character($0) })
    let words: [(String, FailureReason)] = [
      ("certificate has expired", .certificateExpired), ("certificate verify failed", .certificateInvalid),
      ("Connection refused", .refused), ("No route to host", .unreachable),
      ("Network is unreachable", .unreachable),
      ("timed out", .timeout), ("Disconnected", .reset), ("Connection reset", .reset),
    ]
    self.init(words.first { line.contains($0.0) }?.1 ?? Self.reason(code), line)
  }

  private static func reason(_ code: rd_kafka_resp_err_t) -> FailureReason {
    switch code {
    case RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT,
      RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
      .timeout
    case RD_KAFKA_RESP_ERR__RESOLVE: .dns
    case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN: .reset
    case RD_KAFKA_RESP_ERR__SSL: .tlsHandshake
    case RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED: .authentication
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
      RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      .permission
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
      RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      .missing
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
      RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
      .status
    case RD_KAFKA_RESP_ERR__INVALID_ARG: .configuration
    case RD_KAFKA_RESP_ERR__QUEUE_FULL: .limit
    default: .query
    }
  }

  /// With every occurrence of a secret taken out.
  func redacting(_ secret: String?) -> KafkaError {
    guard let secret, !secret.isEmpty, message.contains(secret) else { return self }
    return KafkaError(reason, message.replacing(secret, with: "***"))
  }
}
