internal import CheckIns
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

  /// What the section says beside the checks themselves.
  package struct Plan: Sendable {
    package var checks: [any HealthCheckSettings] = []
    package var calculated: [CalculatedCheck] = []
    package var canariesNeeded = 1
    /// As ``Scope/pushIDs``.
    package var pushIDs: [String: String]? = [:]

    package init() {}
  }

  package static func read(_ m: MappingReader, _ scope: Scope) -> Plan {
    var defaults = Pace()
    _ = m.optional("defaults", .mapping { defaults.read($0) })
    var plan = Plan()
    let check = YAMLType<(any HealthCheckSettings)?>.mapping { readCheck($0, defaults, scope) }
    let checks = m.required("checks", .list(.located(check)))
    if m.node("checks")?.content.isEmptyList == true { m.problem("needs at least one check", at: "checks") }
    let canary = YAMLType<(any HealthCheckSettings)?>.mapping {
      readCheck($0, defaults, scope, isCanary: true)
    }
    let canaries = m.optional("canaries", .list(.located(canary))) ?? []
    let one = YAMLType<CalculatedCheck>.mapping { CalculatedSection.read($0, scope) }
    let calculated = m.optional("calculated", .list(.located(one))) ?? []
    plan.canariesNeeded = m.optional("canaries_needed", .int(1...100)) ?? 1
    if plan.canariesNeeded > max(1, canaries.count) {
      m.problem("there are only \(canaries.count) canaries", at: "canaries_needed")
    }
    scope.reportDuplicates(
      "check",
      checks.map { ([$0.value?.basics.region ?? "", $0.value?.basics.name ?? ""], $0.node) }
        + calculated.map { ([$0.value.region, $0.value.name], $0.node) }, m.problems)
    scope.reportDuplicates(
      "push id", checks.compactMap { one in (one.value as? CheckInSettings).map { ([$0.id], one.node) } },
      m.problems, showsName: false)
    scope.reportDuplicates(
      "push slug",
      checks.compactMap { one in
        (one.value as? CheckInSettings)?.slug.map { ([$0.key, $0.slug], one.node) }
      }, m.problems, showsName: false)
    scope.reportDuplicates("canary", canaries.map { ([$0.value?.basics.name ?? ""], $0.node) }, m.problems)
    plan.checks = (checks + canaries).compactMap(\.value)
    plan.calculated = calculated.map(\.value)
    plan.pushIDs = pushIDs(of: checks.map(\.value))
    CalculatedSection.complain(of: calculated, among: plan.checks, m.problems)
    return plan
  }

  private static func pushIDs(of checks: [(any HealthCheckSettings)?]) -> [String: String]? {
    if checks.contains(where: { $0 == nil }) { return nil }
    let pushes = checks.compactMap { $0 as? CheckInSettings }
    return Dictionary(
      pushes.map { ("\($0.basics.region)/\($0.basics.name)", $0.id) }, uniquingKeysWith: { first, _ in first }
    )
  }

  private static func readCheck(
    _ m: MappingReader, _ defaults: Pace, _ scope: Scope, isCanary: Bool = false
  ) -> (any HealthCheckSettings)? {
    var basics = CheckBasics(name: m.required("name", .nonEmptyString))
    basics.isCanary = isCanary
    // A canary stands for the world, and for no region.
    if !isCanary {
      basics.region = m.required("region", scope.region)
      basics.zone = m.optional("zone", .nonEmptyString) ?? ""
      basics.tier = m.optional("tier", .nonEmptyString) ?? ""
      basics.weight = m.optional("weight", .double(0.001...1000)) ?? 1
      basics.counts = m.optional("counts", .bool) ?? true
      basics.provesWayOut = m.optional("proves_way_out", .bool) ?? true
    }
    basics.vantage = scope.vantage
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
