/// The state of a region, rolled up from its checks.
package enum RegionHealth: String, Sendable, CaseIterable, Codable {
  case up, degraded, down, unknown

  /// All down: down. Some down: degraded, also when the rest is unknown. None known, or no checks: unknown.
  /// Otherwise up: unknown checks next to checks that are up do not make a region bad.
  package init(rollingUp checks: some Sequence<CheckState.Health>) {
    var up = 0
    var down = 0
    var unknown = 0
    for check in checks {
      switch check {
      case .up: up += 1
      case .down: down += 1
      case .unknown: unknown += 1
      }
    }
    if down > 0 {
      self = up + unknown == 0 ? .down : .degraded
    } else {
      self = up > 0 ? .up : .unknown
    }
  }
}
