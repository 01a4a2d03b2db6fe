package import Collecting
package import Model
package import RedisClient

/// One master and the replicas that must follow it: Redis, Valkey, ElastiCache and their like.
package struct RedisLinkSettings: ReplicationLinkSettings {
  package struct Node: Hashable, Sendable {
    package var region: String
    package var server: RedisServer

    package init(region: String, server: RedisServer) {
      self.region = region
      self.server = server
    }
  }

  package var link: String
  package var source: Node
  package var targets: [Node]
  package var rpo: Duration
  package var interval: Duration
  package var timeout: Duration
  /// A replica that has heard nothing for so long is not receiving, whatever it says of its link. A master sends a
  /// ping every 10 s unless `repl-ping-replica-period` says otherwise.
  package var silence: Duration = .seconds(15)
  /// The key that a heartbeat writer keeps on the master; nil: none is read.
  package var heartbeatKey: String?

  /// - targets: at least one; no region occurs twice in a link, because the region tells its series apart.
  package init(
    link: String, source: Node, targets: [Node], rpo: Duration, interval: Duration = .seconds(1),
    timeout: Duration = .seconds(3)
  ) {
    self.link = link
    self.source = source
    self.targets = targets
    self.rpo = rpo
    self.interval = interval
    self.timeout = timeout
  }

  package func validate() throws(InvalidSettings) {
    guard !targets.isEmpty else { throw InvalidSettings(field: "targets", problem: "needs at least one") }
    var seen: Set<String> = []
    for node in nodes where !seen.insert(node.region).inserted {
      throw InvalidSettings(field: "targets", problem: "names the region \(node.region) twice")
    }
    for (field, value) in [("rpo", rpo), ("interval", interval), ("timeout", timeout), ("silence", silence)]
    where value <= .zero {
      throw InvalidSettings(field: field, problem: "must be more than 0")
    }
  }

  package var basics: LinkBasics {
    LinkBasics(
      link: link, sourceRegion: source.region, targetRegions: targets.map(\.region), rpo: rpo,
      interval: interval, timeout: timeout)
  }

  package static var families: [MetricFamily] { RedisMetrics.all }
  package var description: CollectorDescription { basics.description(engine: "redis") }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    RedisLinkCollector(self, client: try clients.redis, time: clients.time)
  }

  /// Source first.
  package var nodes: [Node] { [source] + targets }
}
