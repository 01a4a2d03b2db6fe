internal import Backups
internal import Collecting
internal import ConfigurationTypes
internal import Model
internal import StrictYAML

/// `pgbackrest:` of a backup job.
enum PgBackRestSection {
  static func read(_ m: MappingReader, _ basics: BackupBasics, _ scope: Scope) -> any BackupJobSettings {
    var backup = PgBackRestSettings(
      basics: basics, program: ToolProgramSection.read(m, scope, usual: "/usr/bin/pgbackrest"),
      stanza: m.required("stanza", ToolProgramSection.name),
      repository: m.optional("repository", .int(1...256)) ?? 1)
    backup.rules = ToolProgramSection.rules(m, basics, scope)
    // It may be for another account's eyes only.
    backup.config = m.optional("config", .nonEmptyString).map(scope.paths.resolve)
    backup.checksWAL = m.optional("check_wal", .bool) ?? true
    let size = YAMLType<Int>.byteSize.validated { value in
      let isGood = (1 << 20...1 << 30).contains(value) && value & (value - 1) == 0
      return isGood ? nil : "must be a power of two from 1MiB to 1GiB"
    }
    backup.segmentSize = m.optional("wal_segment_size", size).map { UInt64($0) }
    return backup
  }
}
