import FarwatchTesting
import HTTPClient
import Model
import Testing

@testable import Notifying

@Suite struct SlackTests {
  @Test func aMessageIsEscapedAndHasItsBlocks() throws {
    var settings = SlackSettings(url: "https://hooks.slack.example/services/T/B/secret")
    settings.channel = "#ops"
    let alert = event(
      .firing, labels: ["severity": "page"],
      annotations: ["summary": "<!channel> a & b", "runbook_url": "https://r.example/1"])
    let json = try Document(settings.request(page(alert)).body)
    #expect(json.text("channel") == "#ops")
    #expect(json.text("text") == "[FIRING] LagHigh (page): &lt;!channel&gt; a &amp; b")
    #expect(json.text("attachments", 0, "color") == "#d00000")
    #expect(json.text("attachments", 0, "blocks", 0, "type") == "section")
    #expect(json.text("attachments", 0, "blocks", 0, "text", "type") == "mrkdwn")
    #expect(
      json.text("attachments", 0, "blocks", 0, "text", "text")?.hasPrefix("&lt;!channel&gt; a &amp; b\n")
        == true)
    #expect(json.text("attachments", 0, "blocks", 1, "type") == "actions")
    #expect(json.text("attachments", 0, "blocks", 1, "elements", 0, "url") == "https://r.example/1")
    #expect(json.text("attachments", 0, "blocks", 1, "elements", 0, "text", "text") == "Runbook")
    let over = try Document(settings.request(page(event(.resolved))).body)
    #expect(over.text("attachments", 0, "color") == "#2eb886")
    #expect(settings.shownEndpoint == "https://hooks.slack.example/…48f355dc #ops")
  }

  @Test func sectionsStayWithinSlacksLength() {
    let pieces = SlackChannel.pieces(String(repeating: String(repeating: "&", count: 900) + "\n", count: 50))
    #expect(pieces.count == SlackChannel.sections + 1)
    #expect(pieces.allSatisfy { !$0.isEmpty && $0.unicodeScalars.count <= 3000 })
    #expect(SlackChannel.pieces("\n\n") == ["-"])
  }

  @Test(arguments: [
    (200, "ok", true, false), (200, "", true, false), (200, #"{"ok":true}"#, true, false),
    (200, #"{"ok":false,"error":"x"}"#, false, false),
    (200, "missing_text_or_fallback_or_attachments", false, false),
    (400, "invalid_payload", false, true), (404, "no_service", false, true),
    (410, "channel_is_archived", false, true),
    (429, "rate_limited", false, false), (500, "rollup_error", false, false),
  ])
  func answers(status: Int, body: String, taken: Bool, refused: Bool) async throws {
    let outcome = try await deliver(
      { SlackSettings(url: $0) }, page(event(.firing)), answering: LoopbackServer.answer(status, body))
    #expect(outcome.result.succeeded == taken && outcome.result.isRefusal == refused)
    if !taken { #expect(outcome.result.detail.hasSuffix(body)) }
    #expect(outcome.request.target == "/hook/secret-path")
  }

  @Test func theSecretPathIsInNoErrorText() async throws {
    let told = try await deliver(
      { SlackSettings(url: $0) }, page(event(.firing)),
      answering: LoopbackServer.answer(404, "no /hook/secret-path here"))
    #expect(told.result.detail == "status 404: no *** here")
    let channel = SlackSettings(url: "http://127.0.0.1:1/hook/secret-path?x=1").channel(context())
    let client = HTTPClient(name: "slack")
    defer { client.shutdown() }
    let request = try #require(channel.request(for: .page(page(event(.firing)))).http)
    let failed = channel.judge(await client.answer(to: request), now: start)
    #expect(failed.reason == .refused && !failed.detail.contains("secret"))
  }
}

@Suite struct TeamsTests {
  private let settings = TeamsSettings(url: "https://teams.example/workflows/1?sig=secret")

  @Test func aMessageIsAnAdaptiveCard() throws {
    let alert = event(
      .firing, labels: ["severity": "warning"],
      annotations: ["summary": "[x](https://evil.example)", "runbook_url": "https://r.example/1"])
    let json = try Document(settings.request(page(alert)).body)
    #expect(json.text("type") == "message")
    #expect(
      json.text("attachments", 0, "contentType") == "application/vnd.microsoft.card.adaptive")
    #expect(json.text("attachments", 0, "content", "type") == "AdaptiveCard")
    #expect(json.text("attachments", 0, "content", "version") == "1.4")
    #expect(json.text("attachments", 0, "content", "body", 0, "color") == "Warning")
    #expect(
      json.text("attachments", 0, "content", "body", 0, "text")
        == "[FIRING] LagHigh (warning): [x] (https://evil.example)")
    #expect(json.text("attachments", 0, "content", "actions", 0, "type") == "Action.OpenUrl")
    #expect(json.text("attachments", 0, "content", "actions", 0, "url") == "https://r.example/1")
    #expect(settings.shownEndpoint == "https://teams.example/…9998f5c3")
  }

  @Test func aLongMessageFits() throws {
    let long = String(repeating: "\u{1}", count: 100_000)
    let request = try settings.request(page(event(.firing, annotations: ["description": long])))
    #expect(request.body.count <= 28 << 10)
    _ = try Document(request.body)
  }

  @Test(arguments: [
    (202, "", true), (200, "1", true),
    (
      200, "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429",
      false
    ),
    (400, "bad", false), (429, "", false),
  ])
  func answers(status: Int, body: String, taken: Bool) async throws {
    let outcome = try await deliver(
      { TeamsSettings(url: $0) }, page(event(.firing)), answering: LoopbackServer.answer(status, body))
    #expect(outcome.result.succeeded == taken)
  }
}

@Suite struct OpsgenieTests {
  private var settings: OpsgenieSettings {
    var settings = OpsgenieSettings(apiKey: "key-1", region: .eu)
    settings.responders = [.init(.team, "SRE"), .init(.user, "a@b.example")]
    settings.tags = ["dr"]
    return settings
  }

  @Test(arguments: ["", "/", "/v2/alerts", "/v2/alerts/"])
  func theAddressMayBeTheBaseOrTheWhole(_ path: String) throws {
    var settings = settings
    settings.url = "https://ops.example" + path
    #expect(try settings.request(page(event(.firing))).url == "https://ops.example/v2/alerts")
  }

  @Test func anAlertIsCreatedWithItsAlias() throws {
    let request = try settings.request(
      page(event(.firing, labels: ["severity": "error", "region": "japan"]), thread: "a/b"))
    #expect(request.url == "https://api.eu.opsgenie.com/v2/alerts")
    #expect(header("authorization", of: request) == "GenieKey key-1")
    let json = try Document(request.body)
    #expect(json.text("message") == "[FIRING] LagHigh (error) in japan: Lag is high")
    #expect(json.text("alias") == "a/b")
    #expect(json.text("priority") == "P2")
    #expect(json.text("entity") == "japan" && json.text("source") == "Farwatch")
    #expect(json.text("responders", 0, "name") == "SRE" && json.text("responders", 0, "type") == "team")
    #expect(json.text("responders", 1, "username") == "a@b.example")
    #expect(json.list("tags") as? [String] == ["dr", "error"])
    #expect(json.text("details", "region") == "japan")
    #expect(json.text("details", "Status page") == "https://watch.example/")
  }

  @Test func itIsClosedByItsAlias() throws {
    let request = try settings.request(page(event(.resolved), thread: "a/b"))
    #expect(request.url == "https://api.eu.opsgenie.com/v2/alerts/a%2Fb/close?identifierType=alias")
    #expect(header("authorization", of: request) == "GenieKey key-1")
    let json = try Document(request.body)
    #expect(json.keys() == ["source", "note"])
    #expect(json.text("note")?.contains("Rule no longer holds") == true)
  }

  @Test func fieldsKeepTheirLengths() throws {
    let long = String(repeating: "wörd ", count: 20_000)
    let labels = Labels((0..<200).map { Label("label_\($0)", long) })
    let request = try settings.request(
      page(event(.firing, labels: labels.setting("severity", to: long), annotations: ["summary": long])))
    let json = try Document(request.body)
    #expect(try #require(json.text("message")).unicodeScalars.count == 130)
    #expect(try #require(json.text("description")).unicodeScalars.count <= 15_000)
    let sizes = json.keys("details").map { $0.count + (json.text("details", $0)?.count ?? 0) }
    #expect(sizes.reduce(0, +) <= 8000)
    #expect(try #require(json.text("tags", 1)).unicodeScalars.count <= 50)
  }
}
