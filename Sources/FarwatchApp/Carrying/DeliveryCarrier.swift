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
  private let signing = DispatchQueue(label: "farwatch.signing", qos: .userInitiated)

  init() {
    var settings = HTTPClientSettings()
    settings.userAgent = "Amazon Simple Notification Service Agent"
    settings.maximumKeptConnections = 200
    client = HTTPClient(name: "farwatch-page", settings: settings)
  }

  func send(_ sent: SentDelivery) {
    signing.async { [client, mails, programs] in
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
    signing.sync {}
    client.shutdown()
    mails.shutdown()
    programs.stop()
  }
}
