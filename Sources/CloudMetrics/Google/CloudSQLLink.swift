package import Collecting
package import Model

/// Read replicas of Cloud SQL, as Cloud Monitoring tells their lag.
package struct CloudSQLLinkSettings: ReplicationLinkSettings {
  package struct Target: Hashable, Sendable {
    /// Farwatch's name of it.
    package var region: String
    package var project: String
    package var instance: String

    package init(region: String, project: String, instance: String) {
      self.region = region
      self.project = project
      self.instance = instance
    }
  }

  package var basics: LinkBasics
  package var targets: [Target]
  package var access: GoogleAccess
  package var staleness: Duration = .seconds(300)

  /// - Parameter targets: with the regions of `basics`, in its order.
  package init(_ basics: LinkBasics, targets: [Target], access: GoogleAccess) {
    self.basics = basics
    self.targets = targets
    self.access = access
  }

  package static var families: [MetricFamily] { ReplicationFamilies.all + CloudWatchLinkFamilies.all }
  package var description: CollectorDescription { basics.description(engine: "cloud_sql") }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    collector(try CloudTokens.shared(clients), time: clients.time)
  }

  package func collector(_ tokens: CloudTokens, time: any TimeSource) -> any Collector {
    let sender = tokens.sender(tokens.google(access.identity, metadataHost: access.metadataHost))
    let readers = targets.map { target in
      let queries = CloudSQLLag.metrics.map { metric in
        var metric = metric
        metric.filter = "resource.labels.database_id = \"\(target.project):\(target.instance)\""
        return access.query(target.project, metric)
      }
      return (
        region: target.region,
        reader: MetricReader(
          "\(target.project):\(target.instance)", labels: .empty, queries: queries, staleness: staleness,
          limit: 100, sender, time: time)
      )
    }
    let state = MeasuredLinkState(basics, engine: "cloud_sql", period: CloudSQLLag.period)
    return MeasuredLinkCollector(description, state, readers, time: time) { CloudSQLLag.find($0) }
  }
}

/// How Cloud SQL's words make a lag. Pure.
///
/// `replica_lag` is what the replica has received and not applied (PostgreSQL) or what it is behind by its own reckoning
/// (MySQL); `network_lag` is the way from the primary's log to the replica. Only both of one moment are a lag: their sum,
/// which errs on the side of more.
package enum CloudSQLLag {
  static let period = Duration.seconds(60)

  /// In the order of ``find(_:)``'s query numbers.
  static var metrics: [GoogleMetric] {
    var state = GooglePreset.cloudSQL("replication/state", "state")
    // Not every engine and edition has it.
    state.isOptional = true
    return [
      GooglePreset.cloudSQL("replication/replica_lag"), GooglePreset.cloudSQL("replication/network_lag"),
      state,
    ]
  }

  package static func find(
    _ known: [(query: Int, series: MetricSeries, points: [MetricPoint])]
  ) -> LinkFinding {
    func points(_ query: Int) -> [MetricPoint] {
      known.filter { $0.query == query }.flatMap(\.points).sorted { $0.time > $1.time }
    }
    let (applied, sent) = (points(0), points(1))
    if let newest = applied.first, newest.value < 0 {
      return .notReplicating(
        "Cloud SQL says replica_lag \(NumberText.shortest(newest.value))", at: newest.time)
    }
    for (_, series, points) in known where !points.isEmpty {
      guard let state = series.labels["state"], state != "Running", let point = points.first,
        point.value > 0, point.time >= (applied.first?.time ?? point.time) - period
      else { continue }
      return .notReplicating("Cloud SQL says \(state)", at: point.time)
    }
    for one in applied where one.value >= 0 {
      // Both are sampled once a minute, not always in the same second.
      let near = sent.filter { $0.value >= 0 && abs(($0.time - one.time).inSeconds) < period.inSeconds }
      let closest = near.min { abs(($0.time - one.time).inSeconds) < abs(($1.time - one.time).inSeconds) }
      if let closest { return .lag(one.value + closest.value, at: min(one.time, closest.time)) }
    }
    return .unknown(
      applied.isEmpty
        ? "Cloud Monitoring has no fresh replica_lag: is it the primary now, stopped, or named otherwise?"
        : "Cloud Monitoring has a replica_lag and no network_lag of the same minute: only both are a lag")
  }
}
