internal import Model

/// What is worth asking of the services that disaster recovery rests on. Azure SQL's geo-replication is not among them:
/// Azure Monitor does not know its lag, `sys.dm_geo_replication_link_status` does.
package enum AzurePreset: String, CaseIterable, Hashable, Sendable {
  case postgresFlexible = "postgres_flexible"
  case mysqlFlexible = "mysql_flexible"
  case redis
  case frontDoor = "front_door"
  case trafficManager = "traffic_manager"

  /// Of the resources that it is for.
  package var type: String {
    switch self {
    case .postgresFlexible: "Microsoft.DBforPostgreSQL/flexibleServers"
    case .mysqlFlexible: "Microsoft.DBforMySQL/flexibleServers"
    case .redis: "Microsoft.Cache/redis"
    case .frontDoor: "Microsoft.Cdn/profiles"
    case .trafficManager: "Microsoft.Network/trafficManagerProfiles"
    }
  }

  package var metrics: [AzureMetric] {
    switch self {
    case .postgresFlexible:
      [
        // The first is told by a replica, the second by the primary.
        Self.metric(["physical_replication_delay_in_seconds"], .maximum, "Seconds"),
        Self.metric(["physical_replication_delay_in_bytes"], .maximum, "Bytes"),
      ]
    case .mysqlFlexible:
      [
        Self.metric(["replication_lag"], .maximum, "Seconds"),
        Self.metric(["Replica_IO_Running", "Replica_SQL_Running"], .maximum, "Count"),
      ]
    case .redis:
      [
        Self.metric(["GeoReplicationHealthy"], .minimum, "Count"),
        Self.metric(["GeoReplicationConnectivityLag"], .maximum, "Seconds"),
        Self.metric(["GeoReplicationDataSyncOffset"], .maximum, "Bytes"),
      ]
    case .frontDoor:
      [
        Self.metric(["OriginHealthPercentage"], .average, "Percent", "OriginGroup", "Origin"),
        Self.metric(["Percentage5XX"], .average, "Percent"),
      ]
    case .trafficManager:
      [
        Self.metric(
          ["ProbeAgentCurrentEndpointStateByProfileResourceId"], .maximum, "Count", "EndpointName")
      ]
    }
  }

  private static func metric(
    _ names: [String], _ aggregation: AzureMetric.Aggregation, _ unit: String, _ dimensions: String...
  ) -> AzureMetric {
    var metric = AzureMetric(names, aggregation)
    metric.unit = unit
    metric.dimensions = dimensions.map { .init($0) }
    return metric
  }

  var families: [MetricFamily] {
    metrics.flatMap { metric in metric.names.map { metric.family($0, type: type, unit: metric.unit) } }
  }
}
