import FarwatchTesting
import Foundation
import HTTPServer
import Model
import StatusPage
import Synchronization
import Testing

/// The pages in a real browser, from a server that answers as Farwatch does.
@Suite struct BrowserTests {
  @Test func everyPageIsSoundAtEveryWidthInBothSchemes() async throws {
    let world = try PageWorld()
    defer { world.stop() }
    let pictures = ProcessInfo.processInfo.environment["FARWATCH_SCREENSHOTS"] ?? ""
    #expect(try await Chromium.run(BrowserSteps.everyPage, [world.url, pictures]).contains("sound"))
  }

  @Test func aPersonSilencesAndSeesWhatHappens() async throws {
    let world = try PageWorld()
    defer { world.stop() }
    #expect(try await Chromium.run(BrowserSteps.interactions, [world.url]).contains("sound"))
  }
}

/// The busy snapshot behind a listener; `/test/…` changes it.
private final class PageWorld: Sendable {
  private struct State {
    var status = StatusSnapshot.busy
    var isBusy = false
  }

  private let server: HTTPServer
  let url: String

  init() throws {
    let state = Mutex(State())
    let box = Box(state)
    server = try HTTPServer(HTTPServerSettings(address: "127.0.0.1:0")) { box.answer($0) }
    url = "http://\(server.boundAddress)"
  }

  func stop() { server.stop() }

  private final class Box: Sendable {
    private let state: Mutex<State>

    init(_ state: consuming sending Mutex<State>) { self.state = state }

    func answer(_ request: HTTPServerRequest) -> HTTPServerResponse {
      let parts = request.pathSegments
      let (status, isBusy) = state.withLock { ($0.status, $0.isBusy) }
      if parts.first == "test" { return change(parts.last ?? "") }
      if isBusy { return page(503, StatusPage.unavailable("busy")) }
      switch request.path {
      case "/": return page(200, StatusPage.render(status))
      case "/empty": return page(200, StatusPage.render(.empty()))
      case "/alerts": return page(200, StatusPage.alerts(status))
      case "/events":
        return page(
          200,
          StatusPage.events(
            .init(events: status.events, kinds: ["firing", "notified"], older: 80), now: noon))
      case "/silences":
        if request.method == "POST" { return silence(request) }
        let done = request.queryValue("done").flatMap { StatusPage.SilenceDeed(rawValue: $0) }
        return page(200, StatusPage.silences(status, SilenceForm(), done: done, of: request.queryValue("id")))
      case "/status.css":
        return page(200, Array(StatusStyle.css.utf8), "text/css; charset=utf-8")
      case "/status.js":
        return page(200, Array(StatusScript.javascript.utf8), "text/javascript; charset=utf-8")
      default: break
      }
      let found: [UInt8]? =
        switch parts.first {
        case "regions": StatusPage.region(parts.last ?? "", status)
        case "links": StatusPage.link(parts.last ?? "", status)
        case "backups": StatusPage.backup(parts.last ?? "", status)
        default: nil
        }
      return found.map { page(200, $0) } ?? page(404, StatusPage.notFound("There is no such page."))
    }

    private func silence(_ request: HTTPServerRequest) -> HTTPServerResponse {
      let items = request.formItems ?? []
      if let id = items.first(where: { $0.name == "expire" })?.value {
        state.withLock { $0.status.silences.removeAll { $0.id == id } }
        return seeOther("expired", id)
      }
      var form = SilenceForm(items: items.map { ($0.name, $0.value) })
      if form.matchers.contains("(") { form.problems[.matchers] = "missing )" }
      guard form.isSound, let length = form.length else {
        return page(400, StatusPage.silences(state.withLock { $0.status }, form))
      }
      return seeOther("made", add(form.matchers, by: form.by, form.comment, until: noon + length))
    }

    @discardableResult
    private func add(_ matchers: String, by: String, _ comment: String, until end: Timestamp) -> String {
      state.withLock { state in
        let id = "id-\(state.status.silences.count)"
        state.status.silences.append(
          .init(
            id: id, matchers: matchers, by: by, comment: comment, startsAt: noon, endsAt: end, alerts: 0))
        return id
      }
    }

    private func change(_ what: String) -> HTTPServerResponse {
      switch what {
      case "other-silence": add("region=\"venus\"", by: "bob", "c", until: noon + .seconds(60))
      case "fire":
        state.withLock {
          $0.status.alerts.insert(
            .init(name: "BrandNew", state: "firing", since: noon, labels: ["a": "b"], summary: "it is new"),
            at: 0)
        }
      default: state.withLock { $0.isBusy = true }
      }
      return .text(200, "done\n")
    }

    private func seeOther(_ deed: String, _ id: String) -> HTTPServerResponse {
      HTTPServerResponse(
        status: 303, contentType: nil,
        headers: [HTTPServerField("Location", "/silences?done=\(deed)&id=\(id)")],
        body: .empty)
    }

    private func page(_ code: Int, _ bytes: [UInt8], _ type: String = "text/html; charset=utf-8")
      -> HTTPServerResponse
    {
      HTTPServerResponse(
        status: code, contentType: type, headers: [HTTPServerField("Cache-Control", "no-store")],
        body: .bytes(bytes)
      ).withSecurityHeaders(contentSecurityPolicy: StatusPage.contentSecurityPolicy)
    }
  }
}
