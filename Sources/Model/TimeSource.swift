#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// A moment on a clock that never jumps, in nanoseconds from an arbitrary origin: for schedules and durations.
package struct MonotonicInstant: Hashable, Comparable, Sendable {
  package var nanoseconds: Int64

  package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  package static func < (a: Self, b: Self) -> Bool { a.nanoseconds < b.nanoseconds }
  package static func + (a: Self, b: Duration) -> Self { .init(nanoseconds: a.nanoseconds &+ b.nanoseconds) }
  package static func - (a: Self, b: Duration) -> Self { .init(nanoseconds: a.nanoseconds &- b.nanoseconds) }
  package static func - (a: Self, b: Self) -> Duration { .nanoseconds(a.nanoseconds &- b.nanoseconds) }
}

/// Where the time comes from. Production uses ``SystemTime``, tests and the simulator a clock they turn by hand.
package protocol TimeSource: Sendable {
  /// Wall-clock time: may jump.
  var now: Timestamp { get }
  /// Monotonic time: never goes back.
  var monotonic: MonotonicInstant { get }
}

/// The clocks of the operating system.
package struct SystemTime: TimeSource {
  package init() {}

  package var now: Timestamp {
    var t = timespec()
    clock_gettime(CLOCK_REALTIME, &t)
    return Timestamp(milliseconds: Int64(t.tv_sec) * 1000 + Int64(t.tv_nsec) / 1_000_000)
  }

  package var monotonic: MonotonicInstant {
    var t = timespec()
    clock_gettime(CLOCK_MONOTONIC, &t)
    return MonotonicInstant(nanoseconds: Int64(t.tv_sec) * 1_000_000_000 + Int64(t.tv_nsec))
  }
}
