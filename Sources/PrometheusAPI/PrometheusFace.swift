package import Alerting
package import Model

/// What the API tells of the daemon.
package struct DaemonInformation: Sendable {
  package var version: String
  package var startedAt: Timestamp
  /// When the configuration in force was read, and whether the newest file is in force.
  package var configuredAt: Timestamp
  package var isNewestConfiguration: Bool
  package var workingDirectory: String
  package var retention: Duration
  /// Damaged files and parts of files that were found.
  package var corruptions: Int
  /// Settings under the names of Prometheus' flags.
  package var flags: [String: String]

  package init(
    version: String, startedAt: Timestamp, configuredAt: Timestamp, isNewestConfiguration: Bool,
    workingDirectory: String, retention: Duration, corruptions: Int, flags: [String: String]
  ) {
    self.version = version
    self.startedAt = startedAt
    self.configuredAt = configuredAt
    self.isNewestConfiguration = isNewestConfiguration
    self.workingDirectory = workingDirectory
    self.retention = retention
    self.corruptions = corruptions
    self.flags = flags
  }
}

/// One collector, as Prometheus shows a target.
package struct TargetInformation: Sendable {
  package enum Health: String, Sendable { case up, down, unknown }

  package var kind: String
  package var name: String
  /// That its samples carry.
  package var labels: Labels
  package var health = Health.unknown
  /// Why its newest run failed; empty: it did not.
  package var problem = ""
  /// Of its newest run; nil: there was none.
  package var lastRun: Timestamp?
  package var took = Duration.zero
  package var interval: Duration
  package var timeout: Duration
  package var families: [MetricFamily]

  package init(
    kind: String, name: String, labels: Labels, interval: Duration, timeout: Duration,
    families: [MetricFamily]
  ) {
    self.kind = kind
    self.name = name
    self.labels = labels
    self.interval = interval
    self.timeout = timeout
    self.families = families
  }
}

/// How much the store holds.
package struct StoreSummary: Sendable {
  package var series: Int
  package var chunks: Int
  /// nil: there is no sample.
  package var oldest: Timestamp?
  package var newest: Timestamp?

  package init(series: Int, chunks: Int, oldest: Timestamp?, newest: Timestamp?) {
    self.series = series
    self.chunks = chunks
    self.oldest = oldest
    self.newest = newest
  }
}

/// What the API needs of the daemon. Called from the listener's and the queries' threads, several at once; a call may
/// block for the time that the core takes for a turn.
package protocol PrometheusFace: Sendable {
  var reader: any SeriesReader & Sendable { get }
  var now: Timestamp { get }
  /// Added to what is federated.
  var externalLabels: Labels { get }
  func information() -> DaemonInformation
  /// The configuration as the file says it, without what may be a secret.
  func configurationText() -> String
  /// Families that stand on the metrics page.
  func families() -> [MetricFamily]
  func storeSummary() -> StoreSummary
  /// nil: the core did not answer in time.
  func rules() -> RulesSnapshot?
  /// nil: the core did not answer in time.
  func targets() -> [TargetInformation]?
}
