internal import FoundationEssentials
package import HTTPClient
package import Model
internal import Synchronization

/// Why there is no token.
package struct TokenFailure: Error, Hashable, Sendable {
  package let reason: FailureReason
  /// For people: names who was asked and what he said, never a secret.
  package let detail: String

  package init(_ reason: FailureReason, _ detail: String) {
    self.reason = reason
    self.detail = detail
  }
}

/// Bearer tokens of OAuth 2: asked for when one is needed, kept until shortly before they expire.
///
/// However many ask, one request is under way; a refusal is kept for some seconds, so that a wrong secret does not
/// hammer the server that gives tokens out.
package final class BearerTokens: Sendable {
  package typealias Completion = @Sendable (Result<String, TokenFailure>) -> Void
  /// Makes the request for a token, signed as of the given moment. May read files.
  package typealias Asking = @Sendable (Timestamp) throws(TokenFailure) -> HTTPRequest

  private struct State {
    var token: String?
    var goodUntil = MonotonicInstant(nanoseconds: .min)
    var refusal: TokenFailure?
    var askAgain = MonotonicInstant(nanoseconds: .min)
    var waiting: [Completion] = []
    var isAsking = false
  }

  /// How long before its end a token is not used any more.
  private static let margin = Duration.seconds(120)
  private static let pause = Duration.seconds(10)

  private let who: String
  private let http: HTTPClient
  private let time: any TimeSource
  private let ask: Asking
  private let state = Mutex(State())

  /// - Parameter who: names the giver of tokens in failures.
  package init(_ who: String, http: HTTPClient, time: any TimeSource, ask: @escaping Asking) {
    self.who = who
    self.http = http
    self.time = time
    self.ask = ask
  }

  /// `completion` is called once, on any thread, perhaps before this returns.
  package func token(_ completion: @escaping Completion) {
    let now = time.monotonic
    enum Next { case answer(Result<String, TokenFailure>), wait, ask }
    let next: Next = state.withLock { state in
      if let token = state.token, now < state.goodUntil { return .answer(.success(token)) }
      if let refusal = state.refusal, now < state.askAgain { return .answer(.failure(refusal)) }
      state.waiting.append(completion)
      defer { state.isAsking = true }
      return state.isAsking ? .wait : .ask
    }
    switch next {
    case .answer(let answer): completion(answer)
    case .wait: break
    case .ask:
      do throws(TokenFailure) {
        http.start(try ask(time.now)) { [self] in settle(read($0)) }
      } catch { settle(.failure(error)) }
    }
  }

  /// A server refused the token: the next request asks for a new one.
  package func forget() { state.withLock { $0.token = nil } }

  private func settle(_ answer: Result<(token: String, lifetime: Duration), TokenFailure>) {
    let now = time.monotonic
    let waiting = state.withLock { state in
      switch answer {
      case .success(let given):
        state.token = given.token
        // One that lives shorter than the margin is used for half its life.
        state.goodUntil = now + max(given.lifetime - Self.margin, given.lifetime / 2)
        state.refusal = nil
      case .failure(let failure):
        state.token = nil
        state.refusal = failure
        state.askAgain = now + Self.pause
      }
      state.isAsking = false
      defer { state.waiting = [] }
      return state.waiting
    }
    for completion in waiting { completion(answer.map(\.token)) }
  }

  private struct Grant: Decodable {
    enum CodingKeys: String, CodingKey {
      case accessToken = "access_token"
      case expiresIn = "expires_in"
    }

    var accessToken: String
    /// Seconds; Azure's metadata service writes it as text.
    var expiresIn: Lifetime?

    enum Lifetime: Decodable {
      case seconds(Double)
      init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let number = try? value.decode(Double.self) {
          self = .seconds(number)
        } else {
          self = .seconds(Double(try value.decode(String.self)) ?? 300)
        }
      }
    }
  }

  private struct Refusal: Decodable {
    var error: String?
  }

  private func read(_ result: HTTPResult) -> Result<(token: String, lifetime: Duration), TokenFailure> {
    if let failure = result.failure {
      return .failure(TokenFailure(failure.reason, "\(who): \(failure.detail)"))
    }
    let body = Data(result.body)
    guard result.status == 200 else {
      // The code alone: descriptions repeat what was sent.
      let code = (try? JSONDecoder().decode(Refusal.self, from: body))?.error.map(Self.plain)
      let status = result.status.map { "status \($0)" } ?? "no status"
      let refused = [400, 401, 403].contains(result.status ?? 0)
      return .failure(
        TokenFailure(
          refused ? .authentication : .status,
          "\(who) gives no token: \(status)" + (code.map { ", \($0)" } ?? "")))
    }
    guard let grant = try? JSONDecoder().decode(Grant.self, from: body), !grant.accessToken.isEmpty,
      grant.accessToken.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
    else { return .failure(TokenFailure(.protocolError, "\(who) answers without a token")) }
    var lifetime = 300.0
    if case .seconds(let seconds)? = grant.expiresIn, seconds.isFinite { lifetime = seconds }
    return .success((grant.accessToken, .seconds(min(max(lifetime, 1), 86_400))))
  }

  private static func plain(_ text: String) -> String {
    String(text.unicodeScalars.filter { (0x21...0x7e).contains($0.value) }.prefix(60).map(Character.init))
  }
}
