internal import Backups
internal import Collecting
internal import ConfigurationTypes
internal import Model
internal import StrictYAML

/// `borg:` of a backup job.
enum BorgSection {
  static func read(_ m: MappingReader, _ basics: BackupBasics, _ scope: Scope) -> any BackupJobSettings {
    // sudo would take away the variables by which Borg is told the zone of its times, and its passphrase.
    var backup = BorgSettings(
      basics: basics, program: ToolProgramSection.read(m, scope, usual: "/usr/bin/borg", canRunAs: false),
      repository: m.required("repository", ToolProgramSection.name))
    backup.rules = ToolProgramSection.rules(m, basics, scope, hasFull: false)
    backup.passphraseFile = m.optional("passphrase_file", scope.paths.existing("the file of the passphrase"))
    backup.match = m.optional("match", ToolProgramSection.name)
    backup.baseDirectory = m.optional("base_directory", .nonEmptyString).map(scope.paths.resolve)
    backup.remoteShell = m.optional("remote_shell", .nonEmptyString)
    backup.asksSizes = m.optional("ask_sizes", .bool) ?? (basics.minimumSize > 1 || basics.sizeRatio != nil)
    backup.allowsRelocated = m.optional("allow_relocated", .bool) ?? false
    backup.lockWait = m.optional("lock_wait", .duration(.zero ... .seconds(3600))) ?? backup.lockWait
    return backup
  }
}
