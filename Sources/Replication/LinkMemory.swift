internal import Collecting
package import Model
internal import Synchronization

/// What one measurement of a link has to say.
package struct LinkPass: Sendable {
  package let readings: [Reading]
  package let verdict: Outcome.Verdict
}

/// What a link's collector remembers from one pass to the next, and the end of a pass: the answers of all its servers
/// are read together. Passes never overlap.
final class LinkMemory<State: Sendable>: Sendable {
  /// Held for the reading of one pass.
  private let state: Mutex<State>
  private let time: any TimeSource

  init(_ state: State, time: any TimeSource) {
    self.state = Mutex(state)
    self.time = time
  }

  /// A pass that begins now and ends with the answer that is the `count`th.
  ///
  /// - Parameter observe: takes the answers, by what they were added under, as of a moment.
  func pass<Answer: Sendable>(
    over count: Int, _ completion: @escaping @Sendable (Outcome) -> Void,
    _ observe: @escaping @Sendable (inout State, [String: Answer], Timestamp) -> LinkPass
  ) -> Gathering<String, Answer> {
    let (startedAt, began) = (time.now, time.monotonic)
    return Gathering(expected: count) { answers in
      let now = self.time.now
      let read = self.state.withLock { observe(&$0, answers, now) }
      completion(
        Outcome(
          startedAt: startedAt, finishedAt: now, took: self.time.monotonic - began, verdict: read.verdict,
          readings: read.readings))
    }
  }
}
