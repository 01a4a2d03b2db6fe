internal import Model

/// The time by which samples are old enough to be deleted: the wall clock, unless that leaps ahead.
///
/// A clock that says "next year" for an hour must not cost three days of samples, and one that says so for a day is
/// believed. Going back is followed at once: it deletes nothing.
struct RetentionClock {
  static let tolerance: Duration = .seconds(3600)
  static let patience: Duration = .seconds(86_400)

  private var anchor: (reading: Timestamp, at: MonotonicInstant)?
  private var farAheadSince: MonotonicInstant?

  /// Starts from `newest`, the newest sample that is there: a machine that comes up with a wrong clock is no better
  /// than one whose clock leaps.
  mutating func start(at newest: Timestamp, monotonic: MonotonicInstant) {
    anchor = (newest, monotonic)
    farAheadSince = nil
  }

  mutating func read(wall: Timestamp, monotonic: MonotonicInstant) -> Timestamp {
    guard let anchor else {
      self.anchor = (wall, monotonic)
      return wall
    }
    let expected = anchor.reading + (monotonic - anchor.at)
    if wall - expected > Self.tolerance {
      let since = farAheadSince ?? monotonic
      farAheadSince = since
      if monotonic - since < Self.patience { return expected }
    }
    farAheadSince = nil
    self.anchor = (wall, monotonic)
    return wall
  }
}
