package import Collecting
package import DNSClient
package import Model

/// What a DNS health check asks, whom, and what it accepts as healthy.
package struct DNSCheckSettings: HealthCheckSettings {
  package var basics: CheckBasics
  package var panel: DNSPanelQuestion
  package var expectation = DNSExpectation()
  /// Servers whose answers must be fine; nil: all.
  package var quorum: Int?

  package init(basics: CheckBasics, question: DNSQuestion, servers: [DNSServer] = []) {
    self.basics = basics
    panel = DNSPanelQuestion(question, servers: servers)
  }

  package static var families: [MetricFamily] { DNSCheckMetrics.all }
  package var description: CollectorDescription { basics.description(kind: "dns") }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    try DNSCheck(self, client: clients.dns, resolver: clients.resolver, time: clients.time)
  }

  package func validate() throws(InvalidSettings) {
    func require(_ isFine: Bool, _ field: String, _ problem: String) throws(InvalidSettings) {
      if !isFine { throw InvalidSettings(field: field, problem: problem) }
    }
    try basics.validate()
    let type = panel.question.type
    try panel.validate(quorum: quorum)
    try require(
      expectation.within.isEmpty || type == .a || type == .aaaa, "within", "is for the types A and AAAA")
    try require(expectation.serialDrift == nil || type == .soa, "serial_drift", "is for the type SOA")
  }
}
