package import CloudAccess
internal import Dispatch
package import HTTPClient
package import Model
internal import Synchronization

/// Tokens of all collectors: one giver for each identity and purpose.
package final class CloudTokens: Sendable {
  private struct Key: Hashable {
    var google: GoogleIdentity?
    var azure: AzureIdentity?
    var purpose: String
    var giver: String?
  }

  private let http: HTTPClient
  private let time: any TimeSource
  private let known = Mutex<[Key: BearerTokens]>([:])

  package init(http: HTTPClient, time: any TimeSource) {
    self.http = http
    self.time = time
  }

  func google(_ identity: GoogleIdentity, metadataHost: String?) -> BearerTokens {
    let scope = "https://www.googleapis.com/auth/monitoring.read"
    return of(Key(google: identity, azure: nil, purpose: scope, giver: metadataHost)) {
      identity.tokens(scope: scope, metadataHost: metadataHost, http: http, time: time)
    }
  }

  func azure(_ identity: AzureIdentity, resource: String, authority: String?) -> BearerTokens {
    of(Key(google: nil, azure: identity, purpose: resource, giver: authority)) {
      identity.tokens(for: resource, authority: authority, http: http, time: time)
    }
  }

  private func of(_ key: Key, make: () -> BearerTokens) -> BearerTokens {
    known.withLock { known in
      if let tokens = known[key] { return tokens }
      let made = make()
      known[key] = made
      return made
    }
  }

  func sender(_ tokens: BearerTokens) -> CloudSender { CloudSender(http: http, tokens: tokens, time: time) }
}

/// Sends requests with a token and tries again what may succeed, all inside the time that a request has.
package final class CloudSender: Sendable {
  package typealias Answer = Result<[UInt8], CloudFailure>

  private let http: HTTPClient
  private let tokens: BearerTokens
  private let time: any TimeSource
  private static let attempts = 3
  /// Seconds. A service that is confused must not be left alone for ever.
  private static let longestQuiet: Int64 = 3600

  package init(http: HTTPClient, tokens: BearerTokens, time: any TimeSource) {
    self.http = http
    self.tokens = tokens
    self.time = time
  }

  /// `completion` is called once, within about `timeout`, on any thread.
  func send(
    _ request: HTTPRequest, timeout: Duration, failure: @escaping @Sendable (HTTPResult) -> CloudFailure,
    _ completion: @escaping @Sendable (Answer) -> Void
  ) {
    let isOpen = Mutex(true)
    let box = OnceBox(isOpen) { completion($0) }
    guard timeout > .zero else { return box.settle(.failure(CloudFailure(.timeout, "no time was left"))) }
    let deadline = time.monotonic + timeout
    // The giver of tokens has a time-out of its own, which others wait for too.
    let late = DispatchTime.now() + .nanoseconds(Int(clamping: timeout.nanoseconds))
    DispatchQueue.global().asyncAfter(deadline: late) {
      box.settle(.failure(CloudFailure(.timeout, "no answer in time")))
    }
    attempt(1, request, deadline, failure) { box.settle($0) }
  }

  private final class OnceBox: Sendable {
    private let isOpen: Mutex<Bool>
    private let completion: @Sendable (Answer) -> Void

    init(_ isOpen: consuming sending Mutex<Bool>, _ completion: @escaping @Sendable (Answer) -> Void) {
      self.isOpen = isOpen
      self.completion = completion
    }

    func settle(_ answer: Answer) {
      let isFirst = isOpen.withLock { isOpen in
        defer { isOpen = false }
        return isOpen
      }
      if isFirst { completion(answer) }
    }
  }

  private func attempt(
    _ number: Int, _ request: HTTPRequest, _ deadline: MonotonicInstant,
    _ failure: @escaping @Sendable (HTTPResult) -> CloudFailure,
    _ completion: @escaping @Sendable (Answer) -> Void
  ) {
    tokens.token { [self] answer in
      switch answer {
      case .failure(let refusal): completion(.failure(CloudFailure(refusal.reason, refusal.detail)))
      case .success(let token):
        let left = deadline - time.monotonic
        guard left > .zero else { return completion(.failure(CloudFailure(.timeout, "no time was left"))) }
        var signed = request
        signed.headers.append(HTTPHeader("Authorization", "Bearer \(token)", isSecret: true))
        // A server that hangs must not have it all: another try may reach one that does not.
        signed.timeout = number < Self.attempts ? max(left * 0.6, .milliseconds(1)) : left
        http.start(signed) { [self] result in
          if result.failure == nil, result.status == 200 { return completion(.success(result.body)) }
          if result.status == 401 { tokens.forget(token) }
          let problem = Self.problem(result, failure)
          let isExpired = result.status == 401 && number == 1
          let pause = isExpired ? .zero : Self.pause(after: problem, number)
          let rest = deadline - time.monotonic
          guard number < Self.attempts, isExpired || problem.isTransient, pause * 2 < rest else {
            return completion(.failure(problem))
          }
          let moment = DispatchTime.now() + .nanoseconds(Int(clamping: pause.nanoseconds))
          DispatchQueue.global().asyncAfter(deadline: moment) { [self] in
            attempt(isExpired ? 2 : number + 1, request, deadline, failure, completion)
          }
        }
      }
    }
  }

  private static func problem(
    _ result: HTTPResult, _ failure: (HTTPResult) -> CloudFailure
  ) -> CloudFailure {
    if let lost = result.failure {
      let transient: Set<FailureReason> = [.timeout, .refused, .reset, .unreachable, .dns, .tlsHandshake]
      return CloudFailure(
        lost.reason, lost.detail, isTransient: transient.contains(lost.reason) && !lost.isCancelled)
    }
    var problem = failure(result)
    if let text = result.headers["Retry-After"], let seconds = Int64(text), seconds >= 0 {
      problem.retryAfter = .seconds(min(seconds, longestQuiet))
    }
    return problem
  }

  private static func pause(after failure: CloudFailure, _ number: Int) -> Duration {
    failure.retryAfter
      ?? .milliseconds(200) * (1 << min(number - 1, 10)) * Double.random(in: 0.5...1)
  }
}

/// What the status of an answer means wherever no word of the service says more.
func failureKind(status: Int) -> (reason: FailureReason, isTransient: Bool) {
  switch status {
  case 401: (.authentication, false)
  case 403: (.permission, false)
  case 404: (.missing, false)
  case 429: (.limit, true)
  case 300...399: (.redirect, false)
  case 500...: (.status, true)
  default: (.query, false)
  }
}
