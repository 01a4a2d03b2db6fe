package import Collecting
package import ConfigurationTypes
internal import Model
package import StrictYAML

/// `health:` defaults and checks.
package enum HealthSection {
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

  package static func read(_ m: MappingReader, _ scope: Scope) -> [any HealthCheckSettings] {
    var defaults = Pace()
    _ = m.optional("defaults", .mapping { defaults.read($0) })
    let check = YAMLType<(any HealthCheckSettings)?>.mapping { readCheck($0, defaults, scope) }
    let checks = m.required("checks", .list(.located(check)))
    if m.node("checks")?.content.isEmptyList == true { m.problem("needs at least one check", at: "checks") }
    scope.reportDuplicates(
      "check", checks.map { ([$0.value?.basics.region ?? "", $0.value?.basics.name ?? ""], $0.node) },
      m.problems)
    return checks.compactMap(\.value)
  }

  private static func readCheck(
    _ m: MappingReader, _ defaults: Pace, _ scope: Scope
  ) -> (any HealthCheckSettings)? {
    var basics = CheckBasics(
      name: m.required("name", .nonEmptyString), region: m.required("region", scope.region))
    basics.vantage = scope.vantage
    basics.zone = m.optional("zone", .nonEmptyString) ?? ""
    basics.tier = m.optional("tier", .nonEmptyString) ?? ""
    var pace = defaults
    pace.read(m)
    basics.interval = pace.interval
    basics.timeout = pace.timeout
    basics.failures = pace.failures
    basics.successes = pace.successes
    basics.confirm = pace.confirm
    guard let kind = theKind(of: m, among: CheckKinds.table) else { return nil }
    let basicsRead = basics
    let type = YAMLType<(any HealthCheckSettings)?>.mapping { kind.read($0, basicsRead, scope) }
    return m.required(kind.key, type)
  }
}
