package import Collecting
package import KafkaClient
package import Model

/// A Kafka cluster whose brokers, controller and topics must be well.
///
/// Its principal needs Describe on the cluster's topics that are named, and Write on the canary's.
package struct KafkaCheckSettings: HealthCheckSettings {
  package var basics: CheckBasics
  package var cluster: KafkaCluster
  /// At least so many brokers must be in the cluster.
  package var minimumBrokers = 1
  /// Topics that must be there, every partition of them led.
  package var topics: [String] = []
  /// Whether a partition of ``topics`` with fewer replicas in sync than it should have is a failure; else it is
  /// measured only.
  package var requireFullReplication = false
  /// A topic of our own that one record is written to.
  package var canaryTopic: String?

  package init(basics: CheckBasics, cluster: KafkaCluster) {
    self.basics = basics
    self.cluster = cluster
  }

  package static let brokers = MetricFamily.gauge("farwatch_kafka_brokers", "Brokers that the cluster names.")
  package static let controller = MetricFamily.gauge(
    "farwatch_kafka_controller_known", "1 when the cluster names a controller.")
  /// Labels: `topic`.
  package static let offline = MetricFamily.gauge(
    "farwatch_kafka_offline_partitions", "Partitions of the topic that nobody leads.")
  package static let underReplicated = MetricFamily.gauge(
    "farwatch_kafka_under_replicated_partitions",
    "Partitions of the topic with replicas that are not in sync.")

  package static var families: [MetricFamily] {
    CheckFamilies.all + [brokers, controller, offline, underReplicated]
  }

  package var description: CollectorDescription { basics.description(kind: "kafka_check") }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    KafkaCheckCollector(self, time: clients.time)
  }
}
