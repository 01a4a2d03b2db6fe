internal import Dispatch
package import Model
internal import Synchronization

/// As whom AWS is asked: credentials that are fetched once for all, and renewed before they end.
package final class AWSIdentity: Sendable {
  package typealias Answer = Result<AWSCredentials, AWSFailure>
  package typealias Fetch =
    @Sendable (_ completion: @escaping @Sendable (Result<AWSTimedCredentials, AWSFailure>) -> Void) -> Void

  private struct State: Sendable {
    var credentials = AWSCredentialsState()
    var waiting: [Int: @Sendable (Answer) -> Void] = [:]
    var nextNumber = 0
  }

  private let fetch: Fetch
  private let time: any TimeSource
  private let state = Mutex(State())
  /// Who waits for credentials, beyond which one more is refused.
  private static let waitingLimit = 10_000

  package init(time: any TimeSource, fetch: @escaping Fetch) {
    self.time = time
    self.fetch = fetch
  }

  /// Credentials that are good for a minute more at least. `completion` is called once, on any thread, within `timeout`
  /// when they must be waited for.
  package func credentials(timeout: Duration, _ completion: @escaping @Sendable (Answer) -> Void) {
    let (now, monotonic) = (time.now, time.monotonic)
    let (step, number) = state.withLock { state in
      let step = state.credentials.ask(now, monotonic)
      guard case .wait = step, state.waiting.count < Self.waitingLimit else { return (step, -1) }
      state.nextNumber += 1
      state.waiting[state.nextNumber] = completion
      return (step, state.nextNumber)
    }
    switch step {
    case .use(let credentials, let refresh):
      if refresh { begin() }
      completion(.success(credentials))
    case .refuse(let failure): Self.later { completion(.failure(failure)) }
    case .wait(let fetch):
      if fetch { begin() }
      guard number >= 0 else {
        return Self.later { completion(.failure(AWSFailure(.limit, "too many wait for credentials"))) }
      }
      let moment = DispatchTime.now() + .nanoseconds(Int(clamping: max(timeout, .zero).nanoseconds))
      DispatchQueue.global().asyncAfter(deadline: moment) { [weak self] in
        let late = self?.state.withLock { $0.waiting.removeValue(forKey: number) }
        late?(.failure(AWSFailure(.timeout, "no credentials came in time", isTransient: true)))
      }
    }
  }

  /// Who is refused at once may ask again at once: not on one growing stack.
  private static func later(_ work: @escaping @Sendable () -> Void) {
    DispatchQueue.global().async(execute: work)
  }

  /// AWS said that these are over: the next who asks waits for others.
  package func discard(_ credentials: AWSCredentials) {
    state.withLock { $0.credentials.discard(credentials) }
  }

  private func begin() {
    fetch { [self] result in
      let (now, monotonic) = (time.now, time.monotonic)
      let (answer, waiting) = state.withLock { state in
        let answer = state.credentials.fetched(result, now, monotonic)
        defer { state.waiting = [:] }
        return (answer, state.waiting)
      }
      for (_, completion) in waiting.sorted(by: { $0.key < $1.key }) { completion(answer) }
    }
  }
}
