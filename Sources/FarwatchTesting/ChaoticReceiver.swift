import Synchronization

/// A receiver over HTTP that fails in every way that receivers fail, as it is told, and remembers what it took.
package final class ChaoticReceiver: Sendable {
  package enum Failure: CaseIterable, Sendable {
    case none, slow, hangs, error, tooMany, redirects, garbage, closes, resets, closesMidway, noHTTP

    /// Whether the message was taken, so that it need not come again.
    var takes: Bool { self == .none || self == .slow }
  }

  package struct Message: Sendable {
    package var body: [UInt8]
    /// Deaths of the sender that had been noted when it came.
    package var deaths: Int
  }

  private struct State {
    var failure = Failure.none
    var deaths = 0
    var taken: [Message] = []
    var refused = 0
  }

  private final class Box: Sendable { let state = Mutex(State()) }

  private let box = Box()
  private let server: LoopbackServer

  package init() throws {
    let box = box
    server = try LoopbackServer { request in
      box.state.withLock { state in
        if state.failure.takes {
          state.taken.append(Message(body: request.body, deaths: state.deaths))
        } else {
          state.refused += 1
        }
        return Self.answer(state.failure)
      }
    }
  }

  package var url: String { server.url("/hook") }
  package var taken: [Message] { box.state.withLock { $0.taken } }
  package var refused: Int { box.state.withLock { $0.refused } }

  package func fail(_ failure: Failure) { box.state.withLock { $0.failure = failure } }
  package func senderDied() { box.state.withLock { $0.deaths += 1 } }
  package func stop() { server.stop() }

  private static func answer(_ failure: Failure) -> [LoopbackServer.Step] {
    switch failure {
    case .none: LoopbackServer.answer()
    case .slow: [.wait(.milliseconds(400))] + LoopbackServer.answer(202)
    case .hangs: [.hang]
    case .error: LoopbackServer.answer(500, "no")
    case .tooMany: LoopbackServer.answer(429, headers: [("Retry-After", "1")])
    case .redirects: LoopbackServer.answer(302, headers: [("Location", "http://127.0.0.1:1/")])
    case .garbage: [.text("\u{1}\u{2} this is no HTTP\r\n\r\n"), .close]
    case .closes: [.close]
    case .resets: [.reset]
    case .closesMidway: [.text("HTTP/1.1 "), .close]
    // What a TLS server says to who speaks plain text.
    case .noHTTP: [.send([0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46]), .close]
    }
  }
}
