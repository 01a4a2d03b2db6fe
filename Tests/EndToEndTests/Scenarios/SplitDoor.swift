import FarwatchTesting
import Foundation
import Synchronization

/// A front door that answers for regions in turn, by their parts.
final class SplitDoor: Sendable {
  private struct State: Sendable {
    var turns: [String] = []
    var next = 0
    var failing: Set<String> = []
  }
  private final class Shown: Sendable { let state = Mutex(State()) }
  private let shown = Shown()
  private let server: LoopbackServer
  var port: Int { server.port }

  init(_ parts: [(String, Int)], header: String = "X-Region") throws {
    let shown = shown
    server = try LoopbackServer { _ in
      let region = shown.state.withLock { state in
        state.next += 1
        return state.turns[state.next % state.turns.count]
      }
      if shown.state.withLock({ $0.failing.contains(region) }) { return LoopbackServer.answer(503, "gone") }
      return LoopbackServer.answer(200, #"{"status":"UP"}"#, headers: [(header, region)])
    }
    split(parts)
  }

  func split(_ parts: [(String, Int)]) {
    shown.state.withLock { state in
      state.turns = parts.flatMap { Array(repeating: $0.0, count: $0.1) }
      state.failing = []
    }
  }

  /// Requests that this region would have answered fail.
  func fail(_ region: String) { shown.state.withLock { _ = $0.failing.insert(region) } }
}
