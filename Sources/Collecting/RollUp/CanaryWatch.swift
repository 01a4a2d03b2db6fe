package import Model

/// Tells "we are offline" from "they are": targets that are surely up elsewhere vouch for our own way out.
///
/// A check may turn down only when somebody vouched after the check began to fail: a canary that was reached, or another
/// check that succeeded over the network. Until then its failures say nothing, and it asks for the canaries at once.
/// While too few are reached we are offline, and nobody is blamed. Other checks only ever contradict that we are offline:
/// their failures say nothing of ourselves.
///
/// A canary whose probe cannot be made for a reason of our own (a missing permission, a limit) says neither. Where that
/// goes on it counts as if it were not there, for it could never vouch, and nobody would ever be blamed: it is shown as
/// one that is not reached.
package struct CanaryWatch: Sendable {
  /// How many must vouch, if as many can; 0: there are no canaries, and everything is taken as it is.
  package let needed: Int
  private var reached: [String: Timestamp] = [:]
  private var failing: Set<String> = []
  private var known: Set<String> = []
  /// Probes in a row that could not be made, for a reason of our own.
  private var troubles: [String: Int] = [:]
  /// Whether the newest probe reached it; those that were never asked are missing.
  package private(set) var newest: [String: Bool] = [:]
  /// One that has answered before is given so many probes.
  private static let troublesAllowed = 3
  /// Other checks whose newest outcome is a success, and when that began.
  private var others: [String: Timestamp] = [:]
  /// When the probe began with whose failure too few canaries were left.
  private var shortSince: Timestamp?

  /// - Parameter canaries: their names.
  package init(canaries: Set<String> = [], needed: Int = 1) {
    known = canaries
    self.needed = canaries.isEmpty ? 0 : min(max(1, needed), canaries.count)
  }

  /// Keeps what is known of those that stay.
  ///
  /// - Parameter others: the checks whose success proves a way out.
  package func replaced(by canaries: Set<String>, needed: Int, others: Set<String> = []) -> CanaryWatch {
    var next = CanaryWatch(canaries: canaries, needed: needed)
    next.reached = reached.filter { canaries.contains($0.key) }
    next.failing = failing.intersection(canaries)
    next.troubles = troubles.filter { canaries.contains($0.key) }
    next.newest = newest.filter { canaries.contains($0.key) }
    next.others = self.others.filter { others.contains($0.key) }
    next.shortSince = next.isShort ? shortSince : nil
    return next
  }

  /// - Parameter isReached: nil: the probe could not be made.
  package mutating func record(_ canary: String, isReached: Bool?, began: Timestamp) {
    guard known.contains(canary) else { return }
    newest[canary] = isReached == true
    troubles[canary] = isReached == nil ? min(troubles[canary] ?? 0, Self.troublesAllowed) + 1 : nil
    switch isReached {
    case true?:
      reached[canary] = began
      failing.remove(canary)
    case false?: failing.insert(canary)
    // What it said last holds, for a while.
    case nil: if isUnfit(canary) { failing.remove(canary) }
    }
    shortSince = isShort ? shortSince ?? began : nil
  }

  /// A check that is no canary and whose success proves a way out.
  package mutating func record(other check: String, succeeded: Bool, began: Timestamp) {
    // Without canaries nobody asks.
    guard needed > 0 else { return }
    others[check] = succeeded ? began : nil
  }

  /// Whether the world was reached in a probe that began at `moment` or later.
  package func vouches(since moment: Timestamp) -> Bool {
    (reached.values.count { $0 >= moment } + others.values.count { $0 >= moment }) >= quorum
  }

  /// Too few are left to vouch for our own way out: nil where there are no canaries, or none that can be asked.
  package var isOffline: Bool? {
    guard quorum > 0 else { return nil }
    guard isShort else { return false }
    let contradicting = shortSince.map { since in others.values.count { $0 >= since } } ?? others.count
    return fitCount - failing.count + contradicting < quorum
  }

  private var isShort: Bool { fitCount - failing.count < quorum }
  private var fitCount: Int { known.count { !isUnfit($0) } }
  private var quorum: Int { min(needed, fitCount) }

  /// Whether it cannot be asked, as far as one can tell.
  private func isUnfit(_ canary: String) -> Bool {
    guard let count = troubles[canary] else { return false }
    return count >= Self.troublesAllowed || reached[canary] == nil && !failing.contains(canary)
  }
}
