package import TLSTransport

/// What a conversation does next.
package enum DialogueStep: Sendable {
  /// More of the server's bytes are needed.
  case wait
  case send([UInt8])
  /// TLS begins here. Bytes that the server sent before it and that were not taken fail the connection: somebody in
  /// between could have put them there.
  case startTLS
  case done
  case failed(StreamFailure)
}

/// One side of a conversation, as a pure state machine: it neither reads nor writes, it is told and it answers.
package protocol Dialogue: Sendable {
  /// Called when the connection stands (and TLS, where it comes first), then after each of its steps and whenever
  /// bytes came.
  ///
  /// - Parameters:
  ///   - input: bytes received and not yet taken; it removes what it takes.
  ///   - ended: the server sends no more. `wait` is then a failure.
  mutating func proceed(_ input: inout [UInt8], ended: Bool) -> DialogueStep
  /// What it waits for, for the text of a failure: "the greeting".
  var waitsFor: String { get }
}

/// A connection to make, and what to say on it.
package struct StreamRequest: Sendable {
  /// IP addresses of one host. The first one that accepts is used: they are tried 250 ms apart, or at once when one
  /// fails, alternating between IPv6 and IPv4.
  package var addresses: [String]
  package var port: Int
  /// Limits everything, from the moment that the client takes the request up.
  package var timeout: Duration
  /// How TLS is made when it begins; nil: it never does.
  package var tls: TLSOptions?
  /// TLS begins as soon as the connection stands.
  package var tlsFromStart = true
  /// nil: the connection, with TLS from the start where wanted, is all.
  package var dialogue: (any Dialogue)?
  /// Bytes that are read at most.
  package var readLimit = 1 << 20

  package init(addresses: [String], port: Int, timeout: Duration) {
    self.addresses = addresses
    self.port = port
    self.timeout = timeout
  }
}

/// What a connection brought: as much as was reached, also when it failed.
package struct StreamResult: Sendable {
  /// The address that accepted; nil when none did.
  package var address: String?
  /// Seconds. A phase that was not completed, or not needed, is nil and never 0.
  package var connect: Double?
  package var tls: Double?
  /// From the connection standing (and TLS from the start) to the end of the conversation, a TLS start in it left out.
  package var conversation: Double?
  /// Seconds from start to end.
  package var total = 0.0
  package var bytesReceived = 0
  package var facts: TLSFacts?
  /// The request's dialogue as it stands at the end.
  package var dialogue: (any Dialogue)?
  package var failure: StreamFailure?

  package init() {}
}
