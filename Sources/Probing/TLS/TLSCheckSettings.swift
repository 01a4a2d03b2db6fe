package import Collecting
package import Model
internal import StreamClient
package import TLSTransport

/// What a TLS check connects to, and what about the server's certificate counts as health.
package struct TLSCheckSettings: HealthCheckSettings {
  /// Protocols that begin without TLS and change over to it.
  package enum StartTLS: String, Hashable, Sendable, CaseIterable {
    case smtp, imap, pop3, ftp, ldap, postgres, mysql
  }

  package var basics: CheckBasics
  package var endpoint: Endpoint
  package var startTLS: StartTLS?
  /// ``TLSOptions/verify`` says whether a certificate that is not trusted is a failure, or only told of.
  package var tls: TLSOptions
  /// A certificate of the presented ones that expires sooner is a failure; nil: only one that has.
  package var minimumLeft: Duration?

  package init(name: String, endpoint: Endpoint) {
    basics = CheckBasics(name: name)
    self.endpoint = endpoint
    tls = TLSOptions(serverName: endpoint.host)
  }

  package static var families: [MetricFamily] { TLSCheck.families }
  package var description: CollectorDescription { basics.description(kind: "tls") }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    try TLSCheck(self, client: clients.streams, resolver: clients.resolver, time: clients.time)
  }

  package func validate() throws(InvalidSettings) {
    try basics.validate()
    try endpoint.validate()
    guard tls.serverName != "" else {
      throw InvalidSettings(field: "server_name", problem: "must not be empty")
    }
    guard minimumLeft.map({ $0 >= .zero }) ?? true else {
      throw InvalidSettings(field: "min_validity", problem: "must not be negative")
    }
  }
}
