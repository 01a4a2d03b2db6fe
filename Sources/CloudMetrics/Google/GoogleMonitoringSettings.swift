package import CloudAccess
package import Collecting
package import Model

/// How Cloud Monitoring is reached, and as whom.
package struct GoogleAccess: Hashable, Sendable {
  package var identity: GoogleIdentity
  /// Without a slash at its end.
  package var endpoint = "https://monitoring.googleapis.com"
  package var caFile: String?
  /// Another metadata server than the cloud's own, for tests.
  package var metadataHost: String?

  package init(_ identity: GoogleIdentity) { self.identity = identity }

  func query(_ project: String, _ metric: GoogleMetric) -> GoogleQuery {
    GoogleQuery(project: project, metric: metric, endpoint: endpoint, caFile: caFile)
  }
}

/// Metrics of Google Cloud Monitoring, of several projects.
package struct GoogleMonitoringSettings: CollectorSettings {
  package var basics: MeasurementBasics
  package var projects: [String]
  package var access: GoogleAccess
  package var metrics: [GoogleMetric]
  /// The age at which a point is not told any more; at least three of its periods and the delay.
  package var staleness: Duration = .seconds(600)
  /// Series that are kept at most, of each project.
  package var maximumSeries = 2000

  package init(
    _ basics: MeasurementBasics, projects: [String], access: GoogleAccess, metrics: [GoogleMetric]
  ) {
    self.basics = basics
    self.projects = projects
    self.access = access
    self.metrics = metrics
  }

  static let own = PolledMetricsFamilies("google_monitoring", "Google's Cloud Monitoring")

  /// Those of the settings come to these, by their own names.
  package static var families: [MetricFamily] {
    own.all + GooglePreset.allCases.flatMap { $0.metrics.map { $0.family(nil) } }
  }

  /// The names of metrics without a type of resource depend on the answers.
  package var bringsForeignSeries: Bool { metrics.contains { $0.resourceType == nil } }
  package var chosenFamilies: [MetricFamily] { metrics.map { $0.family(nil) } }

  package var description: CollectorDescription { basics.description(kind: "google_monitoring") }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    collector(try CloudTokens.shared(clients), time: clients.time)
  }

  package func collector(_ tokens: CloudTokens, time: any TimeSource) -> any Collector {
    let sender = tokens.sender(tokens.google(access.identity, metadataHost: access.metadataHost))
    let readers = projects.map { project in
      MetricReader(
        project, labels: ["project_id": project], queries: metrics.map { access.query(project, $0) },
        staleness: staleness, limit: maximumSeries, sender, time: time)
    }
    return PolledMetricsCollector(description, Self.own, readers, time: time)
  }

  package func makeRehearsal(start: Timestamp) -> any Rehearsal { SilentRehearsal() }
}

extension CloudTokens {
  static func shared(_ clients: CollectorClients) throws -> CloudTokens {
    try clients.shared(CloudTokens.self) { CloudTokens(http: clients.http, time: clients.time) }
  }
}
