internal import Synchronization

/// How jobs reach a client's thread that waits in `poll` or `epoll`: a limited number at once, until it is stopped.
package final class Intake<Job: Sendable>: Sendable {
  /// Why a job is not taken.
  package enum Refusal: Sendable, Equatable {
    /// So many are in progress.
    case full(Int)
    case stopped
    /// The thread could not start: nothing will ever run.
    case abandoned
  }

  private struct State {
    var outstanding = 0
    var isStopped = false
    var isAbandoned = false
  }

  private let state = Mutex(State())
  private let limit: Int
  /// nil when the system refused it; then the intake is to be abandoned.
  private let box: Letterbox<Job>?

  /// - Parameter limit: jobs in progress, those that wait to be taken included.
  package init(limit: Int) {
    self.limit = limit
    box = try? Letterbox(orThrow: OwnThread.Failure.init)
  }

  /// Readable when there is something to take; −1 when the system refused one.
  package var descriptor: CInt { box?.descriptor ?? -1 }

  /// nil when the thread will see `job`.
  package func submit(_ job: Job) -> Refusal? {
    state.withLock { state in
      guard let box, !state.isAbandoned else { return .abandoned }
      if state.isStopped { return .stopped }
      guard state.outstanding < limit else { return .full(limit) }
      state.outstanding += 1
      // Under the lock, so that whoever finds it stopped or abandoned has every job that was taken.
      box.post(job)
      return nil
    }
  }

  /// No job is taken from now on; the thread is to end.
  package func stop() {
    state.withLock { $0.isStopped = true }
    box?.ring()
  }

  /// Nothing will run: refuses from now on.
  ///
  /// - Returns: what was taken already and is to be failed.
  package func abandon() -> [Job] {
    state.withLock { state in
      state.isAbandoned = true
      return box?.empty() ?? []
    }
  }

  /// Takes everything that waits, oldest first. Owner's thread only; does not wait.
  package func take() -> (jobs: [Job], isStopped: Bool) {
    state.withLock { (box?.empty() ?? [], $0.isStopped) }
  }

  /// A job is over: another one may come.
  package func finishedOne() { state.withLock { $0.outstanding -= 1 } }
}
