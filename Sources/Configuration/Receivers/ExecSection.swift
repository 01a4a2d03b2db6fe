internal import ConfigurationTypes
internal import Notifying
internal import StrictYAML

/// A subscription with `protocol: exec`.
enum ExecSection {
  static func read(_ m: MappingReader, _ paths: FilePaths) -> any ReceiverSettings {
    var settings = ExecSettings(command: m.required("command", ProgramText.command(paths)))
    let open = m.optional("environment", .map(.string)) ?? [:]
    let secret = m.optional("environment_files", .map(ReceiverSecret.file(paths))) ?? [:]
    for name in (Array(open.keys) + Array(secret.keys)).sorted() {
      if let complaint = ProgramText.nameComplaint(name) {
        m.problem(complaint, at: open[name] == nil ? "environment_files" : "environment")
      }
    }
    for name in open.keys.sorted() where secret[name] != nil {
      m.problem("\"\(name)\" is also in `environment`", at: "environment_files")
    }
    settings.environment = open.merging(secret) { $1 }
    settings.templates = ReceiverKeys.templates(m)
    return settings
  }
}
