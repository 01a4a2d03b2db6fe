package import Collecting
package import HTTPClient
package import Model

/// Whom a gRPC check asks for its health, and about which service.
package struct GRPCCheckSettings: HealthCheckSettings {
  package var basics: CheckBasics
  package var endpoint: Endpoint
  /// "": the server as a whole.
  package var service = ""
  package var isSecure = false
  package var verifyPeer = true
  /// The name in SNI, in the certificate and in `:authority`; nil: the endpoint's host.
  package var serverName: String?
  package var caFile: String?
  package var clientCertificate: HTTPRequest.ClientCertificate?

  package init(name: String, endpoint: Endpoint) {
    basics = CheckBasics(name: name)
    self.endpoint = endpoint
  }

  package static var families: [MetricFamily] { GRPCCheck.families }
  package var description: CollectorDescription { basics.description(kind: "grpc") }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    try GRPCCheck(self, client: clients.http, resolver: clients.resolver, time: clients.time)
  }

  package func validate() throws(InvalidSettings) {
    try basics.validate()
    try endpoint.validate()
    guard service.utf8.count <= 255 else {
      throw InvalidSettings(field: "service", problem: "must be at most 255 bytes")
    }
  }
}
