import FarwatchTesting
import Foundation
import HTTPServer
import Synchronization

/// An address that takes whatever is posted to it and keeps it, by path.
final class TestHook: Sendable {
  struct Post: Sendable {
    var path: String
    var headers: [String: String]
    var body: String
    var json: [String: Any]? {
      try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
    }
  }

  let port: Int
  private let server: HTTPServer
  private let state: Box

  private final class Box: Sendable {
    let posts = Mutex<[Post]>([])
  }

  /// - Parameter status: of the answers, by path; else 200.
  init(status: [String: Int] = [:], answer: String = "ok", keeping headers: [String] = []) throws {
    port = try freeLoopbackPort()
    let state = Box()
    self.state = state
    server = try HTTPServer(HTTPServerSettings(address: "127.0.0.1:\(port)")) { request in
      let kept = headers.compactMap { name in request.header(name).map { (name, $0) } }
      state.posts.withLock {
        $0.append(
          Post(
            path: request.path, headers: Dictionary(uniqueKeysWithValues: kept),
            body: String(decoding: request.body, as: UTF8.self)))
      }
      return .text(status[request.path] ?? 200, answer)
    }
  }

  deinit { server.stop() }

  var url: String { "http://127.0.0.1:\(port)/" }
  var posts: [Post] { state.posts.withLock { $0 } }
  var bodies: [String] { posts.map(\.body) }
  func posts(to path: String) -> [Post] { posts.filter { $0.path == path } }
}
