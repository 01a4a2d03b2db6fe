internal import Model

/// What is worth asking of the services that disaster recovery rests on.
package enum CloudWatchPreset: String, CaseIterable, Hashable, Sendable {
  case aurora, rds, elasticache, dms, msk, alb, route53

  package var metrics: [CloudWatchMetric] {
    switch self {
    case .aurora:
      ["AuroraGlobalDBReplicationLag", "AuroraGlobalDBRPOLag", "AuroraGlobalDBProgressLag"].map {
        Self.open("AWS/RDS", $0, ["Average", "Maximum"], "DBClusterIdentifier")
      }
    case .rds:
      [
        CloudWatchMetric(
          "AWS/RDS", "ReplicaLag", statistics: ["Average", "Maximum", "Minimum"],
          dimensions: [.init("DBInstanceIdentifier")])
      ]
    case .elasticache:
      ["GlobalDatastoreReplicationLag", "ReplicationLag"].map {
        Self.open("AWS/ElastiCache", $0, ["Average", "Maximum"])
      }
    case .dms:
      ["CDCLatencySource", "CDCLatencyTarget"].map {
        Self.open("AWS/DMS", $0, ["Average", "Maximum"], "ReplicationTaskIdentifier")
      }
    case .msk:
      [
        Self.open("AWS/Kafka", "ReplicationLatency", ["Maximum"]),
        Self.open("AWS/Kafka", "MessageLag", ["Maximum"]),
        Self.open("AWS/Kafka", "ReplicatorThroughput", ["Average"]),
        Self.open("AWS/Kafka", "ReplicatorFailure", ["Maximum"]),
        Self.open("AWS/Kafka", "AuthError", ["Maximum"]),
        // The other half of the truth: a latency of 0 with traffic at the source is a replicator locked out.
        Self.open("AWS/Kafka", "MessagesInPerSec", ["Average"], "Topic"),
      ]
    case .alb: Self.loadBalancers
    case .route53:
      [
        CloudWatchMetric(
          "AWS/Route53", "HealthCheckStatus", statistics: ["Minimum"], dimensions: [.init("HealthCheckId")]),
        CloudWatchMetric(
          "AWS/Route53", "HealthCheckPercentageHealthy", statistics: ["Average", "Minimum"],
          dimensions: [.init("HealthCheckId")]),
      ]
    }
  }

  private static func open(
    _ namespace: String, _ name: String, _ statistics: [String], _ dimensions: String...
  ) -> CloudWatchMetric {
    var metric = CloudWatchMetric(
      namespace, name, statistics: statistics, dimensions: dimensions.map { .init($0) })
    metric.isExactSet = false
    return metric
  }

  private static var loadBalancers: [CloudWatchMetric] {
    func metric(_ name: String, _ statistics: [String], _ dimensions: String..., delay: Int = 0)
      -> CloudWatchMetric
    {
      var metric = CloudWatchMetric(
        "AWS/ApplicationELB", name, statistics: statistics, dimensions: dimensions.map { .init($0) })
      metric.delay = .seconds(delay)
      return metric
    }
    // A sum of a minute grows until all of the balancer's nodes have told theirs.
    return [
      metric("HealthyHostCount", ["Minimum"], "LoadBalancer", "TargetGroup"),
      metric("UnHealthyHostCount", ["Maximum"], "LoadBalancer", "TargetGroup"),
      metric("RequestCount", ["Sum"], "LoadBalancer", delay: 120),
      metric("HTTPCode_ELB_5XX_Count", ["Sum"], "LoadBalancer", delay: 120),
      metric("HTTPCode_Target_5XX_Count", ["Sum"], "LoadBalancer", delay: 120),
      metric("TargetResponseTime", ["Average", "p99"], "LoadBalancer"),
    ]
  }
}
