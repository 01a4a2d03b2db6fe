package import Collecting
internal import HTTPClient
package import Model

/// Pools and load balancers of a Cloudflare account: what its health monitors think, and which pool takes the traffic.
package struct CloudflareSettings: CollectorSettings {
  package struct LoadBalancer: Hashable, Sendable {
    package var zone: String
    package var id: String

    package init(zone: String, id: String) {
      self.zone = zone
      self.id = id
    }
  }

  package var basics: MeasurementBasics
  /// File whose first line is an API token with the permission `Load Balancing: Monitors And Pools Read`; read for
  /// every collection, so that a new one is taken up.
  package var tokenFile: String
  /// nil: pools of the token's user.
  package var account: String?
  /// Names or ids; empty: all.
  package var pools: [String] = []
  /// The region that a pool belongs to, by patterns of the pool's name.
  package var map = RegionMap([])
  /// Each needs the permission `Load Balancers Read` for its zone.
  package var loadBalancers: [LoadBalancer] = []
  package var url = "https://api.cloudflare.com/client/v4"
  package var caFile: String?

  /// Pools whose health is asked for at most.
  package static let poolLimit = 100
  package static let loadBalancerLimit = 50

  package init(basics: MeasurementBasics, tokenFile: String) {
    self.basics = basics
    self.tokenFile = tokenFile
  }

  package static let families = CloudflareMetrics.all

  package var description: CollectorDescription {
    basics.description(kind: "cloudflare", labels: ["source": basics.name])
  }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    try validate()
    return CloudflareCollector(self, CloudflareAPI(self, client: clients.http), clients.time)
  }

  package func makeRehearsal(start: Timestamp) -> any Rehearsal { CloudflareRehearsal(settings: self) }

  package func validate() throws(InvalidSettings) {
    func require(_ isFine: Bool, _ field: String, _ problem: String) throws(InvalidSettings) {
      if !isFine { throw InvalidSettings(field: field, problem: problem) }
    }
    try require(!tokenFile.isEmpty, "token_file", "must not be empty")
    try require(HTTPURL(url) != nil, "url", "must be an absolute http or https URL")
    try require(pools.count <= Self.poolLimit, "pools", "must be at most \(Self.poolLimit)")
    try require(
      loadBalancers.count <= Self.loadBalancerLimit, "load_balancers",
      "must be at most \(Self.loadBalancerLimit)")
    try require(account.map(Self.isIdentifier) ?? true, "account", "is no id: letters and digits only")
    try require(
      loadBalancers.allSatisfy { Self.isIdentifier($0.zone) && Self.isIdentifier($0.id) }, "load_balancers",
      "has what is no id: letters and digits only")
  }

  /// What may stand in a path as it is.
  package static func isIdentifier(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 64
      && text.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x2d
      }
  }
}

/// Every named pool is healthy unless its region is lost.
private struct CloudflareRehearsal: Rehearsal {
  let settings: CloudflareSettings

  func outcome(_ loss: RehearsedLoss, at moment: Timestamp) -> Outcome {
    var readings = [Reading(CloudflareMetrics.up, !loss.isTarget)]
    if !loss.isTarget {
      for pool in settings.pools {
        let region = settings.map.region(ofText: pool) ?? ""
        let labels: Labels = ["pool": pool, "region": region]
        readings.append(Reading(CloudflareMetrics.poolEnabled, true, labels: labels))
        readings.append(
          Reading(CloudflareMetrics.poolHealthy, !loss.regions.contains(region), labels: labels))
      }
    }
    return Outcome(
      startedAt: moment, finishedAt: moment + .milliseconds(200), took: .milliseconds(200),
      verdict: loss.isTarget ? .failure(.timeout, detail: "no answer") : .success, readings: readings)
  }
}
