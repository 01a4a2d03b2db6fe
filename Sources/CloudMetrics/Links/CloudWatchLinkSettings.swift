package import CloudAccess
package import Collecting
package import Model

/// A link whose lag a service of AWS measures itself and tells through CloudWatch.
package struct CloudWatchLinkSettings: ReplicationLinkSettings {
  package struct Target: Hashable, Sendable {
    /// Farwatch's name of it.
    package var region: String
    /// AWS' name of the region that tells the lag: the target's own, for DMS that of the task.
    package var awsRegion: String
    /// Which of the region's series; without any all that it has, of which the worst counts.
    package var dimensions: [CloudWatchDimension]

    package init(region: String, awsRegion: String, dimensions: [CloudWatchDimension] = []) {
      self.region = region
      self.awsRegion = awsRegion
      self.dimensions = dimensions
    }
  }

  package var basics: LinkBasics
  package var preset: CloudWatchLinkPreset
  package var targets: [Target]
  package var identity: AWSIdentitySettings
  package var endpoint: String?
  package var caFile: String?
  package var period: Duration = .seconds(60)
  /// nil: five periods.
  package var staleness: Duration?

  /// - Parameter targets: with the regions of `basics`, in its order.
  package init(
    _ basics: LinkBasics, preset: CloudWatchLinkPreset, targets: [Target],
    identity: AWSIdentitySettings = AWSIdentitySettings()
  ) {
    self.basics = basics
    self.preset = preset
    self.targets = targets
    self.identity = identity
  }

  package var rpo: Duration { basics.rpo }

  package static var families: [MetricFamily] { ReplicationFamilies.all + CloudWatchLinkFamilies.all }
  package var description: CollectorDescription { basics.description(engine: preset.engine) }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    let identities = try clients.shared(AWSIdentities.self) {
      AWSIdentities(http: clients.http, time: clients.time)
    }
    return CloudWatchLinkCollector(self, identities: identities, time: clients.time)
  }
}
