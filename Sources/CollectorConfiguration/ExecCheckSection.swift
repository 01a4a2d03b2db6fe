internal import Collecting
internal import ConfigurationTypes
internal import Model
internal import Scraping
internal import Secrets
internal import StrictYAML

/// `exec:` of a check.
enum ExecCheckSection {
  static func read(_ m: MappingReader, _ basics: CheckBasics, _ scope: Scope) -> any HealthCheckSettings {
    var check = ExecCheckSettings(basics, command: m.required("command", ProgramText.command(scope.paths)))
    check.environment = m.optional("environment", .map(.string)) ?? [:]
    for name in check.environment.keys.sorted() {
      if let complaint = ProgramText.nameComplaint(name) { m.problem(complaint, at: "environment") }
    }
    check.secrets = secrets(m, scope, besides: check.environment)
    check.output = m.optional("output", .choice()) ?? check.output
    check.warningIsGood = m.optional("warning_is_good", .bool) ?? true
    check.limits.samples = m.optional("sample_limit", .int(1...1_000_000)) ?? 1000
    return check
  }

  /// `environment_files` and `environment_from`: variables by where their values stand.
  private static func secrets(
    _ m: MappingReader, _ scope: Scope, besides open: [String: String]
  ) -> [String: SecretSource] {
    let file = scope.paths.existing("the file of the variable")
    let files = m.optional("environment_files", .map(file)) ?? [:]
    let variables = m.optional("environment_from", .map(.nonEmptyString)) ?? [:]
    for (key, names) in [("environment_files", files), ("environment_from", variables)] {
      for name in names.keys.sorted() {
        if let complaint = ProgramText.nameComplaint(name) { m.problem(complaint, at: key) }
        let isTwice = open[name] != nil || key == "environment_from" && files[name] != nil
        if isTwice { m.problem("\"\(name)\" is given twice", at: key) }
      }
    }
    return files.mapValues { .file($0) }.merging(variables.mapValues { .environment($0) }) { file, _ in file }
  }
}
