/// The state of a region, of a zone in it or of a tier, rolled up from its checks.
package enum RegionHealth: String, Sendable, CaseIterable, Codable {
  case up, degraded, down, unknown

  package init(_ check: CheckState.Health) {
    switch check {
    case .up: self = .up
    case .down: self = .down
    case .unknown: self = .unknown
    }
  }

  /// Parts that each are needed: the worst that is known of them; well only when all are known to be.
  /// None at all: unknown.
  package init(needing parts: some Sequence<RegionHealth>) {
    var counts: [RegionHealth: Int] = [:]
    for part in parts { counts[part, default: 0] += 1 }
    self = [.down, .degraded, .unknown, .up].first { counts[$0] != nil } ?? .unknown
  }
}
