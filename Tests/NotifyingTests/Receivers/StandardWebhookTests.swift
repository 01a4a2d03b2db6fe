import FarwatchTesting
import HTTPClient
import Model
import Testing

@testable import Notifying

@Suite struct StandardWebhookTests {
  private func settings(_ secrets: [String]) throws -> StandardWebhookSettings {
    var settings = StandardWebhookSettings(
      url: "https://h.example/in", secrets: try secrets.map { try #require(WebhookSecret($0)) })
    settings.now = { start + .milliseconds(1_500_400) }
    return settings
  }

  /// The example of the specification's own library documentation.
  @Test func theSpecificationsVector() throws {
    let secret = try #require(WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
    let signature = secret.signature(
      id: "msg_p5jXN8AQM9LWM0D4loKWxJek", seconds: 1_614_265_330, body: Array(#"{"test": 2432232314}"#.utf8))
    #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
  }

  @Test func badSecretsAreNone() {
    for text in ["", "whsec_", "whsec_abc", "whsec_!!!!", "whsec_" + String(repeating: "A", count: 20)] {
      #expect(WebhookSecret(text) == nil)
    }
  }

  /// Python checks with hmac of its own, from the request alone.
  @Test func everySecretSigns() throws {
    let secrets = [
      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
    ]
    let request = try settings(secrets).request(
      page(event(.firing, labels: ["odd": "é\"\n"]), delay: .seconds(90)))
    #expect(header("webhook-id", of: request) == "5f1b8b4e-0000-8000-8000-000000000001")
    #expect(header("webhook-timestamp", of: request) == "1767227100")
    let code = """
      import hmac, hashlib, base64, json
      body = open('body', 'rb').read()
      text = b'5f1b8b4e-0000-8000-8000-000000000001.1767227100.' + body
      for s in \(secrets.map { "'\($0)'" }.joined(separator: ",")),:
        print('v1,' + base64.b64encode(hmac.new(base64.b64decode(s[6:]), text, hashlib.sha256).digest()).decode(), end=' ')
      """
    let output = try run("python3 code.py", files: ["body": request.body, "code.py": Array(code.utf8)])
    #expect(header("webhook-signature", of: request).map { $0 + " " } == output)
    let json = try Document(request.body)
    #expect(json.keys() == ["type", "timestamp", "data"])
    #expect(json.text("type") == "alert.firing")
    #expect(json.text("timestamp") == "2026-01-01T00:10:00Z")
    #expect(json.number("data", "delayedSeconds") == 90)
    #expect(json.text("data", "alerts", 0, "labels", "odd") == "é\"\n")
    #expect(json.number("data", "alerts", 0, "value") == 73.25)
  }

  @Test func anAttemptIsSignedForItsOwnTime() throws {
    var settings = try settings(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
    let first = try settings.request(page(event(.resolved)))
    settings.now = { start + .seconds(7200) }
    let second = try settings.request(page(event(.resolved)))
    #expect(first.body == second.body)
    #expect(header("webhook-signature", of: first) != header("webhook-signature", of: second))
  }
}
