internal import Model
internal import Probing
internal import StrictYAML

/// `health:` defaults and checks.
enum HealthSection {
  /// How often and how patiently; what a check does not say it takes from the defaults.
  private struct Pace {
    var interval: Duration = .seconds(5)
    var timeout: Duration = .seconds(10)
    var failures = 2
    var successes = 2
    var confirm: Duration = .milliseconds(500)

    mutating func read(_ m: MappingReader) {
      interval = m.optional("interval", .duration(.milliseconds(100) ... .seconds(86_400))) ?? interval
      timeout = m.optional("timeout", .duration(.milliseconds(10) ... .seconds(300))) ?? timeout
      failures = m.optional("failures", .int(1...100)) ?? failures
      successes = m.optional("successes", .int(1...100)) ?? successes
      confirm = m.optional("confirm", .duration(.milliseconds(10) ... .seconds(3600))) ?? confirm
    }
  }

  static func read(_ m: MappingReader, _ scope: Scope) -> [(value: HTTPCheckSettings, node: YAMLNode)] {
    var defaults = Pace()
    _ = m.optional("defaults", .mapping { defaults.read($0) })
    let check = YAMLType<HTTPCheckSettings>.mapping { readCheck($0, defaults, scope) }
    let checks = m.required("checks", .list(.located(check)))
    if m.node("checks")?.content.isEmptyList == true { m.problem("needs at least one check", at: "checks") }
    return checks
  }

  private static func readCheck(_ m: MappingReader, _ defaults: Pace, _ scope: Scope) -> HTTPCheckSettings {
    let problemsBefore = m.problems.count
    let name = m.required("name", .nonEmptyString)
    let region = m.required("region", scope.region)
    var pace = defaults
    pace.read(m)
    var check = m.required("http", .mapping { HTTPSection.read($0, scope) })
    check.name = name
    check.region = region
    check.vantage = scope.vantage
    check.interval = pace.interval
    check.timeout = pace.timeout
    check.failures = pace.failures
    check.successes = pace.successes
    check.confirm = pace.confirm
    do {
      try check.validate()
    } catch {
      // What is missing or wrong was said where it stands; this is for what the parts add up to.
      if m.problems.count == problemsBefore { m.problem("\(error)") }
    }
    return check
  }
}
