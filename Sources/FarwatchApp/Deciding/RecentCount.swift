internal import Model

/// How often something happened in the last five minutes, in steps of a minute: what is older is forgotten, so that what
/// is shown of it recovers.
struct RecentCount {
  static let window: Duration = .seconds(300)
  private static let stepNanoseconds: Int64 = 60_000_000_000

  /// By the number of the minute, oldest first; no more than the window has.
  private var minutes: [(minute: Int64, count: UInt64)] = []

  mutating func add(_ count: UInt64, at moment: MonotonicInstant) {
    guard count > 0 else { return }
    let minute = moment.nanoseconds / Self.stepNanoseconds
    minutes.removeAll { $0.minute < Self.oldest(at: minute) }
    if minutes.last?.minute == minute {
      minutes[minutes.count - 1].count &+= count
    } else {
      minutes.append((minute, count))
    }
  }

  func value(at moment: MonotonicInstant) -> UInt64 {
    let oldest = Self.oldest(at: moment.nanoseconds / Self.stepNanoseconds)
    return minutes.reduce(0) { $0 &+ ($1.minute >= oldest ? $1.count : 0) }
  }

  /// The first minute of which a part is within the window still.
  private static func oldest(at minute: Int64) -> Int64 { minute - window.nanoseconds / stepNanoseconds }
}
