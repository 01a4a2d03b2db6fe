internal import Backups
internal import Collecting
internal import ConfigurationTypes
internal import Model
internal import StrictYAML

/// `wal_g:` of a backup job.
enum WALGSection {
  static func read(_ m: MappingReader, _ basics: BackupBasics, _ scope: Scope) -> any BackupJobSettings {
    var backup = WALGSettings(
      basics: basics, program: ToolProgramSection.read(m, scope, usual: "/usr/local/bin/wal-g"))
    backup.rules = ToolProgramSection.rules(m, basics, scope)
    backup.config = m.optional("config", .nonEmptyString).map(scope.paths.resolve)
    backup.checksWAL = m.optional("check_wal", .bool) ?? true
    return backup
  }
}
