package import Model

/// Tells "we are offline" from "they are": targets that are surely up elsewhere vouch for our own way out.
///
/// A check may turn down only when a canary was reached after the check began to fail. Until then its failures say
/// nothing, and it asks for the canaries at once. While no canary is reached we are offline, and nobody is blamed.
package struct CanaryWatch: Sendable {
  /// How many canaries are needed to vouch; 0: there are none, and everything is taken as it is.
  package let needed: Int
  private var reached: [String: Timestamp] = [:]
  private var failing: Set<String> = []
  private var known: Set<String> = []

  /// - Parameter canaries: their names.
  package init(canaries: Set<String> = [], needed: Int = 1) {
    known = canaries
    self.needed = canaries.isEmpty ? 0 : min(max(1, needed), canaries.count)
  }

  /// Keeps what is known of the canaries that stay.
  package func replaced(by canaries: Set<String>, needed: Int) -> CanaryWatch {
    var next = CanaryWatch(canaries: canaries, needed: needed)
    next.reached = reached.filter { canaries.contains($0.key) }
    next.failing = failing.intersection(canaries)
    return next
  }

  package mutating func record(_ canary: String, isReached: Bool, began: Timestamp) {
    guard known.contains(canary) else { return }
    if isReached {
      reached[canary] = began
      failing.remove(canary)
    } else {
      failing.insert(canary)
    }
  }

  /// Whether the world was reached in a probe that began at `moment` or later.
  package func vouches(since moment: Timestamp) -> Bool {
    needed == 0 || reached.values.count { $0 >= moment } >= needed
  }

  /// Too few canaries are left to vouch for our own way out: nil where there are none.
  package var isOffline: Bool? {
    needed == 0 ? nil : known.count - failing.count < needed
  }
}
