internal import Model
internal import Synchronization

/// Simulated time: stands still until it is moved.
final class ReplayClock: TimeSource {
  let start: Timestamp
  private let position = Mutex(Duration.zero)
  private static let origin = MonotonicInstant(nanoseconds: 1_000_000_000)

  init(start: Timestamp) { self.start = start }

  /// Since the start.
  var elapsed: Duration { position.withLock { $0 } }
  var now: Timestamp { start + elapsed }
  var monotonic: MonotonicInstant { Self.origin + elapsed }

  func moment(_ elapsed: Duration) -> MonotonicInstant { Self.origin + elapsed }
  func advance(to elapsed: Duration) { position.withLock { $0 = max($0, elapsed) } }
}

/// SplitMix64: what is drawn follows from the seed alone.
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
