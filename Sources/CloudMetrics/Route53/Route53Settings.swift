package import CloudAccess
package import Collecting
package import Model

/// Health checks of Route 53, asked about at Route 53 itself.
package struct Route53Settings: CollectorSettings {
  package struct HealthCheck: Hashable, Sendable {
    package var id: String
    /// The label `health_check`.
    package var name: String

    package init(id: String, name: String) {
      self.id = id
      self.name = name
    }
  }

  package var basics: MeasurementBasics
  package var checks: [HealthCheck]
  package var identity: AWSIdentitySettings
  /// The service is one for the whole world; `cn-northwest-1` in China.
  package var awsRegion = "us-east-1"
  package var endpoint: String?
  package var caFile: String?

  package init(
    _ basics: MeasurementBasics, checks: [HealthCheck], identity: AWSIdentitySettings = AWSIdentitySettings()
  ) {
    self.basics = basics
    self.checks = checks
    self.identity = identity
  }

  package static var families: [MetricFamily] { Route53Families.all }
  package var description: CollectorDescription { basics.description(kind: "route53") }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    let identities = try clients.shared(AWSIdentities.self) {
      AWSIdentities(http: clients.http, time: clients.time)
    }
    return Route53Collector(self, identities: identities, time: clients.time)
  }

  package func makeRehearsal(start: Timestamp) -> any Rehearsal { SilentRehearsal() }
}
