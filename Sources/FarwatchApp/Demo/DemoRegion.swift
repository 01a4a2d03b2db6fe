internal import HTTPServer
internal import Synchronization

/// A region small enough for one process: it answers health checks on loopback until it is broken.
final class DemoRegion: Sendable {
  let name: String
  let port: UInt16
  private let server: Mutex<HTTPServer?>

  init(_ name: String) throws(HTTPServerError) {
    self.name = name
    let started = try Self.serve(name, port: 0)
    port = started.port
    server = Mutex(started)
  }

  var healthURL: String { "http://127.0.0.1:\(port)/health" }

  /// Stops listening and drops every connection: from now on a probe is refused, as by a machine that is gone.
  func breakDown() {
    server.withLock { running in
      running?.stop()
      running = nil
    }
  }

  func recover() throws(HTTPServerError) {
    let started = try Self.serve(name, port: port)
    server.withLock { $0 = started }
  }

  private static func serve(_ name: String, port: UInt16) throws(HTTPServerError) -> HTTPServer {
    var settings = HTTPServerSettings(address: "127.0.0.1:\(port)")
    settings.threads = 1
    settings.drainTimeout = .zero
    return try HTTPServer(settings) { request in
      guard request.path == "/health" else { return .text(404, "not here\n") }
      return HTTPServerResponse(
        status: 200, contentType: "application/json",
        body: .bytes(Array(#"{"status":"UP","region":"\#(name)"}"#.utf8)))
    }
  }
}
