internal import Backups
internal import Collecting
internal import ConfigurationTypes
internal import Model
internal import StrictYAML

/// `barman:` of a backup job.
enum BarmanSection {
  static func read(_ m: MappingReader, _ basics: BackupBasics, _ scope: Scope) -> any BackupJobSettings {
    var backup = BarmanSettings(
      basics: basics, program: ToolProgramSection.read(m, scope, usual: "/usr/bin/barman"),
      server: m.required("server", ToolProgramSection.name))
    backup.rules = ToolProgramSection.rules(m, basics, scope)
    backup.config = m.optional("config", .nonEmptyString).map(scope.paths.resolve)
    backup.runsCheck = m.optional("check", .bool) ?? true
    return backup
  }
}
