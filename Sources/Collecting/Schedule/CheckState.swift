package import Model

/// Whether a check's target is up, decided by consecutive results in a row, as Route 53 does.
///
/// A pure value: results go in, what changed and when to look again come out. Codable, so that a restart neither
/// forgets a confirmed failure nor fires it again.
package struct CheckState: Hashable, Sendable, Codable {
  package enum Health: String, Sendable, Codable, CaseIterable { case up, down, unknown }

  /// What one outcome says about the target.
  package enum Evidence: Sendable, Equatable {
    case success
    case failure
    /// The probe could not be made for a reason of our own: says nothing about the target.
    case none
  }

  /// How much it takes to change the mind, and how soon to look again.
  package struct Rules: Hashable, Sendable {
    /// Failures in a row for down, at least 1.
    package var failures: Int
    /// Successes in a row for up, at least 1.
    package var successes: Int
    package var interval: Duration
    /// How soon to probe again while the last result contradicts the state, or nothing is decided yet; nil, or more
    /// than the interval: the interval.
    package var confirm: Duration?

    package init(failures: Int, successes: Int, interval: Duration, confirm: Duration? = nil) {
      self.failures = max(1, failures)
      self.successes = max(1, successes)
      self.interval = interval
      self.confirm = confirm
    }
  }

  package struct Change: Hashable, Sendable {
    package var from: Health
    package var to: Health

    package init(from: Health, to: Health) {
      self.from = from
      self.to = to
    }
  }

  package struct Step: Hashable, Sendable {
    package var change: Change?
    /// From this result to the next probe, at the latest.
    package var nextProbe: Duration
  }

  package private(set) var health: Health = .unknown
  /// When ``health`` became what it is; nil until the first result.
  package private(set) var since: Timestamp?
  package private(set) var consecutiveFailures = 0
  package private(set) var consecutiveSuccesses = 0

  package init() {}

  /// Takes up one result, of time `now`.
  package mutating func record(_ evidence: Evidence, at now: Timestamp, _ rules: Rules) -> Step {
    let before = health
    if since == nil { since = now }
    switch evidence {
    case .success:
      consecutiveFailures = 0
      consecutiveSuccesses = min(consecutiveSuccesses, Int.max - 1) + 1
      if consecutiveSuccesses >= rules.successes { health = .up }
    case .failure:
      consecutiveSuccesses = 0
      consecutiveFailures = min(consecutiveFailures, Int.max - 1) + 1
      if consecutiveFailures >= rules.failures { health = .down }
    case .none: break
    }
    if health != before { since = now }
    let confirm = min(rules.confirm ?? rules.interval, rules.interval)
    return Step(
      change: health == before ? nil : Change(from: before, to: health),
      nextProbe: isConfirmed ? rules.interval : confirm)
  }

  /// Whether the newest result agrees with the state.
  private var isConfirmed: Bool {
    switch health {
    case .up: consecutiveFailures == 0
    case .down: consecutiveSuccesses == 0
    case .unknown: false
    }
  }
}

extension CheckState.Evidence {
  package init(_ outcome: Outcome) {
    switch outcome.reason {
    case nil: self = .success
    // Our own configuration, our own limits, or nobody who knows: a target is not down because of them.
    case .configuration?, .limit?, .overrun?, .unknown?: self = .none
    default: self = .failure
    }
  }
}
