/// How many of the parts that can stand in for each other must be well.
package enum Minimum: Hashable, Sendable {
  /// That many parts, whatever they weigh.
  case count(Int)
  /// A part of the whole weight, more than 0 and at most 1.
  case share(Double)
}

/// How the checks of one region add up to its state.
package struct RollUpRules: Hashable, Sendable {
  /// A tier: targets that stand in for each other.
  package struct Tier: Hashable, Sendable {
    /// With less the tier is down. nil: it is down only when nothing of it is well.
    package var minimum: Minimum?
    /// Whether the region needs it: a tier that it does not need only degrades it.
    package var isNeeded = true

    package init(minimum: Minimum? = nil, isNeeded: Bool = true) {
      self.minimum = minimum
      self.isNeeded = isNeeded
    }
  }

  /// By name; a tier that is not named here has the standard rules.
  package var tiers: [String: Tier] = [:]
  /// Zones that must be up or degraded; nil: with one of them the region is not down.
  package var zones: Minimum?

  package init(tiers: [String: Tier] = [:], zones: Minimum? = nil) {
    self.tiers = tiers
    self.zones = zones
  }
}
