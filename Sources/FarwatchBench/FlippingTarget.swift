import HTTPServer
import Model
import Synchronization

/// A health endpoint that is told to be well or ill, and remembers when it first said so.
final class FlippingTarget: Sendable {
  private final class Health: Sendable {
    struct State {
      var isWell = true
      /// Just before the first answer since the turn goes to the server: a little before its last byte leaves.
      var firstAnswerAt: MonotonicInstant?
    }
    let state = Mutex(State())

    func answer() -> HTTPServerResponse {
      let isWell = state.withLock { state in
        if state.firstAnswerAt == nil { state.firstAnswerAt = SystemTime().monotonic }
        return state.isWell
      }
      return .text(isWell ? 200 : 503, isWell ? "well\n" : "ill\n")
    }
  }

  private let health = Health()
  private let server: HTTPServer

  init() throws {
    let health = health
    server = try HTTPServer(HTTPServerSettings(address: "127.0.0.1:0")) { _ in health.answer() }
  }

  var url: String { "http://127.0.0.1:\(server.port)/health" }

  /// Changes what is answered; returns when.
  @discardableResult func turn(well: Bool) -> MonotonicInstant {
    health.state.withLock { state in
      state.isWell = well
      state.firstAnswerAt = nil
      return SystemTime().monotonic
    }
  }

  /// When the first answer since the last turn was given.
  var firstAnswerAt: MonotonicInstant? { health.state.withLock { $0.firstAnswerAt } }

  func stop() { server.stop() }
}
