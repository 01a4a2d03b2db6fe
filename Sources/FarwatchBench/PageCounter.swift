import FarwatchTesting
import Foundation
import HTTPServer
import Model
import Synchronization

/// Takes everything that is posted, as fast as it can, and notes when.
final class PageCounter: Sendable {
  private final class Arrivals: Sendable {
    let state = Mutex<[MonotonicInstant]>([])
  }

  private let arrivals = Arrivals()
  private let server: HTTPServer

  init() throws {
    let arrivals = arrivals
    server = try HTTPServer(HTTPServerSettings(address: "127.0.0.1:0")) { _ in
      arrivals.state.withLock { $0.append(SystemTime().monotonic) }
      return .text(200, "")
    }
  }

  var url: String { "http://127.0.0.1:\(server.port)/hook" }
  var all: [MonotonicInstant] { arrivals.state.withLock { $0 } }

  /// Waits for `count` requests and returns when they arrived; fewer when no more came in time.
  func arrivals(_ count: Int, within limit: Duration) async throws -> [MonotonicInstant] {
    try await waitUntil(timeout: limit, every: .milliseconds(10), "\(count) pages arrive") {
      self.all.count >= count
    }
    return all
  }

  func reset() { arrivals.state.withLock { $0 = [] } }
  func stop() { server.stop() }
}
