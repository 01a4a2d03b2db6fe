internal import Dispatch
package import HTTPClient
package import Model

/// Signs calls with an identity, sends them, and tries again what may succeed, all inside the time that a call has.
///
/// Completions come on any thread, exactly once, and never from inside ``send(_:timeout:_:)`` unless the HTTP client
/// refuses the request.
package final class AWSRequester: Sendable {
  package typealias Answer = Result<AWSReply, AWSFailure>

  private let http: HTTPClient
  /// nil: calls go out unsigned.
  private let identity: AWSIdentity?
  private let time: any TimeSource
  private let retry: AWSRetry
  private let chance: @Sendable () -> Double

  package init(
    http: HTTPClient, identity: AWSIdentity?, time: any TimeSource = SystemTime(),
    retry: AWSRetry = AWSRetry(),
    chance: @escaping @Sendable () -> Double = { Double.random(in: 0...1) }
  ) {
    self.http = http
    self.identity = identity
    self.time = time
    self.retry = retry
    self.chance = chance
  }

  package func send(_ call: AWSCall, timeout: Duration, _ completion: @escaping @Sendable (Answer) -> Void) {
    attempt(1, call, deadline: time.monotonic + timeout, completion)
  }

  private func attempt(
    _ number: Int, _ call: AWSCall, deadline: MonotonicInstant,
    _ completion: @escaping @Sendable (Answer) -> Void
  ) {
    guard let identity else { return transmit(number, call, nil, deadline: deadline, completion) }
    identity.credentials(timeout: deadline - time.monotonic) { [self] answer in
      switch answer {
      case .success(let credentials): transmit(number, call, credentials, deadline: deadline, completion)
      case .failure(let failure): completion(.failure(failure))
      }
    }
  }

  private func transmit(
    _ number: Int, _ call: AWSCall, _ credentials: AWSCredentials?, deadline: MonotonicInstant,
    _ completion: @escaping @Sendable (Answer) -> Void
  ) {
    let left = deadline - time.monotonic
    guard left > .zero else {
      let failure = AWSFailure(.timeout, "\(call.action): no time was left to ask")
      return DispatchQueue.global().async { completion(.failure(failure)) }
    }
    var request = call.request(timeout: retry.timeout(attempt: number, left: left))
    if let credentials {
      let signature = AWSSignature(credentials: credentials, region: call.region, service: call.service)
      do throws(AWSSignatureFailure) {
        try signature.sign(&request, at: time.now)
      } catch {
        let failure = AWSFailure(.configuration, error.description)
        return DispatchQueue.global().async { completion(.failure(failure)) }
      }
    }
    http.start(request) { [self] result in
      let answer = judge(result)
      guard case .failure(let failure) = answer else { return completion(answer) }
      let left = deadline - time.monotonic
      if failure.meansExpiredCredentials, let credentials, number == 1, left > .zero {
        identity?.discard(credentials)
        return attempt(2, call, deadline: deadline, completion)
      }
      guard let pause = retry.pause(after: failure, attempt: number, left: left, chance: chance()) else {
        return completion(.failure(failure))
      }
      let moment = DispatchTime.now() + .nanoseconds(Int(clamping: pause.nanoseconds))
      DispatchQueue.global().asyncAfter(deadline: moment) { [self] in
        attempt(number + 1, call, deadline: deadline, completion)
      }
    }
  }

  private func judge(_ result: HTTPResult) -> Answer {
    if let failure = result.failure { return .failure(AWSFailure(failure)) }
    guard let status = result.status, (200...299).contains(status) else {
      return .failure(AWSErrorAnswer.failure(result, at: time.now))
    }
    return .success(AWSReply(headers: result.headers, body: result.body))
  }
}
