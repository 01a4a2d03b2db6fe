import HTTPClient
import Model
import Templating
import Testing

@testable import Notifying

/// What each kind of receiver is told of an alert that is part of a drill: nobody may take it for the real thing.
@Suite struct DrillPageTests {
  private static let drill = DrillMark(
    id: "shop-20260131T120000Z", workload: "shop", region: "taiwan", kind: "full")

  private func drilled(_ page: Page) -> Page {
    var page = page
    page.notification.drill = Self.drill
    for place in page.notification.alerts.indices {
      let annotations = page.notification.alerts[place].annotations
      page.notification.alerts[place].annotations = annotations.setting(
        DrillMark.annotation, to: Self.drill.id)
    }
    return page
  }

  private var one: Page { drilled(page(event(.firing))) }
  private var many: Page {
    drilled(page(event(.firing), event(.firing, "CheckDown"), group: ["region": "taiwan"]))
  }

  @Test func everySubjectAndTitleBeginsWithIt() throws {
    let origin = AlarmMessage.Origin(context())
    for page in [one, many] {
      let content = SNSContent(page, context(), origin)
      #expect(content.subject.hasPrefix("DRILL: ALARM: ") && content.subject.count <= 100)
      let json = try Document(Array(content.message.utf8))
      #expect(json.text("Farwatch", "drill", "id") == Self.drill.id)
      #expect(json.text("NewStateReason")?.hasPrefix("DRILL: ") == true)
      #expect(json.text("NewStateValue") == "ALARM", "it pages as the real one does")
      let text = PageText(page, context())
      #expect(text.title.hasPrefix("DRILL: [FIRING"))
      #expect(text.body.hasPrefix("DRILL: This is a drill (shop-20260131T120000Z): a full failover of shop"))
    }
    let meant = SNSContent(page(event(.firing)), context(), origin)
    #expect(!meant.subject.contains("DRILL") && !meant.message.contains("rill"))
  }

  @Test func aLongNameDoesNotPushItOut() {
    let long = drilled(page(event(.firing, String(repeating: "Long", count: 60))))
    let content = SNSContent(long, context(), AlarmMessage.Origin(context()))
    #expect(content.subject.hasPrefix("DRILL: ALARM: ") && content.subject.count <= 100)
  }

  @Test func aTemplateCannotLeaveItOut() throws {
    let templates = MessageTemplates(
      title: try Template("all is well", name: "title", dialect: .messages),
      body: try Template("{{ .Drill }}", name: "text", dialect: .messages))
    let text = PageText(one, context(), templates)
    #expect(text.title == "DRILL: all is well")
    #expect(text.body.hasSuffix("\n\nshop-20260131T120000Z") && text.body.hasPrefix("DRILL: "))
  }

  @Test func receiversWithFieldsOfTheirOwnAreTold() throws {
    let pagerDuty = try Document(PagerDutySettings(routingKey: "k").request(one).body)
    #expect(pagerDuty.text("payload", "summary")?.hasPrefix("DRILL: ") == true)
    #expect(pagerDuty.text("payload", "custom_details", "drill", "workload") == "shop")
    #expect(pagerDuty.text("event_action") == "trigger")
    let opsgenie = try Document(OpsgenieSettings(apiKey: "k").request(one).body)
    #expect(opsgenie.text("message")?.hasPrefix("DRILL: ") == true)
    #expect(opsgenie.text("tags", 0) == "drill")
    let alertmanager = try Document(AlertmanagerPeerSettings(url: "http://a").request(one).body)
    #expect(alertmanager.text(0, "annotations", "summary")?.hasPrefix("DRILL: ") == true)
    #expect(alertmanager.text(0, "labels", "farwatch_drill") == nil, "it stays the same alert there")
    let webhook = try WebhookSettings(url: "http://a").request(one)
    #expect(webhook.headers.contains { $0.name == "X-Farwatch-Drill" && $0.value == Self.drill.id })
    let body = try Document(webhook.body)
    #expect(body.text("commonAnnotations", "summary")?.hasPrefix("DRILL: ") == true)
    let json = try Document(StandardWebhookSettings(url: "http://a", secrets: []).request(one).body)
    #expect(json.text("data", "title")?.hasPrefix("DRILL: ") == true)
    #expect(json.text("data", "drill", "region") == "taiwan")
  }
}
