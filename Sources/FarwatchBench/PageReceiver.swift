import FarwatchTesting
import Foundation
import HTTPServer
import Model
import Synchronization

/// The end of the line: takes pages from Farwatch (SNS over HTTP) and from Alertmanager (its webhook).
final class PageReceiver: Sendable {
  private final class Inbox: Sendable {
    struct State {
      var confirmations = 0
      var pages: [(firing: Bool, at: MonotonicInstant)] = []
    }
    let state = Mutex(State())

    func take(_ body: [UInt8], at arrived: MonotonicInstant) {
      guard let json = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any] else { return }
      switch json["Type"] as? String {
      case "SubscriptionConfirmation": confirm(json["SubscribeURL"] as? String ?? "")
      case "Notification":
        let text = json["Message"] as? String ?? ""
        let alarm = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        add(alarm?["NewStateValue"] as? String == "ALARM", arrived)
      default: add(json["status"] as? String == "firing", arrived)
      }
    }

    private func add(_ firing: Bool, _ arrived: MonotonicInstant) {
      state.withLock { $0.pages.append((firing, arrived)) }
    }

    /// Visits the address, as a subscriber does, from a thread that may wait.
    private func confirm(_ address: String) {
      guard let url = URL(string: address), let port = url.port, let query = url.query(percentEncoded: true)
      else { return }
      let path = "\(url.path.isEmpty ? "/" : url.path)?\(query)"
      Thread.detachNewThread { [self] in
        if fetch(port, path)?.status == 200 { state.withLock { $0.confirmations += 1 } }
      }
    }
  }

  private let inbox = Inbox()
  private let server: HTTPServer

  init() throws {
    let inbox = inbox
    server = try HTTPServer(HTTPServerSettings(address: "127.0.0.1:0")) { request in
      inbox.take(request.body, at: SystemTime().monotonic)
      return .text(200, "")
    }
  }

  var url: String { "http://127.0.0.1:\(server.port)/hook" }
  var isConfirmed: Bool { inbox.state.withLock { $0.confirmations > 0 } }
  var count: Int { inbox.state.withLock { $0.pages.count } }

  /// Waits for the first page after the `seen` oldest ones that says `firing`, and returns when it arrived.
  func page(firing: Bool, after seen: Int, within limit: Duration = .seconds(30)) async throws
    -> MonotonicInstant
  {
    var arrived: MonotonicInstant?
    try await waitUntil(timeout: limit, every: .milliseconds(2), "a page arrives (firing: \(firing))") {
      arrived = inbox.state.withLock { $0.pages.dropFirst(seen).first { $0.firing == firing }?.at }
      return arrived != nil
    }
    guard let arrived else { throw BenchError("no page") }
    return arrived
  }

  func stop() { server.stop() }
}
