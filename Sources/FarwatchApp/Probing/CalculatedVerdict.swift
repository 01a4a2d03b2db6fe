internal import Collecting

/// What a calculated check is while its members are as one probe of each found them.
struct CalculatedVerdict {
  let isGood: Bool
  /// Too little is known of its members.
  let isUnknown: Bool
  /// Comments of a metrics page, one line for the verdict and one for each member.
  let text: String

  /// - Parameter states: of members; one that is not there is unknown.
  init(of check: CalculatedCheck, _ states: [CalculatedCheck.Member: CheckState.Health]) {
    let health = check.health { states[$0] }
    let up = check.members.count { states[$0] == .up }
    let verdict =
      switch health {
      case .up: "good"
      case .down: "FAILED"
      case .unknown: "UNKNOWN"
      }
    let rule =
      check.isInverted
      ? "inverted: good while fewer than \(check.atLeast) are" : "at least \(check.atLeast) are needed"
    isGood = health == .up
    isUnknown = health == .unknown
    text =
      "# calculated \(check.region)/\(check.name): \(verdict): \(up) of \(check.members.count) up, \(rule)\n"
      + check.members.map {
        "#   \($0.region)/\($0.name): \((states[$0] ?? .unknown).rawValue)\n"
      }.joined()
  }
}
