import FarwatchTesting
import HTTPClient
import Model
import Testing

@testable import Notifying

/// Whatever labels hold, every receiver gets valid JSON within its limits.
@Suite struct ReceiverFuzzTests {
  private static let pieces = [
    "a", "\"", "\\", "\n", "\r\n", "\u{0}", "\u{1f}", "\u{7f}", "é", "e\u{301}", "\u{2028}", "👩‍👩‍👧", "<!here>",
    "](",
    "{{", "&amp;", "\u{feff}", "\u{10ffff}", " ",
  ]

  private func text(_ random: inout SeededNumbers, isLong: Bool = false) -> String {
    let count = isLong ? 20_000 : Int.random(in: 0...40, using: &random)
    return (0..<count).map { _ in random.pick(Self.pieces) }.joined()
  }

  private func odd(_ random: inout SeededNumbers, isHuge: Bool) -> AlertEvent {
    func labels() -> Labels {
      let count = isHuge && random.chance(30) ? 200 : Int.random(in: 0...8, using: &random)
      let names = [
        "severity", "region", "summary", "description", "runbook_url", "dashboard_url", "service",
        "alertname",
      ]
      return Labels(
        (0..<count).map {
          Label($0 < 3 ? random.pick(names) : text(&random), text(&random, isLong: isHuge && $0 < 4))
        })
    }
    var alert = event(
      random.chance(60) ? .firing : .resolved, text(&random), labels: labels(), annotations: labels(),
      value: random.pick([.nan, .infinity, 1, -1e300]))
    alert.startsAt = Timestamp(milliseconds: random.pick([0, -1, 4_000_000_000_000, 1_767_225_600_000]))
    if random.chance(30) { alert.ending = AlertEnding(random.pick([.seriesGone, .ruleRemoved, .ceased])) }
    return alert
  }

  @Test func everyBodyIsValidAndWithinItsLimit() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededNumbers(seed: seed)
    let secret = try #require(WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
    let receivers: [(any ReceiverSettings, Int)] = [
      (WebhookSettings(url: "http://h/"), 12 << 20), (AlertmanagerPeerSettings(url: "http://h"), 8 << 20),
      (PagerDutySettings(routingKey: "k"), 512_000), (OpsgenieSettings(apiKey: "k"), 256 << 10),
      (SlackSettings(url: "http://h/"), 200 << 10), (TeamsSettings(url: "http://h/"), 28 << 10),
      (StandardWebhookSettings(url: "http://h/", secrets: [secret]), 1 << 20),
    ]
    for turn in 0..<25 {
      // A value of 100 KB, or 200 labels, in one alert in twenty pages; many alerts in as many others.
      let isHuge = turn % 20 == 7
      let count = turn % 20 == 13 ? 60 : Int.random(in: 1...3, using: &random)
      let alerts = (0..<count).map { _ in odd(&random, isHuge: isHuge) }.sorted {
        $0.status == .firing && $1.status != .firing
      }
      let page = page(
        of: alerts, kind: random.pick([.news, .reminder, .escalation, .proof, .refresh]),
        group: count > 1 ? alerts[0].labels : [:], thread: text(&random),
        truncated: random.chance(10) ? 1000 : 0, delay: random.chance(20) ? .seconds(500) : nil)
      for (settings, limit) in receivers {
        let request = try settings.request(page)
        #expect(request.body.count <= limit, "\(settings.kind), seed \(seed), turn \(turn)")
        #expect(throws: Never.self, "\(settings.kind), seed \(seed), turn \(turn)") {
          try Document(request.body)
        }
        for header in request.headers { #expect(!header.value.contains { $0.isNewline }) }
      }
      let group = GroupMessage(facts: PageFacts(page, context()))
      #expect(group.text.utf8.count <= AlarmMessage.maximumBytes, "seed \(seed), turn \(turn)")
      #expect(group.subject.unicodeScalars.count <= 100, "seed \(seed), turn \(turn)")
      #expect(throws: Never.self, "seed \(seed), turn \(turn)") { try Document(Array(group.text.utf8)) }
    }
  }
}
