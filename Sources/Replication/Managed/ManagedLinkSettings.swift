package import Collecting
package import Model
package import PostgresClient

/// A link of a database that tells in SQL itself, over PostgreSQL's protocol, how far its regions are.
package struct ManagedLinkSettings: ReplicationLinkSettings {
  package enum Engine: Hashable, Sendable {
    /// Aurora's global databases: every member region can tell of all.
    case aurora
    /// Physical cluster replication: the standby's system interface tells of its virtual cluster.
    case cockroachdb
    /// xCluster replication tells nothing in SQL: a heartbeat row does.
    case yugabytedb(PostgresHeartbeat)

    package var name: String {
      switch self {
      case .aurora: "aurora"
      case .cockroachdb: "cockroachdb"
      case .yugabytedb: "yugabytedb"
      }
    }
  }

  package struct Node: Hashable, Sendable {
    package var region: String
    /// nil only for a target of Aurora, of which other regions tell.
    package var dsn: DSNSource?
    /// What the database calls it: a region of AWS, or a virtual cluster; "" where neither matters.
    package var foreignName: String

    package init(region: String, dsn: DSNSource?, foreignName: String = "") {
      self.region = region
      self.dsn = dsn
      self.foreignName = foreignName
    }
  }

  package var basics: LinkBasics
  package var engine: Engine
  package var source: Node
  package var targets: [Node]

  /// - Throws: what ``PostgresLinkSettings`` refuses is refused here.
  package init(
    link: String, engine: Engine, source: Node, targets: [Node], rpo: Duration,
    interval: Duration = .seconds(1), timeout: Duration = .seconds(3)
  ) throws(PostgresLinkSettings.Mistake) {
    func plain(_ node: Node) -> PostgresLinkSettings.Node { .init(region: node.region, dsn: .text("")) }
    // The same rules hold for all kinds of link.
    basics = try PostgresLinkSettings(
      link: link, source: plain(source), targets: targets.map(plain), rpo: rpo, interval: interval,
      timeout: timeout
    ).basics
    self.engine = engine
    self.source = source
    self.targets = targets
  }

  package static var families: [MetricFamily] { ManagedLinkMetrics.all }
  package var description: CollectorDescription { basics.description(engine: engine.name) }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    ManagedLinkCollector(self, client: try clients.postgres, time: clients.time)
  }

  /// Source first.
  package var nodes: [Node] { [source] + targets }
}
