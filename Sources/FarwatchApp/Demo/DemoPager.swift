internal import FoundationEssentials
internal import HTTPClient
internal import HTTPServer
internal import Model
internal import Notifying

/// The receiving end: does what a paging service does with SNS messages over HTTP.
final class DemoPager: Sendable {
  /// One page as it arrived.
  struct Page: Sendable {
    var messageID: String
    var subject: String
    var state: String
    var reason: String
    /// What the alert says of itself.
    var description: String
    var signatureIsValid: Bool
    var receivedAt: MonotonicInstant
    /// The JSON as received.
    var body: String
  }

  private let server: HTTPServer
  private let client: HTTPClient

  /// `received` is called on the server's thread for every notification.
  init(_ received: @escaping @Sendable (Page) -> Void) throws(HTTPServerError) {
    let client = HTTPClient(name: "demo-pager")
    self.client = client
    server = try HTTPServer(HTTPServerSettings(address: "127.0.0.1:0")) { request in
      let arrived = SystemTime().monotonic
      guard request.method == "POST", let message = Message(request.body) else {
        return .text(400, "an SNS message is expected\n")
      }
      switch message.type {
      case "SubscriptionConfirmation":
        // The handshake: nothing is sent here until this address was visited.
        if let url = message.subscribeURL { client.start(HTTPRequest(url: url)) { _ in } }
      case "Notification":
        verify(message, client) { valid in
          received(message.page(at: arrived, signatureIsValid: valid))
        }
      default: break
      }
      return .text(200, "")
    }
  }

  var endpoint: String { "http://127.0.0.1:\(server.port)/pager" }

  func stop() {
    server.stop()
    client.shutdown()
  }

  /// The fields of an SNS message that a receiver reads.
  struct Message: Sendable {
    var fields: [String: String]
    var body: String

    init?(_ bytes: [UInt8]) {
      guard let fields = try? JSONDecoder().decode([String: LenientString].self, from: Data(bytes)) else {
        return nil
      }
      self.fields = fields.compactMapValues(\.text)
      body = String(decoding: bytes, as: UTF8.self)
    }

    var type: String { fields["Type"] ?? "" }
    var subscribeURL: String? { fields["SubscribeURL"] }

    func page(at arrived: MonotonicInstant, signatureIsValid: Bool) -> Page {
      let alarm = fields["Message"].flatMap {
        try? JSONDecoder().decode([String: LenientString].self, from: Data($0.utf8))
      }
      return Page(
        messageID: fields["MessageId"] ?? "", subject: fields["Subject"] ?? "",
        state: alarm?["NewStateValue"]?.text ?? "", reason: alarm?["NewStateReason"]?.text ?? "",
        description: alarm?["AlarmDescription"]?.text ?? "",
        signatureIsValid: signatureIsValid, receivedAt: arrived, body: body)
    }
  }
}

/// A JSON value of which only text is of interest.
struct LenientString: Decodable, Sendable {
  var text: String?

  init(from decoder: any Decoder) throws {
    text = try? decoder.singleValueContainer().decode(String.self)
  }
}

/// Fetches the certificate that the message names and checks the signature against it.
private func verify(
  _ message: DemoPager.Message, _ client: HTTPClient, _ answer: @escaping @Sendable (Bool) -> Void
) {
  guard let url = message.fields["SigningCertURL"] else { return answer(false) }
  client.start(HTTPRequest(url: url)) { result in
    answer(
      SNSSignature.isValid(
        fields: message.fields, certificatePEM: String(decoding: result.body, as: UTF8.self)))
  }
}
