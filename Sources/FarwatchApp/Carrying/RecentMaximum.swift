internal import Model

/// The greatest of the durations that were seen in the last five minutes, in steps of a minute: what is older is
/// forgotten, so that an alert on it ends.
struct RecentMaximum {
  private static let steps = 5
  private static let stepNanoseconds: Int64 = 60_000_000_000

  /// By the number of the minute, modulo ``steps``; the present minute is one more.
  private var slots = [(minute: Int64, greatest: Duration)](
    repeating: (.min, .zero), count: RecentMaximum.steps + 1)

  mutating func note(_ duration: Duration, at moment: MonotonicInstant) {
    let minute = moment.nanoseconds / Self.stepNanoseconds
    let place = Int(minute.magnitude % UInt64(slots.count))
    if slots[place].minute != minute { slots[place] = (minute, .zero) }
    slots[place].greatest = max(slots[place].greatest, duration)
  }

  func value(at moment: MonotonicInstant) -> Duration {
    let minute = moment.nanoseconds / Self.stepNanoseconds
    let oldest = minute - Int64(Self.steps)
    return slots.lazy.filter { $0.minute >= oldest }.map(\.greatest).max() ?? .zero
  }
}
