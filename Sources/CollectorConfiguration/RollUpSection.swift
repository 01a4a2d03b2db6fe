package import Collecting
package import StrictYAML

/// `tiers:` and `zones:` of a region: how its checks add up.
package enum RollUpSection {
  package static func read(_ m: MappingReader) -> RollUpRules {
    let tier = YAMLType<RollUpRules.Tier>.mapping { m in
      RollUpRules.Tier(
        minimum: m.optional("minimum_healthy", minimum) ?? nil, isNeeded: m.optional("needed", .bool) ?? true)
    }
    let zones = YAMLType<Minimum?>.mapping { $0.optional("minimum_healthy", minimum) ?? nil }
    return RollUpRules(
      tiers: m.optional("tiers", .map(tier)) ?? [:], zones: m.optional("zones", zones) ?? nil)
  }

  /// `2`, or `50%`.
  private static var minimum: YAMLType<Minimum?> {
    .scalar("a number of checks such as 2, or a share such as 50%", placeholder: nil) { text in
      if text.hasSuffix("%"), let percent = Double(text.dropLast()), percent > 0, percent <= 100 {
        return .some(.share(percent / 100))
      }
      return Int(text).flatMap { (1...1000).contains($0) ? .some(.some(.count($0))) : nil }
    }
  }
}
