package import Model

/// What several watchers make of a region together. Pure: votes in, a verdict out.
///
/// Only vantages that looked lately, and have a way out of their own, have a vote; the others leave the denominator. Fewer
/// votes than must agree: unknown.
package struct Quorum: Hashable, Sendable {
  /// What it takes to call a region down.
  package enum Rule: Hashable, Sendable {
    /// So many fresh vantages see it down.
    case agreeing(Int)
    /// No more than this share of the fresh vantages sees it up, 0.18 at Route 53; at least so many must be fresh.
    case healthyShare(Double, atLeast: Int)
  }

  package struct Vote: Hashable, Sendable {
    package var vantage: String
    package var health: RegionHealth
    package var isFresh: Bool

    package init(_ vantage: String, _ health: RegionHealth, isFresh: Bool) {
      self.vantage = vantage
      self.health = health
      self.isFresh = isFresh
    }
  }

  /// What is wrong, as far as the votes tell.
  package enum Verdict: String, Sendable, CaseIterable {
    case up
    case targetDown = "target_down"
    /// Others reach it and this watcher does not.
    case pathBroken = "path_broken"
    /// This watcher reaches nobody, its peers included.
    case watcherBroken = "watcher_broken"
    case unknown
  }

  package struct Finding: Hashable, Sendable {
    package var health: RegionHealth
    package var verdict: Verdict
    /// Vantages whose vote counted.
    package var fresh: Int

    package init(health: RegionHealth, verdict: Verdict, fresh: Int) {
      self.health = health
      self.verdict = verdict
      self.fresh = fresh
    }
  }

  package var rule: Rule
  /// How long a vantage may not have looked before it has no vote.
  package var freshFor: Duration

  package init(rule: Rule = .agreeing(2), freshFor: Duration = .seconds(30)) {
    self.rule = rule
    self.freshFor = freshFor
  }

  /// - Parameters:
  ///   - own: what this watcher sees.
  ///   - isOffline: it sees nobody.
  package func judge(own: Vote, peers: [Vote], isOffline: Bool) -> Finding {
    let fresh = ([own] + peers).filter { $0.isFresh && $0.health != .unknown }
    let ownCounts = own.isFresh && own.health != .unknown && !isOffline
    let votes = isOffline ? fresh.filter { $0.vantage != own.vantage } : fresh
    let down = votes.count { $0.health == .down }
    let health: RegionHealth
    switch rule {
    case .agreeing(let needed):
      if votes.count < needed {
        health = .unknown
      } else {
        health = down >= needed ? .down : Self.mildest(votes)
      }
    case .healthyShare(let share, let atLeast):
      if votes.count < max(1, atLeast) {
        health = .unknown
      } else {
        let up = Double(votes.count - down) / Double(votes.count)
        health = up > share ? Self.mildest(votes) : .down
      }
    }
    let heardAnyPeer = peers.contains(where: \.isFresh)
    let verdict: Verdict
    switch health {
    case .down: verdict = .targetDown
    case .up, .degraded: verdict = ownCounts && own.health == .down ? .pathBroken : .up
    case .unknown:
      verdict =
        isOffline || (!peers.isEmpty && !heardAnyPeer && own.health == .down) ? .watcherBroken : .unknown
    }
    return Finding(
      health: health, verdict: isOffline && verdict != .targetDown ? .watcherBroken : verdict,
      fresh: votes.count)
  }

  /// Not down by the rule: degraded where anybody sees it worse than up.
  private static func mildest(_ votes: [Vote]) -> RegionHealth {
    votes.contains { $0.health != .up } ? .degraded : .up
  }
}

/// The families of comparing notes.
package enum QuorumFamilies {
  /// Labels: `region`.
  package static let looked = MetricFamily.gauge(
    "farwatch_region_looked_timestamp_seconds", "When a check of the region last came to a verdict.")
  /// Labels: `region`, `state`.
  package static let state = MetricFamily.gauge(
    "farwatch_region_quorum_state",
    "State of a region as the fresh vantages see it together: 1 for the state.")
  /// Labels: `region`, `verdict`.
  package static let verdict = MetricFamily.gauge(
    "farwatch_region_quorum_verdict",
    "What is wrong, as far as the vantages together can tell: 1 for the verdict.")
  /// Labels: `region`.
  package static let fresh = MetricFamily.gauge(
    "farwatch_quorum_fresh_vantages", "Vantages, this one among them, whose view of the region counts now.")

  package static let all = [looked, state, verdict, fresh]

  package static func readings(of region: String, _ finding: Quorum.Finding) -> [Reading] {
    stateSet(
      state, "state", RegionHealth.allCases.map(\.rawValue), current: finding.health.rawValue,
      labels: ["region": region])
      + stateSet(
        verdict, "verdict", Quorum.Verdict.allCases.map(\.rawValue), current: finding.verdict.rawValue,
        labels: ["region": region])
      + [Reading(fresh, Double(finding.fresh), labels: ["region": region])]
  }
}
