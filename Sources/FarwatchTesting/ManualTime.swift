package import Model
internal import Synchronization

/// A clock that moves only when a test says so. Wall and monotonic time advance together; the wall can also jump.
package final class ManualTime: TimeSource {
  private let state: Mutex<(wall: Timestamp, monotonic: MonotonicInstant)>

  /// Starts at 2026-01-01T00:00:00Z unless told otherwise.
  package init(at start: Timestamp = Timestamp(milliseconds: 1_767_225_600_000)) {
    state = Mutex((start, MonotonicInstant(nanoseconds: 1_000_000_000)))
  }

  package var now: Timestamp { state.withLock { $0.wall } }
  package var monotonic: MonotonicInstant { state.withLock { $0.monotonic } }

  package func advance(by step: Duration) {
    state.withLock {
      $0.wall = $0.wall + step
      $0.monotonic = $0.monotonic + step
    }
  }

  /// Sets the wall clock as an administrator would; monotonic time does not notice.
  package func jump(to wall: Timestamp) { state.withLock { $0.wall = wall } }
}
