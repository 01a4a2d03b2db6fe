package import Model

/// Holds back the actions of a composite alarm while another alarm, its suppressor, explains it.
///
///     acting ──changed state, wait period──▶ waiting ──suppressor in ALARM──▶ suppressed
///       ▲                                      │ over                            │ suppressor left ALARM
///       └──────────────────────────────────────┴────────── over ── extending ◀───┘
///
/// What is held back is told once the alarm may act again, if its state then is another than the one that was told
/// last: an alarm that came and went meanwhile is told to nobody. Times are wall-clock times, so that they survive a
/// restart.
package struct ActionSuppression: Sendable, Equatable, Codable {
  package enum Phase: Sendable, Equatable, Codable {
    case acting
    case waiting(until: Timestamp)
    case suppressed
    case extending(until: Timestamp)
  }

  package private(set) var phase = Phase.acting
  /// The state whose actions ran last; what the alarm began in counts as told.
  package private(set) var told: AlarmState

  package init(told: AlarmState) { self.told = told }

  package var deadline: Timestamp? {
    switch phase {
    case .waiting(let until), .extending(let until): until
    case .acting, .suppressed: nil
    }
  }

  /// The clock was set back.
  package mutating func move(by shift: Duration) {
    switch phase {
    case .waiting(let until): phase = .waiting(until: until + shift)
    case .extending(let until): phase = .extending(until: until + shift)
    case .acting, .suppressed: break
    }
  }

  /// Call when the alarm or its suppressor changed, and at ``deadline``. Returns the state that was told before when
  /// the actions of `state` are to run now.
  package mutating func advance(
    to state: AlarmState, suppressor: AlarmState, wait: Duration, extension extra: Duration, now: Timestamp
  ) -> AlarmState? {
    switch phase {
    case .acting where suppressor == .alarm: phase = .suppressed
    case .acting where state != told:
      phase = wait > .zero ? .waiting(until: now + wait) : .acting
    case .waiting where suppressor == .alarm: phase = .suppressed
    case .waiting(let until) where now >= until || state == told: phase = .acting
    case .suppressed where suppressor != .alarm:
      phase = extra > .zero ? .extending(until: now + extra) : .acting
    case .extending where suppressor == .alarm: phase = .suppressed
    case .extending(let until) where now >= until: phase = .acting
    default: break
    }
    guard phase == .acting, state != told else { return nil }
    defer { told = state }
    return told
  }
}
