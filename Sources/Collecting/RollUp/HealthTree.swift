/// Rolls the states of checks up: check → tier → zone → region.
///
/// - Checks of one tier (inside one zone, or of the region where they name no zone) stand in for each other: all well:
///   up; not all, but enough: degraded; fewer than the tier's minimum: down, also when what is unknown may be well but
///   would not be enough.
/// - The tiers of a zone are all needed, or only degrade it where their rules say so.
/// - Zones stand in for each other: a zone that is down is not a region that is down.
/// - Tiers without a zone, and the checks that name neither, are needed beside the zones.
/// - What is unknown may be well: down is told only where it holds even then. Next to what is bad it is degraded, next
///   to what is well and enough it makes nothing bad, and alone it is unknown. While this watcher is offline it may as
///   well be bad: nothing is well next to it.
package struct HealthTree: Sendable {
  package struct Leaf: Sendable {
    package var zone: String
    package var tier: String
    package var health: RegionHealth
    /// More than 0.
    package var weight: Double

    package init(zone: String = "", tier: String = "", health: RegionHealth, weight: Double = 1) {
      self.zone = zone
      self.tier = tier
      self.health = health
      self.weight = weight
    }
  }

  package struct Tier: Hashable, Sendable {
    /// "" for the region itself.
    package var zone: String
    package var name: String
    package var health: RegionHealth
    /// Of the weight that is known to be well.
    package var healthyShare: Double
  }

  package private(set) var region: RegionHealth
  package private(set) var zones: [(name: String, health: RegionHealth)] = []
  /// Of checks that name a tier.
  package private(set) var tiers: [Tier] = []

  /// - Parameter isOffline: whether what is unknown is so because our own way out is gone.
  package init(_ leaves: [Leaf], rules: RollUpRules = RollUpRules(), isOffline: Bool = false) {
    var groups: [String: [String: [Leaf]]] = [:]
    for leaf in leaves { groups[leaf.zone, default: [:]][leaf.tier, default: []].append(leaf) }
    var parts: [RegionHealth] = []
    for zone in groups.keys.sorted() {
      var needed: [RegionHealth] = []
      for (tier, members) in (groups[zone] ?? [:]).sorted(by: { $0.key < $1.key }) {
        let rule = rules.tiers[tier] ?? RollUpRules.Tier()
        let health = Self.combine(members.map { ($0.health, $0.weight) }, rule.minimum, isOffline)
        if let part = rule.isNeeded ? health : Self.softened(health) { needed.append(part) }
        guard !tier.isEmpty else { continue }
        let whole = members.reduce(0) { $0 + $1.weight }
        let well = members.reduce(0) { $0 + ($1.health == .up ? $1.weight : 0) }
        tiers.append(Tier(zone: zone, name: tier, health: health, healthyShare: whole > 0 ? well / whole : 0))
      }
      if zone.isEmpty {
        parts += needed
      } else {
        zones.append((zone, RegionHealth(needing: needed)))
      }
    }
    if !zones.isEmpty { parts.append(Self.combine(zones.map { ($0.health, 1) }, rules.zones, isOffline)) }
    region = RegionHealth(needing: parts)
  }

  /// A part that is not needed: its loss degrades, and not knowing of it says nothing.
  private static func softened(_ health: RegionHealth) -> RegionHealth? {
    switch health {
    case .down: .degraded
    case .unknown: nil
    case .up, .degraded: health
    }
  }

  /// Parts that stand in for each other.
  private static func combine(
    _ parts: [(health: RegionHealth, weight: Double)], _ minimum: Minimum?, _ isOffline: Bool
  ) -> RegionHealth {
    func amount(_ states: [RegionHealth]) -> (count: Int, weight: Double) {
      parts.reduce((0, 0)) { states.contains($1.health) ? ($0.0 + 1, $0.1 + $1.weight) : $0 }
    }
    let carrying = amount([.up, .degraded])
    let possible = amount([.up, .degraded, .unknown])
    let whole = parts.reduce(0) { $0 + $1.weight }
    func isEnough(_ amount: (count: Int, weight: Double)) -> Bool {
      switch minimum {
      case nil: amount.count > 0
      case .count(let least): amount.count >= min(least, parts.count)
      // A hair for the rounding of weights that were added up.
      case .share(let least): amount.weight >= least * whole * (1 - 1e-9)
      }
    }
    if parts.isEmpty { return .unknown }
    if !isEnough(possible) { return .down }
    if parts.contains(where: { $0.health == .down || $0.health == .degraded }) { return .degraded }
    if isOffline, parts.contains(where: { $0.health == .unknown }) { return .unknown }
    return isEnough(carrying) ? .up : .unknown
  }
}
