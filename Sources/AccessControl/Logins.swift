internal import Crypto
internal import HTTPServer
internal import Synchronization
internal import Threading

/// Checks passwords on a thread of its own, because bcrypt is slow by design, and remembers the right ones.
///
/// What a client may cost: ``failureLimit`` wrong passwords, then its logins are refused unread; ``queueLimit`` checks
/// wait at most.
final class Logins: Sendable {
  enum Verdict {
    case known
    /// The answer comes later.
    case checking(DeferredResponse)
    case busy
    /// Too many wrong passwords from this address.
    case barred
  }

  private struct Check: Sendable {
    let user: String
    let password: String
    let hash: PasswordHash?
    let key: [UInt8]
    let client: String
    let answer: DeferredResponse
  }

  private struct State {
    /// Digests of what was right.
    var right: Set<[UInt8]> = []
    var failures = ClientBuckets(Logins.failureLimit)
    var queue: [Check] = []
    var isRunning = false
    var failed: UInt64 = 0
  }

  static let failureLimit = RateLimit(interval: .seconds(6), burst: 10)
  private static let queueLimit = 64
  /// As many as exporter-toolkit keeps.
  private static let rememberedLimit = 100

  private let state = Mutex(State())
  private let monotonic: @Sendable () -> Duration
  private let refusal: @Sendable () -> HTTPServerResponse

  /// - Parameter refusal: what a wrong password is answered with.
  init(monotonic: @escaping @Sendable () -> Duration, refusal: @escaping @Sendable () -> HTTPServerResponse) {
    self.monotonic = monotonic
    self.refusal = refusal
  }

  /// Wrong passwords so far.
  var failed: UInt64 { state.withLock { $0.failed } }

  /// `hash` nil: there is no such user, which takes as long to find out.
  func check(_ user: String, _ password: String, _ hash: PasswordHash?, from client: String) -> Verdict {
    let key = Self.digest(user, password, hash)
    let now = monotonic()
    let answer = DeferredResponse()
    let (verdict, mustStart) = state.withLock { state -> (Verdict, Bool) in
      if state.right.contains(key) { return (.known, false) }
      guard state.failures.hasToken(client, now: now) else { return (.barred, false) }
      guard state.queue.count < Self.queueLimit else { return (.busy, false) }
      state.queue.append(
        Check(user: user, password: password, hash: hash, key: key, client: client, answer: answer))
      defer { state.isRunning = true }
      return (.checking(answer), !state.isRunning)
    }
    if mustStart { start() }
    return verdict
  }

  /// Users have changed.
  func forget() { state.withLock { $0.right = [] } }

  private func start() {
    do throws(OwnThread.Failure) {
      try OwnThread.detached("logins") { [self] in run() }
    } catch {
      // Whoever waits is told that the answer was lost, as soon as nothing holds it any more.
      state.withLock { state in
        state.queue = []
        state.isRunning = false
      }
    }
  }

  /// Ends when nobody waits.
  private func run() {
    while true {
      let next = state.withLock { state -> Check? in
        guard !state.queue.isEmpty else {
          state.isRunning = false
          return nil
        }
        return state.queue.removeFirst()
      }
      guard let next else { return }
      decide(next)
    }
  }

  private func decide(_ check: Check) {
    let now = monotonic()
    let isKnown = state.withLock { $0.right.contains(check.key) }
    let isRight =
      isKnown || ((check.hash ?? PasswordHash.nobody)?.matches(check.password) ?? false) && check.hash != nil
    state.withLock { state in
      if isRight {
        if state.right.count >= Self.rememberedLimit { state.right.removeFirst() }
        state.right.insert(check.key)
      } else {
        state.failed &+= 1
        _ = state.failures.take(check.client, now: now)
      }
    }
    if isRight { check.answer.askAgain() } else { check.answer.complete(refusal()) }
  }

  /// Of the three together, each with its length: nothing that is kept tells a password.
  private static func digest(_ user: String, _ password: String, _ hash: PasswordHash?) -> [UInt8] {
    var sum = SHA256()
    for part in [user, password, hash?.text ?? ""] {
      sum.update(data: Array("\(part.utf8.count):".utf8))
      sum.update(data: Array(part.utf8))
    }
    return Array(sum.finalize())
  }
}
