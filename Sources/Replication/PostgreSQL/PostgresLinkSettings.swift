package import Collecting
package import Model
package import PostgresClient

/// One source and the standbys that must follow it.
package struct PostgresLinkSettings: ReplicationLinkSettings {
  package struct Node: Hashable, Sendable {
    package var region: String
    package var dsn: DSNSource
    /// The region of the target that this one receives from; nil: from the source.
    package var upstream: String?

    package init(region: String, dsn: DSNSource, upstream: String? = nil) {
      self.region = region
      self.dsn = dsn
      self.upstream = upstream
    }
  }

  package enum Mistake: Error, Equatable, Sendable, CustomStringConvertible {
    case noTarget(link: String)
    case regionTwice(link: String, region: String)
    case notPositive(link: String, field: String)
    case unknownUpstream(link: String, region: String, upstream: String)
    case circle(link: String, region: String)

    package var description: String {
      switch self {
      case .noTarget(let link): "link \(link) has no target"
      case .regionTwice(let link, let region): "link \(link) names the region \(region) twice"
      case .notPositive(let link, let field): "link \(link): \(field) must be greater than 0"
      case .unknownUpstream(let link, let region, let upstream):
        "link \(link): upstream \(upstream) of \(region) is none of the link's regions"
      case .circle(let link, let region): "link \(link): \(region) would follow itself"
      }
    }
  }

  package var link: String
  package var source: Node
  package var targets: [Node]
  /// How old the recovery point may get: the objective that rules compare with.
  package var rpo: Duration
  package var interval: Duration
  package var timeout: Duration
  /// Read on the targets; a further proof of how far they are, and the only one while the source is silent.
  package var heartbeat: PostgresHeartbeat?

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
    for (field, value) in [("rpo", rpo), ("interval", interval), ("timeout", timeout)] where value <= .zero {
      throw .notPositive(link: link, field: field)
    }
    try Self.checkChains(link, source.region, targets)
    self.link = link
    self.source = source
    self.targets = targets
    self.rpo = rpo
    self.interval = interval
    self.timeout = timeout
  }

  /// Every target is reached from the source.
  private static func checkChains(_ link: String, _ source: String, _ targets: [Node]) throws(Mistake) {
    let upstreams = Dictionary(targets.map { ($0.region, $0.upstream ?? source) }) { first, _ in first }
    for target in targets {
      var region = target.region
      for _ in targets {
        guard let upstream = upstreams[region], upstream != source else { break }
        guard upstreams[upstream] != nil else {
          throw .unknownUpstream(link: link, region: region, upstream: upstream)
        }
        if upstream == target.region { throw .circle(link: link, region: upstream) }
        region = upstream
      }
    }
  }

  package var basics: LinkBasics {
    LinkBasics(
      link: link, sourceRegion: source.region, targetRegions: targets.map(\.region), rpo: rpo,
      interval: interval, timeout: timeout)
  }

  package static var families: [MetricFamily] { PostgresMetrics.all + [HeartbeatFamilies.seen] }
  package var description: CollectorDescription { basics.description(engine: "postgres") }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    PostgresLinkCollector(self, client: try clients.postgres, time: clients.time)
  }

  package func makeRehearsal(start: Timestamp) -> any Rehearsal { PostgresLinkRehearsal(self, start: start) }

  /// Source first.
  package var nodes: [Node] { [source] + targets }
}
