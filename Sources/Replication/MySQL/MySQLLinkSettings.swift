package import Collecting
package import Model
package import MySQLClient

/// One source and the replicas that must follow it: MySQL or MariaDB.
package struct MySQLLinkSettings: ReplicationLinkSettings {
  package struct Node: Hashable, Sendable {
    package var region: String
    package var source: MySQLSource
    /// The channel (MariaDB: connection) that comes from the link's source; nil: the one whose source has its id.
    package var channel: String?
    /// The node receives from another replica of the source, not from the source itself.
    package var isCascaded = false

    package init(region: String, source: MySQLSource, channel: String? = nil) {
      self.region = region
      self.source = source
      self.channel = channel
    }
  }

  package enum Mistake: Error, Equatable, Sendable, CustomStringConvertible {
    case noTarget(link: String)
    case regionTwice(link: String, region: String)

    package var description: String {
      switch self {
      case .noTarget(let link): "link \(link) has no target"
      case .regionTwice(let link, let region): "link \(link) names the region \(region) twice"
      }
    }
  }

  package var basics: LinkBasics
  package var source: Node
  package var targets: [Node]
  /// A table with `server_id` and `ts` in UTC: Farwatch's own, or pt-heartbeat's with `--utc`. nil: there is none.
  package var heartbeat: MySQLTable?
  /// Targets accept writes by design.
  package var targetsMayWrite = false

  /// - targets: at least one; no region occurs twice in a link, because the region tells its series apart.
  package init(
    link: String, source: Node, targets: [Node], rpo: Duration, interval: Duration = .seconds(1),
    timeout: Duration = .seconds(3)
  ) throws(Mistake) {
    guard !targets.isEmpty else { throw .noTarget(link: link) }
    var seen: Set<String> = []
    for node in [source] + targets where !seen.insert(node.region).inserted {
      throw .regionTwice(link: link, region: node.region)
    }
    basics = LinkBasics(
      link: link, sourceRegion: source.region, targetRegions: targets.map(\.region), rpo: rpo,
      interval: interval, timeout: timeout)
    self.source = source
    self.targets = targets
  }

  package static var families: [MetricFamily] { MySQLMetrics.all }
  package var description: CollectorDescription { basics.description(engine: "mysql") }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    MySQLLinkCollector(self, client: try clients.mysql, time: clients.time)
  }

  package func makeRehearsal(start: Timestamp) -> any Rehearsal { MySQLLinkRehearsal(self) }

  /// Source first.
  package var nodes: [Node] { [source] + targets }
}
