internal import Model
internal import Synchronization
internal import Threading

/// Looks up all addresses of a host with the system's resolver, on a bounded number of threads.
///
/// `getaddrinfo` cannot be cancelled: a look-up that outlives its askers keeps its thread until the system gives up
/// (glibc: 10 s for each server of `resolv.conf`, as it is set up by default). Names that nobody answers hold half of
/// the threads at most; ``LookUps`` says who is looked up when, and what happens at the limits.
package final class HostResolver: Sendable {
  package typealias Answer = Result<[String], HTTPFailure>

  /// What was done since the start, and what is under way.
  package struct Statistics: Sendable, Equatable {
    /// Look-ups that were begun.
    package var begun = 0
    /// Askers that shared the look-up of another.
    package var shared = 0
    /// Askers that were given the last good answer, because there was none in half of their time.
    package var remembered = 0
    /// Askers that had no look-up, because no thread was free in time.
    package var notBegun = 0
    /// Askers whose look-up was under way when their time was over.
    package var timedOut = 0
    /// Look-ups under way, each on a thread of its own.
    package var running = 0
    /// The most that ``running`` ever was.
    package var mostRunning = 0
    /// Names that wait for a thread.
    package var waiting = 0
    /// Names whose last look-up took too long.
    package var suspects = 0
  }

  /// How long the last good answer of a name may stand in for a new one.
  package static let memory = LookUps.Limits().memory

  private let desk: LookUpDesk

  package convenience init() {
    self.init(LookUps.Limits(), SystemLookUp.addresses)
  }

  init(_ limits: LookUps.Limits, _ lookUp: @escaping @Sendable (LookUps.Name) -> Answer) {
    desk = LookUpDesk(limits, lookUp)
  }

  deinit { desk.close() }

  package var statistics: Statistics { desk.statistics }

  /// Calls `completion` exactly once, on a thread of the resolver (on the caller's when it has no room), with the
  /// distinct addresses in the order of their text, at least one; or with a failure:
  ///
  /// - `dns`: the resolver says that there are none.
  /// - `timeout`: the look-up was under way for half of `timeout` at least, and no answer came.
  /// - `limit`: no thread was free to begin it in the first half of `timeout`. That is known, and said, after that
  ///   half, and is no evidence against the host.
  ///
  /// - Parameter mayRemember: where there is no answer after half of `timeout`, be it that the look-up has not begun
  ///   or that it hangs, the last good one is given, if it is at most ``memory`` old. Not for who measures DNS itself.
  package func resolve(
    _ host: String, family: HTTPRequest.AddressFamily = .any, timeout: Duration, mayRemember: Bool = false,
    _ completion: @escaping @Sendable (Answer) -> Void
  ) {
    desk.ask(LookUps.Name(host: host, family: family), timeout, mayRemember: mayRemember, completion)
  }
}

/// Carries out what ``LookUps`` decides. Its threads may outlive the resolver, until everybody was told.
private final class LookUpDesk: Sendable {
  private struct State {
    var lookUps: LookUps
    var completions: [LookUps.AskerID: @Sendable (HostResolver.Answer) -> Void] = [:]
    var lastAsker: LookUps.AskerID = 0
    var hasClock = false
    var isClosed = false

    /// With what those who are told are waiting in.
    mutating func calls(_ steps: LookUps.Steps) -> Calls {
      Calls(
        begun: steps.begun,
        told: steps.told.compactMap { told in
          completions.removeValue(forKey: told.asker).map { (told.answer, $0) }
        })
    }
  }

  private struct Calls {
    var begun: [LookUps.Name]
    var told: [(answer: HostResolver.Answer, completion: @Sendable (HostResolver.Answer) -> Void)]
  }

  private let state: Mutex<State>
  private let lookUp: @Sendable (LookUps.Name) -> HostResolver.Answer
  /// Wakes the clock: something is due earlier than it knew.
  private let bell = Bell()
  private let time = SystemTime()

  init(_ limits: LookUps.Limits, _ lookUp: @escaping @Sendable (LookUps.Name) -> HostResolver.Answer) {
    state = Mutex(State(lookUps: LookUps(limits)))
    self.lookUp = lookUp
  }

  var statistics: HostResolver.Statistics { state.withLock { $0.lookUps.statistics } }

  func close() {
    state.withLock { $0.isClosed = true }
    bell.ring()
  }

  func ask(
    _ name: LookUps.Name, _ timeout: Duration, mayRemember: Bool,
    _ completion: @escaping @Sendable (HostResolver.Answer) -> Void
  ) {
    guard hasClock() else {
      return completion(.failure(HTTPFailure(.limit, "no thread left to look up names")))
    }
    let now = time.monotonic
    let (answer, calls, mustRing) = state.withLock { state -> (HostResolver.Answer?, Calls?, Bool) in
      let dueBefore = state.lookUps.nextDue
      state.lastAsker &+= 1
      let asker = state.lastAsker
      let answer = state.lookUps.ask(name, as: asker, timeout: timeout, mayRemember: mayRemember, now: now)
      if let answer { return (answer, nil, false) }
      state.completions[asker] = completion
      let calls = state.calls(state.lookUps.proceed(now))
      guard let due = state.lookUps.nextDue else { return (nil, calls, false) }
      return (nil, calls, dueBefore.map { due < $0 } ?? true)
    }
    if let answer { return completion(answer) }
    if mustRing { bell.ring() }
    if let calls { perform(calls) }
  }

  private func perform(_ calls: Calls) {
    for name in calls.begun { begin(name) }
    for (answer, completion) in calls.told { completion(answer) }
  }

  private func begin(_ name: LookUps.Name) {
    do throws(OwnThread.Failure) {
      try OwnThread.detached("farwatch-name") { [self] in work(name) }
    } catch {
      perform(
        state.withLock { $0.calls($0.lookUps.refused(name, error.description, now: time.monotonic)) })
    }
  }

  /// One thread: looks up until nothing waits.
  private func work(_ first: LookUps.Name) {
    var mine: LookUps.Name? = first
    while let name = mine {
      let answer = lookUp(name)
      var calls = state.withLock { $0.calls($0.lookUps.ended(name, answer, now: time.monotonic)) }
      mine = calls.begun.isEmpty ? nil : calls.begun.removeFirst()
      perform(calls)
    }
  }

  /// The clock's thread runs from the first look-up on; false when the system gives none.
  private func hasClock() -> Bool {
    let mustStart = state.withLock { state in
      defer { state.hasClock = true }
      return !state.hasClock
    }
    guard mustStart else { return true }
    do throws(OwnThread.Failure) {
      try OwnThread.detached("farwatch-names") { [self] in keepTime() }
      return true
    } catch {
      state.withLock { $0.hasClock = false }
      return false
    }
  }

  private func keepTime() {
    while true {
      let (calls, due, isOver) = state.withLock { state in
        let calls = state.calls(state.lookUps.proceed(time.monotonic))
        return (calls, state.lookUps.nextDue, state.isClosed && state.completions.isEmpty)
      }
      perform(calls)
      if isOver { return }
      _ = bell.wait(upTo: due.map { $0 - time.monotonic } ?? .seconds(3600))
    }
  }
}
