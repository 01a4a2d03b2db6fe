package import Collecting
package import DNSClient
package import Model

/// Where DNS sends people: what several servers answer for one name, as regions.
package struct SteeringSettings: CollectorSettings {
  /// The name is the service's.
  package var basics: MeasurementBasics
  /// Type A, AAAA or CNAME.
  package var panel: DNSPanelQuestion
  package var map: RegionMap
  /// A region with no more than this part of the answers is not counted as one that people are sent to.
  package var minimumShare = 0.0
  /// Servers that must answer; nil: more than half.
  package var quorum: Int?

  package init(basics: MeasurementBasics, question: DNSQuestion, servers: [DNSServer], map: RegionMap) {
    self.basics = basics
    panel = DNSPanelQuestion(question, servers: servers)
    self.map = map
  }

  package static let up = MetricFamily.gauge(
    "farwatch_steering_up", "Whether enough servers answer to know where DNS sends people.")
  package static let resolverUp = MetricFamily.gauge(
    "farwatch_steering_resolver_up", "Whether this server answers with records.")
  package static let region = MetricFamily.gauge(
    "farwatch_steering_region",
    "Whether this server sends people to the region (\"unknown\": to somewhere else).")
  package static let share = MetricFamily.gauge(
    "farwatch_steering_share", "The region's part of the answers of all servers that answered.")
  package static let unknownAnswers = MetricFamily.gauge(
    "farwatch_steering_unknown_answers", "Records that stand for no known region.")
  package static let timeToLive = MetricFamily.gauge(
    "farwatch_steering_ttl_seconds", "How long this server's answer may be remembered.")
  package static let subnetScope = MetricFamily.gauge(
    "farwatch_steering_client_subnet_bits",
    "How many bits of the client subnet this server's answer depends on; absent where it does not look at the subnet."
  )
  package static let disagreement = MetricFamily.gauge(
    "farwatch_steering_disagreement", "1 when servers send people to different regions.")
  package static let changed = MetricFamily.gauge(
    "farwatch_steering_changed_timestamp_seconds",
    "When the regions that DNS sends people to last changed; absent until they do.")

  package static let families = [
    up, resolverUp, region, share, unknownAnswers, timeToLive, subnetScope, disagreement, changed,
  ]

  package var description: CollectorDescription {
    basics.description(kind: "steering", labels: ["service": basics.name])
  }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    try validate()
    return SteeringCollector(
      self, DNSPanel(question: panel, client: try clients.dns, resolver: clients.resolver, time: clients.time)
    )
  }

  package func makeRehearsal(start: Timestamp) -> any Rehearsal {
    RegionRehearsal(up: Self.up, families: [Self.share], map: map)
  }

  package func validate() throws(InvalidSettings) {
    func require(_ isFine: Bool, _ field: String, _ problem: String) throws(InvalidSettings) {
      if !isFine { throw InvalidSettings(field: field, problem: problem) }
    }
    try require([.a, .aaaa, .cname].contains(panel.question.type), "type", "must be A, AAAA or CNAME")
    try panel.validate(quorum: quorum)
    try require(!map.entries.isEmpty, "regions", "needs at least one region")
  }
}

/// People are sent to, and answered by, every region that is not lost.
struct RegionRehearsal: Rehearsal {
  let up: MetricFamily
  /// With a label `region`: 1, shared out among the regions.
  let families: [MetricFamily]
  let map: RegionMap

  func outcome(_ loss: RehearsedLoss, at moment: Timestamp) -> Outcome {
    let alive = map.regions.filter { !loss.regions.contains($0) }
    let isUp = !loss.isTarget && !alive.isEmpty
    var readings = [Reading(up, isUp)]
    if isUp {
      let shares = RegionShares(Dictionary(alive.map { ($0, 1) }, uniquingKeysWith: { first, _ in first }))
      for family in families { readings += shares.readings(family, map) }
    }
    return Outcome(
      startedAt: moment, finishedAt: moment + .milliseconds(20), took: .milliseconds(20),
      verdict: isUp ? .success : .failure(.timeout, detail: "no answer"), readings: readings)
  }
}
