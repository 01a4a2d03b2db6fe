internal import Model

/// What is worth asking of the services that disaster recovery rests on.
package enum GooglePreset: String, CaseIterable, Hashable, Sendable {
  case cloudSQL = "cloud_sql"
  case alloyDB = "alloydb"
  case memorystore, spanner
  case loadBalancer = "load_balancer"

  package var metrics: [GoogleMetric] {
    let all: [GoogleMetric] =
      switch self {
      case .cloudSQL: Self.cloudSQLMetrics
      case .alloyDB:
        ["maximum_secondary_lag", "network_lag"].map { name in
          GoogleMetric(
            "alloydb.googleapis.com/instance/postgres/replication/\(name)",
            resourceType: "alloydb.googleapis.com/Instance",
            labels: [
              "location", "cluster_id", "instance_id", "application_name", "client_addr",
              "secondary_project", "secondary_location", "secondary_cluster_id", "secondary_instance_id",
            ])
        }
      case .memorystore:
        ["replication/offset_diff", "replication/master/slaves/lag", "replication/role"].map { name in
          GoogleMetric(
            "redis.googleapis.com/\(name)", resourceType: "redis_instance",
            labels: ["region", "instance_id", "node_id", "role", "slave"])
        }
      case .spanner:
        [
          GoogleMetric(
            "spanner.googleapis.com/instance/leader_percentage_by_region", resourceType: "spanner_instance",
            labels: ["instance_id", "instance_config", "location", "database", "region"])
        ]
      case .loadBalancer: [Self.requests]
      }
    return all.map { metric in
      var metric = metric
      metric.isOptional = true
      return metric
    }
  }

  /// What Cloud SQL tells of a replica, by the end of the metric's name.
  static func cloudSQL(_ name: String, _ more: String...) -> GoogleMetric {
    GoogleMetric(
      "cloudsql.googleapis.com/database/\(name)", resourceType: "cloudsql_database",
      labels: ["database_id", "region"] + more)
  }

  private static var cloudSQLMetrics: [GoogleMetric] {
    [
      cloudSQL("replication/replica_lag"), cloudSQL("replication/network_lag"),
      cloudSQL("replication/state", "state"),
      // Told by the primary, of each of its replicas.
      cloudSQL("postgresql/replication/replica_byte_lag", "replica_name", "replica_lag_type"),
      cloudSQL("up"), cloudSQL("available_for_failover"),
    ]
  }

  private static var requests: GoogleMetric {
    let kept = ["url_map_name", "backend_target_name", "response_code_class"]
    var metric = GoogleMetric(
      "loadbalancing.googleapis.com/https/request_count", resourceType: "https_lb_rule", labels: kept)
    metric.aligner = "ALIGN_RATE"
    metric.reducer = "REDUCE_SUM"
    metric.groupBy = [
      "resource.labels.url_map_name", "resource.labels.backend_target_name",
      "metric.labels.response_code_class",
    ]
    // Counts of a minute are complete when all of the balancer's places have told theirs.
    metric.delay = .seconds(240)
    return metric
  }
}
