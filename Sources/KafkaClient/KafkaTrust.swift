internal import CRDKafka
internal import Model
internal import Synchronization

/// Why a broker's certificate was refused: librdkafka's events say only that one was.
final class KafkaTrust: Sendable {
  /// OpenSSL's number, of the last certificate looked at; 0 when it was good.
  private let verdict = Mutex<Int32>(0)

  /// Has this remember what the handles made from `conf` find; it must outlive them.
  func watch(_ conf: OpaquePointer) {
    rd_kafka_conf_set_opaque(conf, Unmanaged.passUnretained(self).toOpaque())
    rd_kafka_conf_set_ssl_cert_verify_cb(conf) { _, _, _, code, _, _, _, _, _, opaque in
      guard let code, let opaque else { return 0 }
      let found = code.pointee
      let trust = Unmanaged<KafkaTrust>.fromOpaque(opaque).takeUnretainedValue()
      // A good certificate further down the chain does not mend a bad one.
      trust.verdict.withLock { $0 = found }
      return found == 0 ? 1 : 0
    }
  }

  /// `error` with a reason and words of its own, when a certificate is what it is about.
  func explaining(_ error: KafkaError) -> KafkaError {
    guard error.reason == .certificateInvalid else { return error }
    switch verdict.withLock({ $0 }) {
    case 9: return KafkaError(.certificateExpired, "\(error.message): it is not valid yet")
    case 10: return KafkaError(.certificateExpired, "\(error.message): it has expired")
    case 62, 64: return KafkaError(.certificateName, "\(error.message): it carries another name")
    default: return error
    }
  }
}
