package import Collecting
package import Model
package import PostgresClient

/// One publisher and the subscriptions that must follow it, by logical replication.
package struct PostgresLogicalSettings: ReplicationLinkSettings {
  package struct Target: Hashable, Sendable {
    package var region: String
    package var dsn: DSNSource
    /// In the database that the connection string names.
    package var subscription: String

    package init(region: String, dsn: DSNSource, subscription: String) {
      self.region = region
      self.dsn = dsn
      self.subscription = subscription
    }
  }

  package var basics: LinkBasics
  package var source: DSNSource
  package var targets: [Target]

  /// - Throws: what ``PostgresLinkSettings`` refuses is refused here.
  package init(
    link: String, sourceRegion: String, source: DSNSource, targets: [Target], rpo: Duration,
    interval: Duration = .seconds(1), timeout: Duration = .seconds(3)
  ) throws(PostgresLinkSettings.Mistake) {
    // The same rules hold for both kinds of link.
    basics = try PostgresLinkSettings(
      link: link, source: .init(region: sourceRegion, dsn: source),
      targets: targets.map { .init(region: $0.region, dsn: $0.dsn) }, rpo: rpo, interval: interval,
      timeout: timeout
    ).basics
    self.source = source
    self.targets = targets
  }

  package static let engine = "postgres_logical"
  package static var families: [MetricFamily] { PostgresLogicalMetrics.all }
  package var description: CollectorDescription { basics.description(engine: Self.engine) }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    PostgresLogicalCollector(self, client: try clients.postgres, time: clients.time)
  }
}
