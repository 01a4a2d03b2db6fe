internal import Alerting
internal import Model
internal import RegularExpressions
internal import StrictYAML

/// `alerting:`.
enum AlertingSection {
  static func read(_ m: MappingReader) -> [AlertPolicy] {
    m.optional("policies", .list(.mapping(readPolicy))) ?? []
  }

  private static func readPolicy(_ m: MappingReader) -> AlertPolicy {
    var policy = AlertPolicy()
    policy.match = NotifyingSection.matchers(m)
    policy.missingData = m.optional("missing_data", .choice()) ?? policy.missingData
    policy.holdDown = m.optional("hold_down", .duration(.zero ... .seconds(7 * 86_400))) ?? policy.holdDown
    if let text = m.optional("clear", .nonEmptyString), let node = m.node("clear") {
      policy.clear = AlertPolicy.readClear(text, node, m.problems)
    }
    if !m.has("missing_data"), !m.has("hold_down"), !m.has("clear") {
      m.problem("a policy needs `missing_data`, `hold_down` or `clear`")
    }
    return policy
  }
}
