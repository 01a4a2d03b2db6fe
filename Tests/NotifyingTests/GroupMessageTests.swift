import Model
import Testing

@testable import Notifying

@Suite struct GroupMessageTests {
  private func message(_ page: Page) throws -> Document {
    let origin = AlarmMessage.Origin(
      region: "ap-northeast-1", account: "123456789012", externalURL: "https://watch.example")
    let content = SNSContent(page, context(), origin)
    #expect(content.subject.unicodeScalars.count <= 100)
    return try Document(Array(content.message.utf8))
  }

  @Test func aGroupIsAnAlarmWithItsAlerts() throws {
    let alerts = (0..<12).map {
      event($0 < 11 ? .firing : .resolved, "CheckDown", labels: ["region": "japan", "check": "c\($0)"])
    }
    let page = page(of: alerts, kind: .reminder, group: ["region": "japan"], delay: .seconds(90))
    #expect(
      GroupMessage(facts: PageFacts(page, context())).subject == "ALARM: 12 alerts (region=\"japan\")")
    let json = try message(page)
    #expect(json.text("AlarmName") == "12 alerts (region=\"japan\")")
    #expect(json.text("NewStateValue") == "ALARM" && json.text("OldStateValue") == "OK")
    #expect(json.text("NewStateReason") == "11 alerts fire, 1 are over.")
    #expect(json.text("Region") == "japan")
    #expect(json.text("Farwatch", "kind") == "reminder")
    #expect(json.number("Farwatch", "delayedSeconds") == 90)
    #expect(json.list("Farwatch", "alerts")?.count == 12)
    #expect(json.text("Farwatch", "alerts", 11, "status") == "resolved")
    #expect(json.text("Farwatch", "alerts", 11, "endsAt") == "2026-01-01T00:08:20.000Z")
    #expect(json.text("Farwatch", "alerts", 0, "labels", "check") == "c0")
    #expect(json.number("Farwatch", "truncatedAlerts") == 0)
    #expect(json.text("Farwatch", "acknowledgeURL") == "https://watch.example/ack?thread=CheckDown")
  }

  @Test func whatDoesNotFitIsLeftOutAndCounted() throws {
    let long = Labels([Label("summary", String(repeating: "x", count: 3000))])
    let alerts = (0..<2000).map { event(.firing, "A", labels: ["n": "\($0)"], annotations: long) }
    let text = GroupMessage(facts: PageFacts(page(of: alerts, truncated: 5), context())).text
    #expect(text.utf8.count <= 256 << 10)
    let json = try Document(Array(text.utf8))
    let listed = try #require(json.list("Farwatch", "alerts")).count
    #expect(listed >= 50 && json.number("Farwatch", "truncatedAlerts") == Double(2005 - listed))
  }

  @Test func aPageOfOneAlertStaysAnAlarmsMessage() throws {
    let plain = try message(page(event(.firing)))
    #expect(!plain.has("Farwatch", "kind") && !plain.has("Farwatch", "delayedSeconds"))
    #expect(plain.text("AlarmName") == "LagHigh")
    let late = try message(page(event(.firing), kind: .escalation, delay: .milliseconds(90_500)))
    #expect(late.text("Farwatch", "kind") == "escalation")
    #expect(late.number("Farwatch", "delayedSeconds") == 90.5)
  }
}
