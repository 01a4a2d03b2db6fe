package import Model

/// Credentials and how long they are good.
package struct AWSTimedCredentials: Hashable, Sendable {
  package var credentials: AWSCredentials
  /// nil: for as long as nobody changes them.
  package var expires: Timestamp?

  package init(_ credentials: AWSCredentials, expires: Timestamp? = nil) {
    self.credentials = credentials
    self.expires = expires
  }
}

/// Decides when credentials are fetched, and what is said meanwhile. Pure.
///
/// - What is held is used until a minute before it expires, and fetched anew well before that, beside the requests.
/// - One fetch is under way at a time; who has nothing waits for it.
/// - After a failed fetch the next one waits, longer from time to time: the metadata service of a host limits its
///   guests together.
package struct AWSCredentialsState: Sendable {
  package enum Step: Equatable, Sendable {
    /// `refresh`: begin a fetch beside it.
    case use(AWSCredentials, refresh: Bool)
    /// `fetch`: begin the one that is waited for.
    case wait(fetch: Bool)
    case refuse(AWSFailure)
  }

  /// Used no longer than until so long before the end.
  private static let margin = Duration.seconds(60)
  /// Of credentials without an end: files and environments change without notice.
  private static let reread = Duration.seconds(60)
  private static let longestPause = Duration.seconds(60)

  private var held: AWSTimedCredentials?
  private var refreshAt: Timestamp?
  private var isFetching = false
  private var failure: AWSFailure?
  private var failures = 0
  private var retryAt: MonotonicInstant?

  package init() {}

  package mutating func ask(_ now: Timestamp, _ monotonic: MonotonicInstant) -> Step {
    let mayFetch = !isFetching && retryAt.map { $0 <= monotonic } ?? true
    if let held, held.expires.map({ now < $0 - Self.margin }) ?? true {
      let isDue = refreshAt.map { $0 <= now } ?? false
      if isDue, mayFetch { isFetching = true }
      return .use(held.credentials, refresh: isDue && mayFetch)
    }
    if isFetching { return .wait(fetch: false) }
    if !mayFetch, let failure { return .refuse(failure) }
    isFetching = true
    return .wait(fetch: true)
  }

  /// The fetch ended. What is returned is for all who wait.
  package mutating func fetched(
    _ result: Result<AWSTimedCredentials, AWSFailure>, _ now: Timestamp, _ monotonic: MonotonicInstant
  ) -> Result<AWSCredentials, AWSFailure> {
    isFetching = false
    switch result {
    case .success(let new):
      guard let expires = new.expires else { return take(new, refreshAt: now + Self.reread) }
      let life = expires - now
      guard life > Self.margin else {
        let failure = AWSFailure(
          .authentication,
          "the credentials that were given ended at \(expires.rfc3339): their source, or this machine's clock, is wrong"
        )
        return fail(failure, now, monotonic)
      }
      return take(new, refreshAt: expires - max(min(life / 4, .seconds(900)), Self.margin * 2))
    case .failure(let failure): return fail(failure, now, monotonic)
    }
  }

  /// AWS does not take these any more, whatever was said of their end.
  package mutating func discard(_ credentials: AWSCredentials) {
    if held?.credentials == credentials { held = nil }
  }

  private mutating func take(
    _ new: AWSTimedCredentials, refreshAt: Timestamp
  ) -> Result<AWSCredentials, AWSFailure> {
    held = new
    self.refreshAt = refreshAt
    failure = nil
    failures = 0
    retryAt = nil
    return .success(new.credentials)
  }

  private mutating func fail(
    _ failure: AWSFailure, _ now: Timestamp, _ monotonic: MonotonicInstant
  ) -> Result<AWSCredentials, AWSFailure> {
    self.failure = failure
    failures = min(failures + 1, 10)
    retryAt = monotonic + min(.seconds(1 << (failures - 1)), Self.longestPause)
    if let held, held.expires.map({ now < $0 }) ?? true { return .success(held.credentials) }
    return .failure(failure)
  }
}
