internal import Model
internal import Synchronization

/// One collection under way: its beginning, and an answer that is given once.
final class OneAnswer: Sendable {
  let startedAt: Timestamp
  let started: MonotonicInstant
  private let completion: Mutex<(@Sendable (Outcome) -> Void)?>

  init(startedAt: Timestamp, started: MonotonicInstant, _ completion: @escaping @Sendable (Outcome) -> Void) {
    self.startedAt = startedAt
    self.started = started
    self.completion = Mutex(completion)
  }

  var isOver: Bool { completion.withLock { $0 == nil } }

  func finish(_ outcome: Outcome) {
    let first = completion.withLock { $0.take() }
    first?(outcome)
  }
}
