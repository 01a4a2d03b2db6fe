package import Collecting
package import HTTPClient
package import Model
internal import PingClient

/// Whom an ICMP check pings, and how many answers are enough.
package struct ICMPCheckSettings: HealthCheckSettings {
  package static let payloadRange = PingRequest.payloadRange

  package var basics: CheckBasics
  /// A name or an IP address.
  package var host: String
  package var addressFamily: HTTPRequest.AddressFamily = .any
  /// Ping every address that the host resolves to; the worst of them decides.
  package var everyAddress = false
  package var packets = 3
  package var spacing: Duration = .milliseconds(100)
  /// Bytes after the ICMP header.
  package var payload = 56
  package var dontFragment = false
  /// The share of packets that may be lost; 1 would accept silence and is not allowed.
  package var maximumLoss = 0.5

  package init(name: String, host: String) {
    basics = CheckBasics(name: name)
    self.host = host
  }

  package static var families: [MetricFamily] { ICMPCheck.families }
  package var description: CollectorDescription { basics.description(kind: "icmp") }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    try ICMPCheck(self, client: clients.pings, resolver: clients.resolver, time: clients.time)
  }

  package func validate() throws(InvalidSettings) {
    func require(_ isFine: Bool, _ field: String, _ problem: String) throws(InvalidSettings) {
      if !isFine { throw InvalidSettings(field: field, problem: problem) }
    }
    try basics.validate()
    try require(!host.isEmpty, "host", "must not be empty")
    try require((1...100).contains(packets), "packets", "must be between 1 and 100")
    try require(spacing >= .milliseconds(1), "spacing", "must be at least 1ms")
    try require(
      Self.payloadRange.contains(payload), "payload",
      "must be between \(Self.payloadRange.lowerBound) and \(Self.payloadRange.upperBound)")
    try require(maximumLoss >= 0 && maximumLoss < 1, "max_loss", "must be at least 0 and less than 1")
    try require(
      spacing * (packets - 1) < basics.timeout, "packets", "the last packet would leave after the time-out")
  }
}
