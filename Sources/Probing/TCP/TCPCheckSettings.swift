package import Collecting
package import Model
internal import RegularExpressions
internal import StreamClient
package import TLSTransport

/// What a TCP health check connects to, and what is said there.
package struct TCPCheckSettings: HealthCheckSettings {
  /// One step of the conversation; what it has is done in the order of the fields.
  package struct Step: Hashable, Sendable {
    package enum Expectation: Hashable, Sendable {
      /// RE2, held against each line that comes until one matches; a line ends with LF, a CR before it is not its part.
      case line(String)
      /// RE2, held against all bytes that have come since the last step, until it matches.
      case bytes(String)

      package var pattern: String {
        switch self {
        case .line(let pattern), .bytes(let pattern): pattern
        }
      }
    }

    package var expect: Expectation?
    /// Sent as it is. `${1}` and `${name}` are what the groups of the nearest expectation before it matched.
    package var send: String?
    package var startTLS = false

    package init(expect: Expectation? = nil, send: String? = nil, startTLS: Bool = false) {
      self.expect = expect
      self.send = send
      self.startTLS = startTLS
    }
  }

  package var basics: CheckBasics
  package var endpoint: Endpoint
  /// How TLS is made: from the start, or where a step starts it; nil: nowhere.
  package var tls: TLSOptions?
  package var conversation: [Step] = []
  /// Bytes that are read at most; more is the failure `body_too_large`.
  package var readLimit = 1 << 20

  package init(name: String, endpoint: Endpoint) {
    basics = CheckBasics(name: name)
    self.endpoint = endpoint
  }

  package var tlsFromStart: Bool { tls != nil && !conversation.contains(where: \.startTLS) }

  package static var families: [MetricFamily] { TCPCheck.families }
  package var description: CollectorDescription { basics.description(kind: "tcp") }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    try TCPCheck(self, client: clients.streams, resolver: clients.resolver, time: clients.time)
  }

  package func validate() throws(InvalidSettings) {
    try basics.validate()
    try endpoint.validate()
    let starts = conversation.count { $0.startTLS }
    guard starts <= 1 else {
      throw InvalidSettings(field: "conversation", problem: "TLS can be started once only")
    }
    guard starts == 0 || tls != nil else {
      throw InvalidSettings(field: "conversation", problem: "TLS is started, but `tls` says not how")
    }
    guard readLimit > 0 else { throw InvalidSettings(field: "read_limit", problem: "must be more than 0") }
    for step in conversation {
      guard step.expect != nil || step.send != nil || step.startTLS else {
        throw InvalidSettings(field: "conversation", problem: "a step must expect, send or start TLS")
      }
      do throws(RegularExpressionError) {
        if let pattern = step.expect?.pattern { _ = try RegularExpression(pattern, anchoring: .unanchored) }
      } catch {
        throw InvalidSettings(field: "conversation", problem: error.description)
      }
    }
  }
}
