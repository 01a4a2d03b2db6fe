package import Model

/// One alert of one rule: a label set for which the rule's expression holds, and since when.
///
/// A pure state machine, with Prometheus' transitions:
///
///     (absent) ──holds──▶ pending ──held for `hold`──▶ firing ──no longer holds──▶ over
///                            │                           │ ▲
///                            └──no longer holds──▶ over  └─┘ kept for `keepFiring` after it last held
///
/// An alert may be held though its expression does not hold: see ``isHeld(by:at:timing:)``. A hold of zero goes from
/// absent to firing in one evaluation. An instance that is over is thrown away by its owner:
/// the next time the expression holds is a new episode with a new ``activeAt``. When the wall clock is set back, a
/// wait that had begun begins again.
package struct AlertInstance: Equatable, Sendable {
  package enum State: String, Sendable, Codable { case pending, firing }

  /// Why an alert goes on although its expression does not hold.
  package enum Hold: String, Sendable {
    /// What it is about cannot be seen.
    case missingData = "missing_data"
    /// The condition that clears it does not hold.
    case notClear = "not_clear"
  }

  /// What an evaluation did to the instance.
  package enum Transition: Equatable, Sendable {
    /// Nothing that outlives the process changed.
    case none
    /// Something to remember changed: it became pending, or its keep-firing clock started or stopped.
    case updated
    /// It began to fire: tell it.
    case fired
    /// It fired and is over: tell it, forget it.
    case resolved
    /// It was pending and is over: forget it.
    case dropped
  }

  /// The part of the rule that decides.
  package struct Timing: Equatable, Sendable {
    /// `for`
    package var hold: Duration
    /// `keep_firing_for`, or a policy's `hold_down` when that is longer
    package var keepFiring: Duration

    package init(hold: Duration, keepFiring: Duration) {
      self.hold = hold
      self.keepFiring = keepFiring
    }
  }

  package private(set) var state: State
  /// When the expression began to hold. Names the episode.
  package private(set) var activeAt: Timestamp
  /// Of the same alert no two episodes have both this and ``activeAt`` in common, even when the clock is set back.
  package let episode: UInt64?
  package private(set) var firedAt: Timestamp?
  /// When a firing alert was first seen not to hold; nil while it holds.
  package private(set) var keepFiringSince: Timestamp?
  /// The first evaluation at which the expression did not hold any more; nil while it holds.
  package private(set) var ceasedAt: Timestamp?
  /// The last evaluation of this process at which the expression held.
  package private(set) var lastHeldAt: Timestamp?
  /// What held the alert last since ``ceasedAt``.
  package private(set) var lastHold: Hold?
  /// nil while the expression holds, and while the alert is only kept for a time.
  package private(set) var heldBy: Hold?
  /// Places of the rule's selectors that saw what the alert is about when it began; nil: not noted.
  package private(set) var witnesses: [Int]?
  /// `alertname` among them.
  package let labels: Labels
  package private(set) var annotations: Labels
  /// The expression's value at the last evaluation at which it held.
  package private(set) var value: Double

  /// An alert that begins to be active at `time`; ``holds(value:annotations:at:timing:)`` must follow.
  package init(labels: Labels, activeAt time: Timestamp, episode: UInt64? = nil) {
    state = .pending
    activeAt = time
    self.episode = episode
    self.labels = labels
    annotations = .empty
    value = 0
  }

  /// An alert as it was remembered.
  package init(
    restored state: State, activeAt: Timestamp, episode: UInt64?, firedAt: Timestamp?,
    keepFiringSince: Timestamp?, ceasedAt: Timestamp?, witnesses: [Int]?, labels: Labels, annotations: Labels,
    value: Double
  ) {
    self.state = state
    self.activeAt = activeAt
    self.episode = episode
    self.firedAt = firedAt
    self.keepFiringSince = keepFiringSince
    self.ceasedAt = ceasedAt
    self.witnesses = witnesses
    self.labels = labels
    self.annotations = annotations
    self.value = value
  }

  /// The expression holds at `time`.
  package mutating func holds(
    value: Double, annotations: Labels, at time: Timestamp, timing: Timing
  ) -> Transition {
    self.value = value
    self.annotations = annotations
    heldBy = nil
    (ceasedAt, lastHold, lastHeldAt) = (nil, nil, time)
    return goOn(at: time, timing)
  }

  /// The expression does not hold at `time`, and something does not let that be the end: a pending alert goes on
  /// towards firing, a firing one goes on, and a wait for its end begins anew.
  package mutating func isHeld(by hold: Hold, at time: Timestamp, timing: Timing) -> Transition {
    heldBy = hold
    lastHold = hold
    noteCeased(at: time)
    return goOn(at: time, timing)
  }

  /// Remembers which selectors see what the alert is about.
  package mutating func note(witnesses: [Int]) { self.witnesses = witnesses }

  private mutating func goOn(at time: Timestamp, _ timing: Timing) -> Transition {
    let wasKept = keepFiringSince != nil
    keepFiringSince = nil
    if state == .pending, time < activeAt {
      // The wall clock was set back: waiting until it gets there again could take for ever.
      activeAt = time
    }
    if state == .pending, time - activeAt >= timing.hold {
      state = .firing
      firedAt = time
      return .fired
    }
    return wasKept || activeAt == time ? .updated : .none
  }

  /// The expression does not hold at `time`.
  package mutating func ceases(at time: Timestamp, timing: Timing) -> Transition {
    heldBy = nil
    noteCeased(at: time)
    guard state == .firing else { return .dropped }
    guard timing.keepFiring > .zero else { return .resolved }
    guard let since = keepFiringSince, since <= time else {
      keepFiringSince = time
      return .updated
    }
    return time - since < timing.keepFiring ? .none : .resolved
  }

  private mutating func noteCeased(at time: Timestamp) {
    // Later than now: the wall clock was set back.
    ceasedAt = min(ceasedAt ?? time, time)
  }

  /// When an evaluation can change the state although no sample changes; nil when only samples can.
  package func deadline(timing: Timing) -> Timestamp? {
    switch state {
    case .pending: activeAt + timing.hold
    case .firing: keepFiringSince.map { $0 + timing.keepFiring }
    }
  }
}
