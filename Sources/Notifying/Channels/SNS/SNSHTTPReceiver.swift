package import HTTPClient

/// A receiver that is told over HTTP or HTTPS as Amazon SNS does it.
package struct SNSHTTPReceiver: ReceiverSettings {
  /// The raw value is SNS' word.
  package enum Transport: String, Sendable, CaseIterable { case http, https }

  package enum Confirmation: String, Sendable, CaseIterable {
    /// Nothing but the request to confirm is sent before the receiver has visited its SubscribeURL.
    case required
    /// For receivers that do not know the handshake.
    case skip
  }

  package static let kinds = Transport.allCases.map(\.rawValue)

  package var transport: Transport
  package var endpoint: String
  /// The body is the message alone, without SNS' envelope and signature.
  package var raw = false
  package var confirmation: Confirmation = .required
  /// PEM file of the authorities to trust instead of the system's.
  package var caFile: String?
  /// Sent with every request, secrets among them.
  package var headers: [HTTPHeader] = []

  package init(_ transport: Transport, _ endpoint: String) {
    self.transport = transport
    self.endpoint = endpoint
  }

  package var kind: String { transport.rawValue }
  package var shownEndpoint: String { shownURL(endpoint) }
  package var keyParts: [String] { [endpoint] }
  package var asksForConfirmation: Bool { confirmation == .required }

  package func channel(_ context: ChannelContext) -> any Channel {
    SNSChannel(settings: self, context: context)
  }
}
