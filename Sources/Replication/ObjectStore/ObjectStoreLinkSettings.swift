package import Collecting
package import Model
package import ObjectStores

/// One bucket or container and the copies of it that must follow.
package struct ObjectStoreLinkSettings: ReplicationLinkSettings {
  package struct Node: Hashable, Sendable {
    package var region: String
    package var place: StorePlace
    /// What is compared stands behind it.
    package var prefix: String

    package init(region: String, place: StorePlace, prefix: String = "") {
      self.region = region
      self.place = place
      self.prefix = prefix
    }
  }

  package var basics: LinkBasics
  package var source: Node
  package var targets: [Node]
  /// Objects of one side beyond which nothing is concluded.
  package var objectsLimit = 2_000_000

  /// - targets: at least one; no region occurs twice in a link.
  package init(
    link: String, source: Node, targets: [Node], rpo: Duration, interval: Duration = .seconds(60),
    timeout: Duration = .seconds(30)
  ) throws(InvalidSettings) {
    guard !targets.isEmpty else { throw InvalidSettings(field: "targets", problem: "needs at least one") }
    var seen: Set<String> = []
    for node in [source] + targets where !seen.insert(node.region).inserted {
      throw InvalidSettings(field: "targets", problem: "the region \(node.region) occurs twice in the link")
    }
    basics = LinkBasics(
      link: link, sourceRegion: source.region, targetRegions: targets.map(\.region), rpo: rpo,
      interval: interval, timeout: timeout)
    self.source = source
    self.targets = targets
  }

  package static let engine = "object_store"
  package static var families: [MetricFamily] { ObjectStoreLinkFamilies.all }
  package var description: CollectorDescription { basics.description(engine: Self.engine) }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    let transport = try clients.objectStores
    return ObjectStoreLinkCollector(self, time: clients.time) { $0.place.store(transport) }
  }
}

/// What links of object stores bring.
package enum ObjectStoreLinkFamilies {
  package static let missing = MetricFamily.gauge(
    "farwatch_object_replication_missing_objects",
    "Objects of the source that the target has not, or has in another size or from before the source's.")
  package static let missingBytes = MetricFamily.gauge(
    "farwatch_object_replication_missing_bytes", "Size of those objects at the source.")
  package static let objects = MetricFamily.gauge(
    "farwatch_object_replication_source_objects", "Objects of the source that were compared.")
  package static let newestSource = MetricFamily.gauge(
    "farwatch_object_replication_newest_source_timestamp_seconds", "When the source's newest object came.")
  package static let newestCopied = MetricFamily.gauge(
    "farwatch_object_replication_newest_copied_timestamp_seconds",
    "When the newest of the source's objects came that the target has.")
  package static let compared = MetricFamily.gauge(
    "farwatch_object_replication_compared_timestamp_seconds",
    "When the comparison began that all other numbers come from.")

  package static let all = [
    ReplicationFamilies.recoveryPoint, ReplicationFamilies.objective, ReplicationFamilies.up, missing,
    missingBytes, objects, newestSource, newestCopied, compared,
  ]
}
