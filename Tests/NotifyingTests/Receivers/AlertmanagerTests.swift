import FarwatchTesting
import HTTPClient
import Model
import Testing

@testable import Notifying

/// A real Alertmanager is given alerts, and what it sends to its webhook is held against what ours sends.
@Suite struct AlertmanagerTests {
  private func alert(
    _ status: AlertEvent.Status, _ name: String, at began: Timestamp, labels: Labels = [:],
    annotations: Labels = ["summary": "it is bad"]
  ) -> AlertEvent {
    AlertEvent(
      status: status, identity: name, startsAt: began,
      endsAt: status == .resolved ? SystemTime().now : nil,
      labels: labels.setting("alertname", to: name), annotations: annotations, value: 1,
      origin: AlertOrigin(
        group: "g", alertName: name, expression: "a > 1", holdSeconds: 0, intervalSeconds: 15),
      decidedAt: began)
  }

  /// As paging hands it on: decided and accepted just now.
  private func page(_ alerts: AlertEvent..., thread: String = "{}:{alertname=\"LagHigh\"}") -> Page {
    Page(
      messageID: "m",
      notification: Notification(
        kind: .news, thread: thread, serial: "1", groupLabels: ["alertname": "LagHigh"], isGrouped: true,
        alerts: alerts, decidedAt: SystemTime().now), publishedAt: SystemTime().now)
  }

  private func post(_ page: Page, to url: String, _ client: HTTPClient) async throws -> DeliveryResult {
    let channel = AlertmanagerPeerSettings(url: url).channel(context())
    let request = try #require(channel.request(for: .page(page)).http)
    return channel.judge(await client.answer(to: request), now: SystemTime().now)
  }

  @Test func theWebhookIsAlertmanagersToTheByte() async throws {
    let sink = try LoopbackServer { _ in LoopbackServer.answer() }
    defer { sink.stop() }
    let client = HTTPClient(name: "am")
    defer { client.shutdown() }
    let alertmanager = try AlertmanagerProcess(webhook: sink.url("/hook"))
    try await alertmanager.waitUntilReady(client)
    let began = SystemTime().now - .seconds(90)
    let first = alert(.firing, "LagHigh", at: began, labels: ["region": "japan", "zone": "a"])
    let second = alert(
      .firing, "LagHigh", at: began + .milliseconds(1500), labels: ["region": "japan", "zone": "ü \"b\""])
    for pages in [[first, second], [alert(.resolved, "LagHigh", at: began, labels: first.labels), second]] {
      let seen = sink.requests.count
      let page = page(pages[0], pages[1])
      #expect(try await post(page, to: alertmanager.url, client).succeeded)
      try await waitUntil("the webhook arrives: \(alertmanager.log)") { sink.requests.count > seen }
      let theirs = try #require(sink.requests.last)
      let request = try WebhookSettings(url: sink.url("/hook")).request(page)
      #expect(try Document(request.body).canonicalWebhook() == Document(theirs.body).canonicalWebhook())
      let order = ["receiver", "status", "alerts", "groupLabels", "commonLabels", "commonAnnotations"]
      for body in [
        String(decoding: request.body, as: UTF8.self), String(decoding: theirs.body, as: UTF8.self),
      ] {
        let places = order.compactMap { body.firstRange(of: "\"\($0)\":")?.lowerBound }
        #expect(places.count == order.count && places == places.sorted())
      }
      #expect(header("content-type", of: request) == theirs.header("content-type"))
      // What Alertmanager has no place for.
      #expect(header("X-Farwatch-Message-Id", of: request) == page.messageID)
      #expect(header("X-Farwatch-Kind", of: request) == "news")
    }
  }

  /// Every peer is told by itself; a dead one fails alone, and the resolve arrives.
  @Test func aClusterWithADeadPeer() async throws {
    let sink = try LoopbackServer { _ in LoopbackServer.answer() }
    defer { sink.stop() }
    let client = HTTPClient(name: "am")
    defer { client.shutdown() }
    let one = try AlertmanagerProcess(webhook: sink.url("/hook"))
    try await one.waitUntilReady(client)
    let two = try AlertmanagerProcess(webhook: sink.url("/hook"), joining: one.clusterAddress)
    try await two.waitUntilReady(client)
    try await waitUntil("the peers find each other: \(two.log)") {
      try await two.get("/api/v2/status", client).list("cluster", "peers")?.count == 2
    }
    let dead = "http://127.0.0.1:\(try freeLoopbackPort())"
    let began = SystemTime().now - .seconds(90)
    for status in [AlertEvent.Status.firing, .resolved] {
      let page = page(alert(status, "RegionDown", at: began, labels: ["odd-name": "x"]), thread: "RegionDown")
      for peer in [one, two] {
        #expect(try await post(page, to: peer.url + "/", client).succeeded)
        let found = try await peer.get("/api/v2/alerts", client)
        if status == .firing {
          #expect(found.text(0, "labels", "odd_name") == "x")
          #expect(found.text(0, "annotations", "summary") == "it is bad")
          #expect(found.text(0, "generatorURL") == "https://watch.example/?g0.expr=a%20%3E%201")
          let end = try #require(found.text(0, "endsAt"))
          #expect(end > (SystemTime().now + .seconds(3500)).iso8601, "our own death resolves nothing")
        } else {
          #expect(found.list()?.isEmpty == true)
        }
      }
      #expect(try await post(page, to: dead, client).reason == .refused)
      try await waitUntil("a page that is \(status): \(one.log)") {
        sink.requests.contains { (try? Document($0.body).text("status")) == status.rawValue }
      }
    }
  }

  @Test func whatAlertmanagerRefusesIsExplained() async throws {
    let client = HTTPClient(name: "am")
    defer { client.shutdown() }
    let alertmanager = try AlertmanagerProcess(webhook: "http://127.0.0.1:1/")
    try await alertmanager.waitUntilReady(client)
    let nameless = AlertEvent(
      status: .firing, identity: "x", startsAt: SystemTime().now, endsAt: nil, labels: .empty,
      annotations: .empty, value: 1,
      origin: AlertOrigin(group: "", alertName: "", expression: "", holdSeconds: 0, intervalSeconds: 1),
      decidedAt: SystemTime().now)
    let refused = try await post(page(nameless), to: alertmanager.url, client)
    #expect(refused.isRefusal && refused.detail.contains("at least one label pair required"))
  }

  @Test func anEndIsNeverBeforeTheBeginning() throws {
    var over = event(.resolved)
    over.endsAt = over.startsAt - .seconds(5)
    let request = try AlertmanagerPeerSettings(url: "http://h/prefix/").request(
      Notifying.Page(messageID: "m", event: over, publishedAt: start))
    #expect(request.url == "http://h/prefix/api/v2/alerts")
    let json = try Document(request.body)
    #expect(json.text(0, "endsAt") == json.text(0, "startsAt"))
    let late = Page(
      messageID: "m", notification: Notification(event(.firing)), publishedAt: start, delay: .seconds(7200))
    let firing = try Document(AlertmanagerPeerSettings(url: "http://h").request(late).body)
    #expect(firing.text(0, "endsAt") == "2026-01-01T03:00:00Z", "an hour from the attempt, not from the page")
  }

  @Test func moreAlertsThanWantedAreCounted() throws {
    var settings = WebhookSettings(url: "http://h/")
    settings.maximumAlerts = 2
    let alerts = (0..<5).map { event(.firing, "A\($0)") }
    let request = try settings.request(NotifyingTests.page(of: alerts, truncated: 3))
    let json = try Document(request.body)
    #expect(json.list("alerts")?.count == 2 && json.number("truncatedAlerts") == 6)
    let long = Labels([Label("summary", String(repeating: "x", count: 60_000))])
    let many = (0..<200).map { event(.firing, "A\($0)", annotations: long) }
    let big = try WebhookSettings(url: "http://h/").request(NotifyingTests.page(of: many))
    #expect(big.body.count < 5 << 20)
    let cut = try Document(big.body)
    #expect(Double(try #require(cut.list("alerts")).count) + (cut.number("truncatedAlerts") ?? 0) == 200)
  }
}
