internal import Collecting
internal import ConfigurationTypes
internal import Model
internal import Scraping
internal import StrictYAML

/// `exec:` of a check.
enum ExecCheckSection {
  static func read(_ m: MappingReader, _ basics: CheckBasics, _ scope: Scope) -> any HealthCheckSettings {
    var check = ExecCheckSettings(basics, command: m.required("command", ProgramText.command(scope.paths)))
    check.environment = m.optional("environment", .map(.string)) ?? [:]
    for name in check.environment.keys.sorted() {
      if let complaint = ProgramText.nameComplaint(name) { m.problem(complaint, at: "environment") }
    }
    check.output = m.optional("output", .choice()) ?? check.output
    check.warningIsGood = m.optional("warning_is_good", .bool) ?? true
    check.limits.samples = m.optional("sample_limit", .int(1...1_000_000)) ?? 1000
    return check
  }
}
