internal import Backups
internal import Collecting
internal import ConfigurationTypes
internal import Model
internal import StrictYAML

/// `rds_snapshots:` and `rds_point_in_time:` of a backup job.
enum RDSBackupSection {
  private enum SnapshotType: String, CaseIterable {
    case automated, manual, awsbackup
  }

  static func readSnapshots(
    _ m: MappingReader, _ basics: BackupBasics, _ scope: Scope
  ) -> any BackupJobSettings {
    let type = m.optional("type", YAMLType<SnapshotType>.choice())
    var settings = read(m, basics, scope, .snapshots(type: type?.rawValue))
    settings.requiresEncryption = m.optional("require_encryption", .bool) ?? false
    return settings
  }

  static func readPointInTime(
    _ m: MappingReader, _ basics: BackupBasics, _ scope: Scope
  ) -> any BackupJobSettings {
    let replicated = m.optional("replicated", .bool) ?? false
    if replicated, m.has("cluster") {
      m.problem("automated backups are replicated of an `instance` only", at: "replicated")
    }
    return read(m, basics, scope, .pointInTime(replicated: replicated))
  }

  private static func read(
    _ m: MappingReader, _ basics: BackupBasics, _ scope: Scope, _ measure: RDSBackupSettings.Measure
  ) -> RDSBackupSettings {
    let region = m.required("aws_region", AWSAccessSection.region)
    m.atMostOne(of: "instance", "cluster")
    let instance = m.optional("instance", .nonEmptyString)
    let cluster = m.optional("cluster", .nonEmptyString)
    if !m.has("instance"), !m.has("cluster") { m.problem("missing key `instance` (or `cluster`)") }
    let access = AWSAccessSection.read(m, scope, region: region)
    var settings = RDSBackupSettings(
      basics, measure, of: cluster.map { .cluster($0) } ?? .instance(instance ?? ""), awsRegion: region,
      identity: access.identity)
    settings.endpoint = access.endpoint
    settings.caFile = access.caFile
    settings.objectives = BackupObjectivesSection.read(m, basics, scope, hasMarker: false)
    return settings
  }
}
