internal import Model

/// How a service tells the lag of what it replicates.
package enum CloudWatchLinkPreset: String, CaseIterable, Hashable, Sendable {
  case aurora, rds, elasticache, dms

  /// The label `engine`, and the kind of the collector.
  package var engine: String { self == .aurora ? "aurora_global" : rawValue }

  var namespace: String {
    switch self {
    case .aurora, .rds: "AWS/RDS"
    case .elasticache: "AWS/ElastiCache"
    case .dms: "AWS/DMS"
    }
  }

  /// A lag in one of these may be missing where others are there; the largest counts.
  var lags: [String] {
    switch self {
    // The second one only where the engine is PostgreSQL's.
    case .aurora: ["AuroraGlobalDBReplicationLag", "AuroraGlobalDBRPOLag"]
    case .rds: ["ReplicaLag"]
    case .elasticache: ["GlobalDatastoreReplicationLag"]
    case .dms: ["CDCLatencySource", "CDCLatencyTarget"]
    }
  }

  /// Those without which the lag is not known. A task of DMS that reads well may still not write, and the other way.
  var needed: Set<String> {
    switch self {
    case .aurora: ["AuroraGlobalDBReplicationLag"]
    case .rds, .elasticache, .dms: Set(lags)
    }
  }

  /// Of a value, in seconds.
  var secondsPerUnit: Double { self == .aurora ? 0.001 : 1 }

  /// The most of a period: the target was never further behind in it. The least: whether it was out of replication.
  func metrics(_ dimensions: [CloudWatchDimension]) -> [CloudWatchMetric] {
    lags.map { name in
      var metric = CloudWatchMetric(
        namespace, name, statistics: ["Maximum", "Minimum"],
        dimensions: dimensions.map { CloudWatchDimensionFilter($0.name, [$0.value]) })
      // Services add dimensions (a source region, a shard, a node) as they like.
      metric.isExactSet = false
      return metric
    }
  }
}
