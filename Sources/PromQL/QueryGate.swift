internal import Model
internal import Synchronization
internal import Threading

/// Lets a number of queries run at the same time and makes the others wait, first come, first served.
///
/// Safe to use from any thread that may block (never from one of Swift's cooperative threads).
package final class QueryGate: Sendable {
  private struct State {
    var running = 0
    var waiting: [Waiter] = []
  }

  private final class Waiter: Sendable {
    let bell = Bell()
  }

  private let limit: Int
  private let patience: Duration
  private let state = Mutex(State())

  /// - Parameters:
  ///   - limit: queries at the same time, at least 1.
  ///   - patience: how long a query waits before it is refused.
  package init(limit: Int, patience: Duration) {
    self.limit = max(1, limit)
    self.patience = patience
  }

  /// Queries that run and queries that wait.
  package var load: (running: Int, waiting: Int) { state.withLock { ($0.running, $0.waiting.count) } }

  /// Runs `query` when it is its turn; throws when that does not come in time.
  /// - Parameter limit: how long it waits at most, if that is less than the gate's patience.
  package func run<Result>(
    waitingUpTo limit: Duration? = nil, _ query: () throws(EvaluationError) -> Result
  ) throws(EvaluationError) -> Result {
    try enter(min(patience, limit ?? patience))
    defer { leave() }
    return try query()
  }

  private func enter(_ patience: Duration) throws(EvaluationError) {
    let waiter = Waiter()
    let mayGo = state.withLock { state in
      if state.running < limit {
        state.running += 1
        return true
      }
      state.waiting.append(waiter)
      return false
    }
    if mayGo || waiter.bell.wait(upTo: patience) { return }
    let stillWaits = state.withLock { state in
      guard let place = state.waiting.firstIndex(where: { $0 === waiter }) else { return false }
      state.waiting.remove(at: place)
      return true
    }
    // Otherwise the turn came at the last moment, and it is this query's to give on.
    if stillWaits { throw EvaluationError(message: "query timed out in query queue", kind: .timeout) }
  }

  private func leave() {
    let next = state.withLock { state -> Waiter? in
      guard !state.waiting.isEmpty else {
        state.running -= 1
        return nil
      }
      return state.waiting.removeFirst()
    }
    next?.bell.ring()
  }
}
