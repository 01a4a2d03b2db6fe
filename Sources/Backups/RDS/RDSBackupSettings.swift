package import CloudAccess
package import Collecting
package import Model

/// Backups that Amazon RDS and Aurora make themselves: snapshots, or the time to which a database can be restored.
package struct RDSBackupSettings: BackupJobSettings {
  package enum Subject: Hashable, Sendable {
    case instance(String)
    case cluster(String)

    var name: String {
      switch self {
      case .instance(let name), .cluster(let name): name
      }
    }
  }

  package enum Measure: Hashable, Sendable {
    /// Snapshots; `type` as AWS names it (`automated`, `manual`, `awsbackup`), nil for all of the account's own.
    case snapshots(type: String?)
    /// The newest moment that point-in-time recovery reaches. `replicated`: of automated backups that are kept in this
    /// region for an instance of another one.
    case pointInTime(replicated: Bool)
  }

  package var basics: BackupBasics
  package var measure: Measure
  package var subject: Subject
  /// AWS' name of the region that is asked: for copies the one that has the copies.
  package var awsRegion: String
  package var identity: AWSIdentitySettings
  package var endpoint: String?
  package var caFile: String?
  /// A snapshot that is not encrypted does not count.
  package var requiresEncryption = false
  package var objectives = BackupObjectives()

  /// The label `repo` is the AWS region unless `basics` says otherwise.
  package init(
    _ basics: BackupBasics, _ measure: Measure, of subject: Subject, awsRegion: String,
    identity: AWSIdentitySettings = AWSIdentitySettings()
  ) {
    self.basics = basics
    self.measure = measure
    self.subject = subject
    self.awsRegion = awsRegion
    self.identity = identity
    if basics.repo.isEmpty { self.basics.repo = awsRegion }
  }

  package static var families: [MetricFamily] { BackupFamilies.all + RDSBackupFamilies.all }

  package var description: CollectorDescription {
    switch measure {
    case .snapshots: basics.description(type: "rds_snapshots")
    case .pointInTime: basics.description(type: "rds_point_in_time")
    }
  }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    let identities = try clients.shared(AWSIdentities.self) {
      AWSIdentities(http: clients.http, time: clients.time)
    }
    return try objectives.beside(
      RDSBackupCollector(self, identities: identities, time: clients.time), clients)
  }

  package func makeRehearsal(start: Timestamp) -> any Rehearsal { BackupRehearsal(basics, start: start) }
}

/// What RDS' backups bring beside ``BackupFamilies``.
package enum RDSBackupFamilies {
  package static let snapshots = MetricFamily.gauge(
    "farwatch_rds_snapshots", "Snapshots of the database, by status as RDS names it.")
  package static let unencrypted = MetricFamily.gauge(
    "farwatch_rds_snapshots_unencrypted", "Snapshots of the database that are not encrypted.")
  package static let latestRestorable = BackupFamilies.latestRestorable
  package static let retention = MetricFamily.gauge(
    "farwatch_rds_backup_retention_days", "How long automated backups are kept; 0: there are none.")

  package static let all = [snapshots, unencrypted, latestRestorable, retention]
}
