import FarwatchTesting
import HTTPClient
import Model
import Testing

@testable import Notifying

@Suite struct PagerDutyTests {
  private let settings = PagerDutySettings(routingKey: "R0UT1NGKEY")

  @Test func aTriggerHasTheFieldsOfTheEventsAPI() throws {
    let alert = event(
      .firing, labels: ["severity": "warn", "region": "japan", "service": "db"],
      annotations: ["summary": "s", "runbook_url": "https://r.example/1"])
    let request = try settings.request(page(alert))
    #expect(request.method == "POST" && request.url == "https://events.pagerduty.com/v2/enqueue")
    #expect(header("content-type", of: request) == "application/json")
    let json = try Document(request.body)
    #expect(json.text("routing_key") == "R0UT1NGKEY")
    #expect(json.text("event_action") == "trigger")
    #expect(json.text("dedup_key") == "LagHigh")
    #expect(json.text("client") == "Farwatch")
    #expect(json.text("client_url") == "https://watch.example/")
    #expect(json.text("payload", "summary") == "[FIRING] LagHigh (warn) in japan: s")
    #expect(json.text("payload", "severity") == "warning")
    #expect(json.text("payload", "source") == "japan")
    #expect(json.text("payload", "timestamp") == "2026-01-01T00:00:00.000Z")
    #expect(json.text("payload", "component") == "db")
    #expect(json.text("payload", "group") == "japan")
    #expect(json.text("payload", "class") == "LagHigh")
    #expect(json.number("payload", "custom_details", "num_firing") == 1)
    #expect(json.text("payload", "custom_details", "alerts", 0, "fingerprint")?.count == 16)
    #expect(json.text("links", 0, "href") == "https://r.example/1")
    #expect(json.text("links", 0, "text") == "Runbook")
    #expect(json.list("links")?.count == 3)
  }

  @Test func aGroupResolvesWhenNothingInItFires() throws {
    let both = page(event(.firing, "A"), event(.resolved, "B"), group: ["region": "r"], thread: "{}:{r}")
    #expect(try Document(settings.request(both).body).text("event_action") == "trigger")
    let over = page(event(.resolved, "A"), event(.resolved, "B"), group: ["region": "r"], thread: "{}:{r}")
    let json = try Document(settings.request(over).body)
    #expect(json.keys() == ["routing_key", "event_action", "dedup_key"])
    #expect(json.text("event_action") == "resolve" && json.text("dedup_key") == "{}:{r}")
  }

  @Test func longAndOddThreadsBecomeHashes() throws {
    for thread in [String(repeating: "x", count: 256), "ü", "", "a\nb"] {
      let request = try settings.request(page(event(.firing), thread: thread))
      let key = try #require(try Document(request.body).text("dedup_key"))
      #expect(key.hasPrefix("farwatch-") && key.utf8.count == 73)
    }
    #expect(threadKey(String(repeating: "x", count: 255), bytes: 255).utf8.count == 255)
  }

  @Test func acknowledging() throws {
    let json = try Document(settings.request(page(event(.firing), kind: .acknowledgement)).body)
    #expect(json.keys() == ["routing_key", "event_action", "dedup_key"])
    #expect(json.text("event_action") == "acknowledge" && json.text("dedup_key") == "LagHigh")
  }

  @Test func severities() throws {
    func severity(_ word: String?, _ settings: PagerDutySettings, kind: Notification.Kind = .news) throws
      -> String?
    {
      let alert = event(.firing, labels: word.map { ["severity": $0] } ?? [:])
      return try Document(settings.request(page(alert, kind: kind)).body).text("payload", "severity")
    }
    #expect(try severity(nil, settings) == "critical")
    #expect(try severity("page", settings) == "critical")
    #expect(try severity("High", settings) == "error")
    #expect(try severity("info", settings) == "info")
    #expect(try severity("page", settings, kind: .proof) == "info")
    var own = settings
    own.severities = ["page": "error"]
    #expect(try severity("page", own) == "error")
  }

  @Test func answers() async throws {
    func result(_ status: Int, _ body: String = "", _ headers: [(String, String)] = []) async throws
      -> DeliveryResult
    {
      try await deliver(
        {
          var settings = settings
          settings.url = $0
          return settings
        }, page(event(.firing)),
        answering: LoopbackServer.answer(status, body, headers: headers)
      ).result
    }
    #expect(try await result(202, #"{"status":"success"}"#).succeeded)
    let refused = try await result(400, #"{"status":"invalid event","errors":["R0UT1NGKEY is wrong"]}"#)
    #expect(refused.isRefusal)
    #expect(
      refused.detail == #"status 400: {"status":"invalid event","errors":["*** is wrong"]}"#)
    let later = try await result(429, "", [("Retry-After", "30")])
    #expect(!later.succeeded && !later.isRefusal && later.retryAfter == .seconds(30))
    #expect(try await !result(500).isRefusal)
  }
}
