internal import Collecting
internal import ConfigurationTypes
internal import Model
internal import StrictYAML

/// `calculated:` checks that are made of others.
enum CalculatedSection {
  static func read(_ m: MappingReader, _ scope: Scope) -> CalculatedCheck {
    let region = m.required("region", scope.region)
    var check = CalculatedCheck(
      name: m.required("name", .nonEmptyString), region: region,
      members: m.required("of", .list(member(in: region, scope))),
      atLeast: m.required("at_least", .int(1...1000)))
    check.zone = m.optional("zone", .nonEmptyString) ?? ""
    check.tier = m.optional("tier", .nonEmptyString) ?? ""
    check.weight = m.optional("weight", .double(0.001...1000)) ?? 1
    check.isInverted = m.optional("inverted", .bool) ?? false
    check.membersCount = m.optional("members_count", .bool) ?? false
    if check.members.isEmpty, m.node("of")?.content.isEmptyList == true {
      m.problem("needs at least one check", at: "of")
    } else if check.atLeast > check.members.count, !check.members.isEmpty {
      m.problem("at least \(check.atLeast) of \(check.members.count) can never be", at: "at_least")
    }
    return check
  }

  /// `NAME` in the region of the calculated check, or `REGION/NAME`.
  private static func member(in region: String, _ scope: Scope) -> YAMLType<CalculatedCheck.Member> {
    .converted(from: .nonEmptyString, placeholder: .init(region: region, name: "")) { text in
      let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
      guard parts.count == 2, scope.regions.contains(parts[0]) else {
        return .init(region: region, name: text)
      }
      return .init(region: parts[0], name: parts[1])
    }
  }

  /// Members that no check is.
  static func complain(
    of calculated: [(value: CalculatedCheck, node: YAMLNode)], among checks: [any HealthCheckSettings],
    _ problems: Problems
  ) {
    let known = Set(checks.map { CalculatedCheck.Member(region: $0.basics.region, name: $0.basics.name) })
    for (check, node) in calculated {
      for member in check.members where !known.contains(member) && !member.name.isEmpty {
        let names = known.filter { $0.region == member.region }.map(\.name)
        let near = suggestion(for: member.name, among: names).map { "; did you mean \"\($0)\"?" } ?? ""
        problems.add("region \(member.region) has no check \"\(member.name)\"\(near)", at: node)
      }
    }
  }
}
