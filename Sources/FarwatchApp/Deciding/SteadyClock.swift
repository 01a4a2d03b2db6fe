internal import Model

/// Wall-clock time that never stands still and does not follow every whim of the system's clock: what samples and
/// alerts are dated with, and what `time()` says.
///
/// - Within ``tolerance`` the system's clock is followed; where it went back, at nine tenths of the real pace until it
///   has caught up, so that samples keep their order.
/// - A step back beyond that is followed at once, and the past is moved along (``takeShift()``): every series keeps
///   its order and its distances. Going on with the old time would make all that is measured look old by the step.
/// - A step forward beyond that is followed only once it has lasted for ``patience``: a glitch of seconds must not
///   date alerts into the future.
struct SteadyClock {
  static let tolerance: Duration = .seconds(2)
  static let patience: Duration = .seconds(60)

  /// A moment at which the system's clock was followed.
  private var anchor: (reading: Timestamp, at: MonotonicInstant)?
  private var last = Timestamp(milliseconds: .min)
  /// Since when the system's clock has been far ahead.
  private var farAheadSince: MonotonicInstant?
  private var shift: Duration = .zero

  /// Later than every reading before by at least a millisecond, once these were moved by ``takeShift()``.
  mutating func read(wall: Timestamp, monotonic: MonotonicInstant) -> Timestamp {
    guard let anchor else {
      follow(wall, monotonic)
      last = wall
      return wall
    }
    let elapsed = monotonic - anchor.at
    let expected = anchor.reading + elapsed
    let difference = wall - expected
    let wasFarAhead = farAheadSince
    farAheadSince = nil
    var reading = wall
    if difference < .zero - Self.tolerance {
      shift += difference
      last = last + difference
      follow(wall, monotonic)
    } else if difference <= Self.tolerance {
      reading = max(wall, anchor.reading + .nanoseconds(elapsed.nanoseconds / 10 * 9))
      if reading == wall { follow(wall, monotonic) }
    } else if let since = wasFarAhead, monotonic - since >= Self.patience {
      follow(wall, monotonic)
    } else {
      farAheadSince = wasFarAhead ?? monotonic
      reading = expected
    }
    last = max(reading, last + .milliseconds(1))
    return last
  }

  /// By how much everything that was dated before the last reading must be moved; 0 nearly always.
  mutating func takeShift() -> Duration {
    defer { shift = .zero }
    return shift
  }

  private mutating func follow(_ wall: Timestamp, _ monotonic: MonotonicInstant) {
    anchor = (wall, monotonic)
  }
}
