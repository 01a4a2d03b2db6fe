internal import Backups
internal import CheckIns
internal import CloudMetrics
internal import Collecting
internal import ConfigurationTypes
package import Model
internal import Probing
internal import Replication
internal import Scraping
internal import StrictYAML

/// The kinds of health checks, by the key that holds what is particular to one: one line a kind.
enum CheckKinds {
  /// Reads the mapping under the kind's key. Problems are in the reader's collector; the result is then meaningless.
  typealias Reader =
    @Sendable (_ m: MappingReader, _ basics: CheckBasics, _ scope: Scope) ->
    any HealthCheckSettings

  static let table: [(key: String, settings: any CollectorSettings.Type, read: Reader)] = [
    ("http", HTTPCheckSettings.self, HTTPSection.read),
    ("exec", ExecCheckSettings.self, ExecCheckSection.read),
    ("push", CheckInSettings.self, CheckInSection.read),
    ("tcp", TCPCheckSettings.self, TCPSection.read),
    ("tls", TLSCheckSettings.self, TLSSection.read),
    ("icmp", ICMPCheckSettings.self, ICMPSection.read),
    ("grpc", GRPCCheckSettings.self, GRPCSection.read),
    ("postgres", PostgresCheckSettings.self, PostgresCheckSection.read),
    ("mysql", MySQLCheckSettings.self, MySQLCheckSection.read),
    ("redis", RedisCheckSettings.self, RedisCheckSection.read),
    ("kafka", KafkaCheckSettings.self, KafkaCheckSection.read),
    ("dns", DNSCheckSettings.self, DNSSection.read),
  ]
}

/// The engines of replication links, by their name under `engine`: one line an engine.
enum ReplicationEngines {
  /// Reads what is particular to the engine from the link's own mapping: `source`, `targets` and more.
  /// nil when that contradicts itself, which is then among the problems.
  typealias Reader =
    @Sendable (_ m: MappingReader, _ pace: LinkPace, _ scope: Scope) ->
    (any ReplicationLinkSettings)?

  static let table: [(key: String, settings: any CollectorSettings.Type, read: Reader)] = [
    ("postgres", PostgresLinkSettings.self, PostgresLinkSection.read),
    ("postgres_logical", PostgresLogicalSettings.self, PostgresLogicalSection.read),
    ("aurora", ManagedLinkSettings.self, ManagedLinkSection.aurora),
    ("cockroachdb", ManagedLinkSettings.self, ManagedLinkSection.cockroachdb),
    ("yugabytedb", ManagedLinkSettings.self, ManagedLinkSection.yugabytedb),
    ("mysql", MySQLLinkSettings.self, MySQLLinkSection.read),
    ("redis", RedisLinkSettings.self, RedisLinkSection.read),
    ("kafka", MirrorLinkSettings.self, MirrorLinkSection.read),
    ("cloudwatch", CloudWatchLinkSettings.self, CloudWatchLinkSection.read),
    ("object_store", ObjectStoreLinkSettings.self, ObjectStoreLinkSection.read),
    ("cloud_sql", CloudSQLLinkSettings.self, CloudSQLLinkSection.read),
    ("azure_postgres", AzureLinkSettings.self, AzureLinkSection.postgres),
    ("azure_mysql", AzureLinkSettings.self, AzureLinkSection.mysql),
  ]
}

/// The kinds of backup jobs, by the key that says where the backups lie or what makes them: one line a kind.
enum BackupKinds {
  /// Reads the mapping under the kind's key. `basics.repo` is "" where the job does not say it.
  typealias Reader =
    @Sendable (_ m: MappingReader, _ basics: BackupBasics, _ scope: Scope) ->
    any BackupJobSettings

  static let table: [(key: String, settings: any CollectorSettings.Type, read: Reader)] = [
    ("directory", DirectoryBackupSettings.self, DirectoryBackupSection.read),
    ("rds_snapshots", RDSBackupSettings.self, RDSBackupSection.readSnapshots),
    ("rds_point_in_time", RDSBackupSettings.self, RDSBackupSection.readPointInTime),
    ("s3", ObjectBackupSettings.self, ObjectBackupSection.s3),
    ("azure_blob", ObjectBackupSettings.self, ObjectBackupSection.azureBlob),
    ("gcs", ObjectBackupSettings.self, ObjectBackupSection.gcs),
    ("sftp", ObjectBackupSettings.self, ObjectBackupSection.sftp),
    ("pgbackrest", PgBackRestSettings.self, PgBackRestSection.read),
    ("restic", ResticSettings.self, ResticSection.read),
    ("borg", BorgSettings.self, BorgSection.read),
    ("barman", BarmanSettings.self, BarmanSection.read),
    ("wal_g", WALGSettings.self, WALGSection.read),
    ("velero", VeleroSettings.self, VeleroSection.read),
  ]
}

/// The kinds of other collectors under `collect`, by the key that holds what is particular to one: one line a kind.
enum MeasurementKinds {
  typealias Reader =
    @Sendable (_ m: MappingReader, _ basics: MeasurementBasics, _ scope: Scope) ->
    any CollectorSettings

  /// How often, for kinds that a minute does not suit.
  static let intervals: [String: Duration] = ["postgres_heartbeat": .seconds(1), "peer": .seconds(5)]

  static let table: [(key: String, settings: any CollectorSettings.Type, read: Reader)] = [
    ("scrape", ScrapeSettings.self, ScrapeSection.read),
    ("peer", PeerSettings.self, PeerSection.read),
    ("postgres_heartbeat", PostgresHeartbeatSettings.self, PostgresHeartbeatSection.read),
    ("mysql_heartbeat", MySQLHeartbeatSettings.self, MySQLHeartbeatSection.read),
    ("redis_heartbeat", RedisHeartbeatSettings.self, RedisHeartbeatSection.read),
    ("steering", SteeringSettings.self, SteeringSection.read),
    ("marker", MarkerSettings.self, MarkerSection.read),
    ("serving", ServingSettings.self, ServingSection.read),
    ("cloudflare", CloudflareSettings.self, CloudflareSection.read),
    ("cloudwatch", CloudWatchSettings.self, CloudWatchSection.read),
    ("route53", Route53Settings.self, Route53Section.read),
    ("google_monitoring", GoogleMonitoringSettings.self, GoogleMonitoringSection.read),
    ("azure_monitor", AzureMonitorSettings.self, AzureMonitorSection.read),
  ]
}

/// What collectors of all kinds may bring.
package enum CollectorFamilies {
  package static var all: [MetricFamily] {
    let types =
      CheckKinds.table.map(\.settings) + ReplicationEngines.table.map(\.settings)
      + BackupKinds.table.map(\.settings) + MeasurementKinds.table.map(\.settings)
    return types.flatMap { $0.families }
  }
}

/// The one entry of a table of kinds whose key the mapping has. None or several is a problem.
func theKind<Reader>(
  of m: MappingReader, among table: [(key: String, settings: any CollectorSettings.Type, read: Reader)]
) -> (key: String, settings: any CollectorSettings.Type, read: Reader)? {
  theKey(of: m, among: table.map(\.key)).flatMap { key in table.first { $0.key == key } }
}

/// The one of `keys` that the mapping has. None or several is a problem.
func theKey(of m: MappingReader, among keys: [String]) -> String? {
  let written = keys.filter { m.has($0) }
  // All are known, so that a misspelt one is told as such.
  for key in keys { m.allow(key) }
  if written.count > 1 {
    m.problem(
      "only one of " + keys.map { "`\($0)`" }.joined(separator: ", ") + " may be given", at: written[1])
  } else if written.isEmpty {
    let others = keys.dropFirst().map { "`\($0)`" }.joined(separator: ", ")
    m.problem("missing key `\(keys.first ?? "")`" + (others.isEmpty ? "" : " (or \(others))"))
  }
  return written.count == 1 ? written[0] : nil
}
