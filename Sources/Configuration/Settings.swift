package import AccessControl
package import Alerting
package import CloudWatchAlarms
package import Collecting
package import Journal
package import Model
package import Notifying
package import Paging
package import RemoteWrite
package import StrictYAML
package import TargetProbing

/// A whole configuration file, checked: what the application wires the stages with.
package struct Settings: Sendable {
  package struct Region: Sendable, Equatable {
    package enum Role: String, Sendable, CaseIterable { case primary, secondary, active, standby, backup }

    package var name: String
    package var role: Role
    /// Percent of the traffic that it is meant to carry.
    package var share: Double?
    /// How its checks add up.
    package var rules = RollUpRules()
    /// What tells how many requests it serves; nil: nothing does.
    package var traffic: RegionTraffic?
  }

  /// How much is remembered.
  package struct Store: Sendable, Equatable {
    /// How long samples are kept.
    package var retention: Duration
    /// Series that may be active at once.
    package var seriesLimit: Int
    /// Bytes that the samples may take on the disk.
    package var sizeLimit: Int
  }

  /// What queries may cost.
  package struct Query: Sendable, Equatable {
    /// At the same time.
    package var concurrency: Int
    /// For their turn.
    package var waiting: Int
    /// Waiting included.
    package var timeout: Duration
    /// Of one query.
    package var maximumSamples: Int
  }

  /// Where this watcher stands: a label on every health sample.
  package var vantage: String
  /// Address and port of the HTTP listener.
  package var listen: String
  /// Directory of everything that outlives the process.
  package var stateDirectory: String
  /// How others reach the listener; nil: `http://` and the bound address.
  package var externalURL: String?
  package var externalLabels: Labels
  package var regions: [Region]
  /// Checks that are made of others.
  package var calculated: [CalculatedCheck] = []
  /// Canaries that must be reached before anybody is blamed; all of the checks that are canaries count.
  package var canariesNeeded = 1
  package var checks: [any HealthCheckSettings]
  package var links: [any ReplicationLinkSettings]
  package var backups: [any BackupJobSettings]
  /// What is measured beside them.
  package var measurements: [any CollectorSettings] = []
  /// Paths, patterns expanded, each once.
  package var ruleFiles: [String]
  /// What the rule files do not say of their alerts.
  package var alertPolicies: [AlertPolicy] = []
  /// Files of CloudWatch alarms, patterns expanded, each once.
  package var alarmFiles: [String] = []
  /// What reading them needs to know.
  package var alarmContext = AlarmContext()
  /// Where the file names alarms: under `alarm_skip/NAME` and `alarm_mapping/NAME`.
  package var alarmPlaces: [String: YAMLPosition] = [:]
  package var notifying: NotifyingSettings
  package var paging = PagingSettings()
  package var heartbeats: [HeartbeatSettings] = []
  package var proofs = ProofSettings()
  package var journal = JournalSettings()
  package var store: Store
  package var query = QuerySection.defaults
  /// Connections to the listener that one client address may have open.
  package var connectionsPerAddress: Int
  /// Clients beside this machine whose changes are taken: silences, acknowledgements, posted alerts, reloads.
  package var trustedClients: [AddressRange] = []
  /// Who may do what on the listener.
  package var access = AccessPlan()
  /// Samples that others may send; nil: none.
  package var remoteWrite: RemoteWriteSettings?
  /// Targets that others may have probed; nil: none.
  package var probeEndpoint: ProbeEndpointSettings?
  /// Everything that collects: checks, links, backup jobs and the rest, in this order.
  package var collectors: [any CollectorSettings] { checks + links + backups + measurements }

  /// What is allowed but hardly meant, as `FILE:LINE:COLUMN: message`: for the log and `farwatch check`.
  package var warnings: [String] = []
  /// Of each environment variable that is named and not set in this process, in the same form: for `farwatch check`,
  /// because the daemon may have what whoever checks has not.
  package var unsetVariables: [String] = []
}

/// Logins of the listener, and where the file with its certificates and users is.
package struct AccessPlan: Hashable, Sendable {
  /// A web configuration file as the Prometheus exporters have it; nil: plain HTTP without users.
  package var webFile: String?
  package var access = AccessSettings()

  package init() {}
}
