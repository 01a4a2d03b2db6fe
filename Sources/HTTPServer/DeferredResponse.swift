internal import Synchronization

/// An answer that is made elsewhere and later, while the server's thread serves others.
///
/// The handler returns it as the body `.deferred`; whoever makes the answer keeps the object and calls
/// ``complete(_:)`` once, on any thread, also before the handler returns. When the last reference goes without an
/// answer, the client gets a 500. When the client leaves or the server stops, the answer is abandoned: what is given
/// then goes nowhere.
package final class DeferredResponse: Sendable {
  let hold = DeferredHold()

  package init() {}

  deinit { hold.complete(.text(500, "the answer was lost\n")) }

  /// Instead of an answer: the handler is asked the same request again, on a thread of the server.
  package func askAgain() { hold.settle(.again) }

  /// Only the first answer counts.
  package func complete(_ response: HTTPServerResponse) { hold.complete(response) }

  /// Runs `body` when nobody waits for the answer any more, on a thread of the server; at once when that is so already.
  package func whenAbandoned(_ body: @escaping @Sendable () -> Void) { hold.whenAbandoned(body) }

  /// Runs `body` with the answer when it is there; at once when it is. For tests, which have no server.
  package func whenGiven(_ body: @escaping @Sendable (HTTPServerResponse) -> Void) { hold.whenGiven(body) }

  /// The answer, if it is there: a 503 when nobody waits any more.
  package var response: HTTPServerResponse? { hold.response }

  /// As if the client had left. For tests, which have no server.
  package func abandon() { hold.end() }
}

/// What the server keeps of a ``DeferredResponse``, so that the maker's last reference is the last.
final class DeferredHold: ConnectionHold {
  enum Outcome: Sendable {
    case answer(HTTPServerResponse)
    case again
  }

  private struct State {
    var outcome: Outcome?
    var connection = SuspendableConnection()
    var isAbandoned = false
    var whenAbandoned: (@Sendable () -> Void)?
    var whenGiven: (@Sendable (HTTPServerResponse) -> Void)?
  }

  private let state = Mutex(State())

  func complete(_ response: HTTPServerResponse) { settle(.answer(response)) }

  func settle(_ outcome: Outcome) {
    let tell = state.withLock { state -> (@Sendable (HTTPServerResponse) -> Void)? in
      guard state.outcome == nil else { return nil }
      state.outcome = outcome
      state.whenAbandoned = nil
      state.connection.resume()
      defer { state.whenGiven = nil }
      return state.whenGiven
    }
    if case .answer(let response) = outcome { tell?(response) }
  }

  /// Nobody waits any more.
  func end() {
    let tell = state.withLock { state -> (@Sendable () -> Void)? in
      guard state.outcome == nil, !state.isAbandoned else { return nil }
      state.isAbandoned = true
      defer { state.whenAbandoned = nil }
      return state.whenAbandoned
    }
    tell?()
    complete(.text(503, "the server is stopping\n"))
  }

  func whenAbandoned(_ body: @escaping @Sendable () -> Void) {
    let isNow = state.withLock { state in
      if !state.isAbandoned, state.outcome == nil { state.whenAbandoned = body }
      return state.isAbandoned
    }
    if isNow { body() }
  }

  var response: HTTPServerResponse? {
    state.withLock { if case .answer(let response)? = $0.outcome { response } else { nil } }
  }

  func whenGiven(_ body: @escaping @Sendable (HTTPServerResponse) -> Void) {
    let given = state.withLock { state -> HTTPServerResponse? in
      if case .answer(let response)? = state.outcome { return response }
      state.whenGiven = body
      return nil
    }
    if let given { body(given) }
  }

  /// What became of it, if that is known; else the connection is suspended until it is.
  func outcome(orSuspend connection: OpaquePointer) -> Outcome? {
    // A number, because a pointer cannot be handed into a region of its own.
    let bits = UInt(bitPattern: connection)
    return state.withLock { state in
      if let outcome = state.outcome { return outcome }
      guard let connection = OpaquePointer(bitPattern: bits) else { return nil }
      state.connection.attach(connection)
      state.connection.suspend()
      return nil
    }
  }
}

extension HTTPServerResponse {
  /// What this answer waits for; nil when it waits for nothing.
  package var deferred: DeferredResponse? {
    if case .deferred(let later) = body { later } else { nil }
  }
}
