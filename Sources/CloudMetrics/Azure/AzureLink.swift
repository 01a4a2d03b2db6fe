package import Collecting
package import Model

/// Read replicas of Azure's flexible servers, as Azure Monitor tells their lag.
package struct AzureLinkSettings: ReplicationLinkSettings {
  package enum Engine: String, Hashable, Sendable {
    case postgres = "azure_postgres"
    case mysql = "azure_mysql"

    /// Of the resources that it is for.
    package var type: String {
      self == .postgres ? AzurePreset.postgresFlexible.type : AzurePreset.mysqlFlexible.type
    }

    var metric: AzureMetric {
      switch self {
      case .postgres: AzureMetric(["physical_replication_delay_in_seconds"], .maximum)
      case .mysql: AzureMetric(["replication_lag", "Replica_IO_Running", "Replica_SQL_Running"], .maximum)
      }
    }
  }

  package struct Target: Hashable, Sendable {
    /// Farwatch's name of it.
    package var region: String
    /// The replica.
    package var resource: AzureResource

    package init(region: String, resource: AzureResource) {
      self.region = region
      self.resource = resource
    }
  }

  package var basics: LinkBasics
  package var engine: Engine
  package var targets: [Target]
  package var access: AzureAccess
  package var staleness: Duration = .seconds(300)

  /// - Parameter targets: with the regions of `basics`, in its order.
  package init(_ basics: LinkBasics, engine: Engine, targets: [Target], access: AzureAccess) {
    self.basics = basics
    self.engine = engine
    self.targets = targets
    self.access = access
  }

  package static var families: [MetricFamily] { ReplicationFamilies.all + CloudWatchLinkFamilies.all }
  package var description: CollectorDescription { basics.description(engine: engine.rawValue) }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    collector(try CloudTokens.shared(clients), time: clients.time)
  }

  package func collector(_ tokens: CloudTokens, time: any TimeSource) -> any Collector {
    let sender = access.sender(tokens)
    let readers = targets.map { target in
      (
        region: target.region,
        reader: MetricReader(
          target.resource.name, labels: .empty,
          queries: [access.query(target.resource, engine.metric, top: 100)], staleness: staleness, limit: 100,
          sender, time: time)
      )
    }
    let state = MeasuredLinkState(basics, engine: engine.rawValue, period: engine.metric.period)
    return MeasuredLinkCollector(description, state, readers, time: time) { [engine] known in
      AzureLag.find(known, engine)
    }
  }
}

/// How Azure Monitor's words make a lag. Pure.
///
/// A value is the largest of a minute, and its time is the minute's beginning: the target was complete up to the
/// beginning minus the lag. PostgreSQL's is the time since the last replayed transaction, so that it also grows while
/// nothing is written: the recovery point is then that transaction, which is true.
package enum AzureLag {
  package static func find(
    _ known: [(query: Int, series: MetricSeries, points: [MetricPoint])], _ engine: AzureLinkSettings.Engine
  ) -> LinkFinding {
    func points(_ name: String) -> [MetricPoint] {
      known.filter { $0.series.family.name.contains("_\(name.lowercased())_") }.flatMap(\.points)
    }
    let lagName = engine.metric.names[0]
    let lags = points(lagName).sorted { $0.time > $1.time }
    let switches = engine.metric.names.dropFirst().map { (name: $0, points: points($0)) }
    // Without a running thread there is no lag, and MySQL tells none: the threads' word may be newer.
    for (name, points) in switches {
      guard let newest = points.max(by: { $0.time < $1.time }), newest.value < 1,
        newest.time >= lags.first?.time ?? newest.time
      else { continue }
      return .notReplicating("Azure says \(name) 0", at: newest.time)
    }
    for lag in lags {
      if lag.value < 0 {
        return .notReplicating("Azure says \(lagName) \(NumberText.shortest(lag.value))", at: lag.time)
      }
      // A lag of 0 with a stopped thread is none, and a thread's word of another minute is no word of this one.
      let isProven = switches.allSatisfy { _, points in
        points.isEmpty || points.contains { $0.time == lag.time && $0.value >= 1 }
      }
      if isProven { return .lag(lag.value, at: lag.time) }
    }
    return .unknown(
      "Azure Monitor has no fresh \(lagName): is it the primary now, stopped, or another kind of server?")
  }
}
