package import Model

/// One question to one server.
package struct DNSQuery: Hashable, Sendable {
  package enum Transport: String, Hashable, Sendable, CaseIterable { case udp, tcp }

  package var question: DNSQuestion
  package var server: ResolverAddress
  /// Over UDP a cut answer is asked for once more over TCP.
  package var transport = Transport.udp
  package var recursion = true
  /// Says that answers of 1232 bytes are welcome over UDP; needed for ``clientSubnet``.
  package var edns = true
  package var clientSubnet: ClientSubnet?
  /// Limits everything: sending twice, and the way over TCP after a cut answer.
  package var timeout: Duration

  package init(_ question: DNSQuestion, server: ResolverAddress, timeout: Duration) {
    self.question = question
    self.server = server
    self.timeout = timeout
  }

  /// Payload that is not cut into fragments anywhere (the figure of DNS flag day 2020).
  static let payloadSize: UInt16 = 1232

  /// - Returns: nil when the name is none.
  func wire(id: UInt16) -> [UInt8]? {
    guard let name = DNSName.wire(question.name) else { return nil }
    // AD in a question asks for AD in the answer (RFC 6840, 5.7).
    let flags: UInt16 = (recursion ? 0x0100 : 0) | 0x0020
    let hasOptions = edns || clientSubnet != nil
    var out: [UInt8] = []
    for number in [id, flags, 1, 0, 0, hasOptions ? 1 : 0] { out += Self.wire(number) }
    out += name + Self.wire(question.type.code) + Self.wire(1)
    guard hasOptions else { return out }
    var options: [UInt8] = []
    if let subnet = clientSubnet?.wire {
      options = Self.wire(ClientSubnet.option) + Self.wire(UInt16(subnet.count)) + subnet
    }
    out += [0] + Self.wire(DNSRecordType.opt.code) + Self.wire(Self.payloadSize) + [0, 0, 0, 0]
    return out + Self.wire(UInt16(options.count)) + options
  }

  private static func wire(_ number: UInt16) -> [UInt8] {
    [UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
  }
}

/// What a server answered.
package struct DNSReply: Hashable, Sendable {
  package var message: DNSMessage
  /// Seconds from the first packet out to the whole answer.
  package var took: Double
  /// How the answer came in the end.
  package var transport: DNSQuery.Transport
  /// The answer over UDP was cut, and asked for again over TCP.
  package var wasTruncated = false
  /// How often the question had to be sent again.
  package var resends = 0
}

/// Why there is no answer.
package struct DNSFailure: Error, Hashable, Sendable {
  package var reason: FailureReason
  /// For people and logs; names the server.
  package var detail: String

  package init(_ reason: FailureReason, _ detail: String) {
    self.reason = reason
    self.detail = detail
  }
}
