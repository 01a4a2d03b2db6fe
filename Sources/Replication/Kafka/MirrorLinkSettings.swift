package import Collecting
package import KafkaClient
package import Model

/// One direction of MirrorMaker 2 between two Kafka clusters. Two directions are two links.
package struct MirrorLinkSettings: ReplicationLinkSettings {
  package struct Node: Hashable, Sendable {
    package var region: String
    package var cluster: KafkaCluster

    package init(region: String, cluster: KafkaCluster) {
      self.region = region
      self.cluster = cluster
    }
  }

  package var link: String
  package var source: Node
  package var target: Node
  package var rpo: Duration
  package var interval: Duration
  package var timeout: Duration
  /// What MirrorMaker calls the source cluster.
  package var alias: String
  /// Topic on the target that the source's heartbeats are mirrored to; nil: none is.
  package var heartbeatsTopic: String?
  /// Topic on the target in which Kafka Connect keeps MirrorMaker's offsets; nil: it may not be read.
  package var offsetsTopic: String?
  /// Topics of the source that must be mirrored; empty: those of which MirrorMaker has offsets.
  package var topics: [String] = []
  /// Consumer groups of the source whose offsets are carried over to the target.
  package var groups: [String] = []
  /// Topic on the target in which MirrorMaker keeps them.
  package var checkpointsTopic: String
  /// A heartbeat older than this says that nothing is mirrored.
  package var silence: Duration = .seconds(30)

  package init(
    link: String, source: Node, target: Node, alias: String, rpo: Duration, interval: Duration = .seconds(5),
    timeout: Duration = .seconds(8)
  ) {
    self.link = link
    self.source = source
    self.target = target
    self.alias = alias
    self.rpo = rpo
    self.interval = interval
    self.timeout = timeout
    heartbeatsTopic = "\(alias).heartbeats"
    offsetsTopic = "mm2-offsets.\(alias).internal"
    checkpointsTopic = "\(alias).checkpoints.internal"
  }

  package func validate() throws(InvalidSettings) {
    func require(_ isFine: Bool, _ field: String, _ problem: String) throws(InvalidSettings) {
      if !isFine { throw InvalidSettings(field: field, problem: problem) }
    }
    try require(source.region != target.region, "target", "is in the source's region")
    try require(
      heartbeatsTopic != nil || offsetsTopic != nil, "offsets_topic",
      "nothing proves anything without heartbeats and offsets")
    try require(topics.isEmpty || offsetsTopic != nil, "topics", "needs `offsets_topic`")
  }

  package var basics: LinkBasics {
    LinkBasics(
      link: link, sourceRegion: source.region, targetRegions: [target.region], rpo: rpo, interval: interval,
      timeout: timeout)
  }

  package static var families: [MetricFamily] { MirrorMetrics.all }
  package var description: CollectorDescription { basics.description(engine: "kafka") }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    MirrorLinkCollector(self, time: clients.time)
  }
}
