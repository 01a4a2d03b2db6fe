internal import Dispatch
internal import HTTPClient
internal import Model
internal import Notifying
internal import Programs

/// A delivery on its way, and whom to tell how it ended.
struct SentDelivery: Sendable {
  let delivery: Delivery
  let finished: @Sendable (DeliveryResult) -> Void
}

/// Builds and signs requests on threads of their own, and sends them. One slow receiver holds up no other: the client
/// waits for all of them at once.
final class DeliveryCarrier: Sendable {
  private let client: HTTPClient
  private let mails = MailClient()
  private let programs = ProgramRunner()
  /// More than one, because an RSA signature is what a page costs most. Which of them may do it: pages that must keep
  /// their order are never on their way together.
  private let signing = (0..<2).map { DispatchQueue(label: "farwatch.signing-\($0)", qos: .userInitiated) }
  /// For receivers in trouble: a hundred of them, tried again at once, hold up nobody else.
  private let signingAgain = DispatchQueue(label: "farwatch.signing-again", qos: .utility)

  init() {
    var settings = HTTPClientSettings()
    settings.userAgent = "farwatch/\(Version.text)"
    settings.maximumKeptConnections = 200
    client = HTTPClient(name: "farwatch-page", settings: settings)
  }

  func send(_ sent: SentDelivery) {
    let healthy = signing[Int(sent.delivery.id.raw % UInt64(signing.count))]
    (sent.delivery.isToHealthy ? healthy : signingAgain).async { [client, mails, programs] in
      do {
        switch try sent.delivery.makeRequest() {
        case .http(let request):
          client.start(request) { sent.finished(sent.delivery.judge($0, now: SystemTime().now)) }
        case .mail(let mail): mails.start(mail) { sent.finished(DeliveryResult($0)) }
        case .program(let program): programs.start(program) { sent.finished(DeliveryResult($0)) }
        }
      } catch {
        sent.finished(.failed(.other, "the message could not be made: \(error)"))
      }
    }
  }

  /// Asks a dead man's switch.
  func beat(_ attempt: HeartbeatAttempt, _ finished: @escaping @Sendable (DeliveryResult) -> Void) {
    client.start(attempt.request) { finished(DeliveryResult($0, now: SystemTime().now)) }
  }

  func stop() {
    for queue in signing { queue.sync {} }
    signingAgain.sync {}
    client.shutdown()
    mails.shutdown()
    programs.stop()
  }
}
