internal import Backups
internal import Collecting
internal import ConfigurationTypes
internal import Model
internal import StrictYAML

/// `velero:` of a backup job.
enum VeleroSection {
  static func read(_ m: MappingReader, _ basics: BackupBasics, _ scope: Scope) -> any BackupJobSettings {
    var backup = VeleroSettings(
      basics: basics, program: ToolProgramSection.read(m, scope, usual: "/usr/local/bin/kubectl"))
    backup.rules = ToolProgramSection.rules(m, scope, hasFull: false)
    backup.namespace = m.optional("namespace", ToolProgramSection.name) ?? backup.namespace
    backup.schedule = m.optional("schedule", ToolProgramSection.name)
    backup.storageLocation = m.optional("storage_location", .nonEmptyString)
    backup.kubeconfig = m.optional("kubeconfig", scope.paths.existing("the kubeconfig"))
    backup.context = m.optional("context", ToolProgramSection.name)
    backup.acceptsPartial = m.optional("accept_partial", .bool) ?? false
    return backup
  }
}
