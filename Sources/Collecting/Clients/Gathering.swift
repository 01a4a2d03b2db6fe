internal import Synchronization

/// Collects the answers of several parts of one collection, which come on any thread, and hands them on once.
package final class Gathering<Key: Hashable & Sendable, Answer: Sendable>: Sendable {
  private let state: Mutex<(waiting: Int, answers: [Key: Answer])>
  private let completion: @Sendable ([Key: Answer]) -> Void

  /// - Parameter expected: how many answers will come; with 0 `completion` is called at once.
  package init(expected: Int, _ completion: @escaping @Sendable ([Key: Answer]) -> Void) {
    state = Mutex((expected, [:]))
    self.completion = completion
    if expected == 0 { completion([:]) }
  }

  package func add(_ key: Key, _ answer: Answer) {
    let all: [Key: Answer]? = state.withLock { state in
      state.answers[key] = answer
      state.waiting -= 1
      return state.waiting == 0 ? state.answers : nil
    }
    if let all { completion(all) }
  }
}
