import FarwatchTesting
import Foundation
import HTTPServer
import Notifying
import Synchronization

/// A paging service's end of SNS over HTTP: confirms subscriptions, keeps what it accepted, checks signatures.
final class WebhookReceiver: Sendable {
  struct Page: Sendable, Hashable {
    var messageID: String
    var subject: String
    var state: String
    var alarm: String
    /// From the alarm's own object: which alert, and when its episode began.
    var labels: [String: String]
    var startsAt: String
    var signatureIsValid: Bool
    var receivedAt: Date
    /// Everything as it came.
    var body: String
    /// One state of one episode of one alert.
    var about: String { "\(alarm) \(labels.sorted { $0.key < $1.key }) \(startsAt) \(state)" }
  }

  let port: Int
  private let server = Mutex<HTTPServer?>(nil)
  private let state = Mutex(State())

  private struct State {
    var pages: [Page] = []
    var certificates: [String: String] = [:]
    var malformed: [String] = []
    var confirmations = 0
  }

  init() throws { port = try freeLoopbackPort() }

  var endpoint: String { "http://127.0.0.1:\(port)/hook" }
  /// Everything that was accepted, repeats included, in order of arrival.
  var pages: [Page] { state.withLock { $0.pages } }
  var malformed: [String] { state.withLock { $0.malformed } }
  var confirmations: Int { state.withLock { $0.confirmations } }

  func up() throws {
    let started = try HTTPServer(HTTPServerSettings(address: "127.0.0.1:\(port)")) { [self] request in
      receive(request.body, type: request.header("x-amz-sns-message-type") ?? "")
      return .text(200, "ok")
    }
    server.withLock { $0 = started }
  }

  func down() {
    server.withLock { running in
      running?.stop()
      running = nil
    }
  }

  private func receive(_ body: [UInt8], type: String) {
    guard let json = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any],
      json["Type"] as? String == type
    else {
      state.withLock { $0.malformed.append(String(decoding: body, as: UTF8.self)) }
      return
    }
    if type == "SubscriptionConfirmation", let url = json["SubscribeURL"] as? String {
      state.withLock { $0.confirmations += 1 }
      Task { await Web.get(url) }
    }
    guard type == "Notification" else { return }
    guard let message = json["Message"] as? String,
      let alarm = try? JSONSerialization.jsonObject(with: Data(message.utf8)) as? [String: Any]
    else {
      state.withLock { $0.malformed.append(String(decoding: body, as: UTF8.self)) }
      return
    }
    let own = alarm["Farwatch"] as? [String: Any] ?? [:]
    let page = Page(
      messageID: json["MessageId"] as? String ?? "", subject: json["Subject"] as? String ?? "",
      state: alarm["NewStateValue"] as? String ?? "", alarm: alarm["AlarmName"] as? String ?? "",
      labels: own["labels"] as? [String: String] ?? [:], startsAt: own["startsAt"] as? String ?? "",
      signatureIsValid: isSigned(json), receivedAt: Date(),
      body: String(decoding: body, as: UTF8.self))
    state.withLock { $0.pages.append(page) }
  }

  private func isSigned(_ json: [String: Any]) -> Bool {
    guard let url = json["SigningCertURL"] as? String, let pem = certificate(url) else { return false }
    return SNSSignature.isValid(fields: json.compactMapValues { $0 as? String }, certificatePEM: pem)
  }

  /// Fetched once, as receivers do: the daemon that signed may be dead when its page is read.
  private func certificate(_ url: String) -> String? {
    if let known = state.withLock({ $0.certificates[url] }) { return known }
    let curl = Process()
    curl.executableURL = URL(filePath: "/usr/bin/curl")
    curl.arguments = ["-s", "-m", "5", "-f", url]
    let pipe = Pipe()
    curl.standardOutput = pipe
    guard (try? curl.run()) != nil else { return nil }
    let pem = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    curl.waitUntilExit()
    guard pem.contains("BEGIN CERTIFICATE") else { return nil }
    state.withLock { $0.certificates[url] = pem }
    return pem
  }
}

/// A region's health endpoint that can be taken down and brought back on the same port.
final class TestRegion: Sendable {
  let name: String
  let port: Int
  private let server = Mutex<HTTPServer?>(nil)
  private let count = Mutex(0)

  init(_ name: String) throws {
    self.name = name
    port = try freeLoopbackPort()
    try up()
  }

  /// Probes answered so far.
  var requests: Int { count.withLock { $0 } }
  var url: String { "http://127.0.0.1:\(port)/actuator/health/readiness" }

  func up() throws {
    let started = try HTTPServer(HTTPServerSettings(address: "127.0.0.1:\(port)")) { [self] _ in
      count.withLock { $0 += 1 }
      return HTTPServerResponse(
        status: 200, contentType: "application/json", body: .bytes(Array(#"{"status":"UP"}"#.utf8)))
    }
    server.withLock { $0 = started }
  }

  func down() {
    server.withLock { running in
      running?.stop()
      running = nil
    }
  }
}
