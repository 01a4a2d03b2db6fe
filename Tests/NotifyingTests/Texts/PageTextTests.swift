import Model
import Templating
import Testing

@testable import Notifying

@Suite struct PageTextTests {
  private let labels: Labels = ["severity": "page", "region": "japan", "link": "a"]
  private let annotations: Labels = [
    "summary": "a is 73 s behind", "description": "Failing over loses them.",
    "data_at_risk": "the last 73 s of japan", "runbook_url": "https://r.example/lag",
    "dashboard_url": "https://d.example/1",
  ]

  @Test func oneAlertThatFires() {
    let text = PageText(page(event(.firing, labels: labels, annotations: annotations)), context())
    #expect(text.title == "[FIRING] LagHigh (page) in japan: a is 73 s behind")
    #expect(
      text.body == """
        a is 73 s behind
        Failing over loses them.

        Severity: page
        Region: japan
        Since: 2026-01-01T00:00:00Z, for 10m; fired at 2026-01-01T00:05:00Z
        At risk: the last 73 s of japan
        Value: 73.25 of lag_seconds > 60

        Labels: alertname="LagHigh", link="a", region="japan", severity="page"

        What to do: https://r.example/lag
        Dashboard: https://d.example/1
        Where to look: https://watch.example/
        Acknowledge: https://watch.example/ack?thread=LagHigh
        """)
    #expect(text.problem == nil)
  }

  /// The first words of a page about an end must not say that the trouble is there.
  @Test func whatIsOverDoesNotReadAsIfItWereThere() {
    let well = PageText(page(event(.resolved, labels: labels)), context()).body
    #expect(well.hasPrefix("It is over. It was:\n"))
    #expect(!well.contains("At risk:") && !well.contains("What to do:"))
    var unseen = event(.resolved, labels: labels)
    unseen.ending = AlertEnding(.seriesGone)
    let unknown = PageText(page(unseen), context()).body
    #expect(unknown.hasPrefix("The alert has ended. It was:\n"))
    #expect(!unknown.contains("It is over"))
  }

  @Test func anEndIsCalledResolvedOnlyWhenItIsKnown() {
    var over = event(.resolved, labels: labels)
    #expect(PageText(page(over), context()).title == "[RESOLVED] LagHigh (page) in japan: Lag is high")
    over.ending = AlertEnding(.seriesGone)
    let text = PageText(page(over), context())
    #expect(text.title.hasPrefix("[ENDED] LagHigh"))
    #expect(text.body.contains("From 2026-01-01T00:00:00Z to 2026-01-01T00:08:20Z, for 8m20s"))
    #expect(text.body.contains("Whether the trouble is over is not known."))
    #expect(!text.body.contains("Acknowledge:"))
  }

  @Test(arguments: [
    (Notification.Kind.reminder, "[STILL FIRING for 10m] "),
    (.escalation, "[NOT ACKNOWLEDGED, FIRING for 10m] "), (.proof, "[TEST] "), (.refresh, "[FIRING] "),
  ])
  func theKindIsTold(kind: Notification.Kind, prefix: String) {
    let text = PageText(page(event(.firing), kind: kind), context())
    #expect(text.title.hasPrefix(prefix))
    #expect(text.body.contains("Nobody has acknowledged") == (kind == .escalation))
    #expect(text.body.contains("Nothing is wrong") == (kind == .proof))
  }

  @Test func aLatePageSaysSo() {
    let text = PageText(page(event(.firing), delay: .milliseconds(720_400)), context())
    #expect(text.title.hasPrefix("[FIRING, delayed by 12m] LagHigh"))
    #expect(text.body.hasPrefix("This page is delayed by 12m: it was decided at 2026-01-01T00:05:00Z."))
    #expect(text.body.contains("for 22m; fired"), "the age is that of the attempt")
  }

  @Test func whatIsNotKnownAndWhatIsNothingIsNotSaid() {
    var posted = event(.firing, value: .nan)
    posted.startsAt = start + .milliseconds(600_123)
    posted.decidedAt = start + .milliseconds(600_456)
    let text = PageText(page(posted), context())
    #expect(!text.body.contains("Value") && !text.body.contains("NaN"))
    #expect(text.body.contains("Since: 2026-01-01T00:10:00Z\n"), "\(text.body)")
    #expect(
      PageText(page(posted, kind: .reminder), context()).title == "[STILL FIRING] LagHigh: Lag is high")
    let json = AlertJSON(facts: PageFacts(page(posted), context())).detailed(posted).compact
    #expect(!json.contains("value") && !json.contains("NaN"))
  }

  @Test func aGroupIsCountedAndCapped() {
    let alerts =
      (0..<30).map { event(.firing, "CheckDown", labels: labels.setting("check", to: "c\($0)")) }
      + [
        event(.firing, "RegionDown", labels: labels), event(.resolved, "Old", labels: labels),
      ]
    let text = PageText(page(of: alerts, group: ["region": "japan"], truncated: 7), context())
    #expect(
      text.title == "[FIRING 31, RESOLVED 1] 39 alerts (region=\"japan\") page: CheckDown (30), RegionDown")
    #expect(text.body.contains("31 firing, 1 over, 7 more not told here"))
    #expect(text.body.contains("All of them: link=\"a\", region=\"japan\", severity=\"page\""))
    #expect(text.body.contains("- CheckDown {check=\"c19\"}: Lag is high (since 2026-01-01T00:00:00Z)"))
    #expect(text.body.contains("- and 11 more"))
    #expect(!text.body.contains("c20"))
  }

  @Test func limitsHoldAndAreSaid() {
    let long = String(repeating: "é\u{301}\n\u{1}", count: 100_000)
    let text = PageText(
      page(event(.firing, long, labels: ["severity": long, "region": long], annotations: ["summary": long])),
      context())
    #expect(text.title.utf8.count <= 1024 && !text.title.contains("\n"))
    #expect(text.body.utf8.count <= 64 << 10 && text.body.contains("[cut]"))
    let templated = PageText(
      page(event(.firing, annotations: ["summary": long])), context(),
      MessageTemplates(
        title: try? Template("{{ .CommonAnnotations.summary }}", name: "title", dialect: .messages),
        body: try? Template("{{ .CommonAnnotations.summary }}", name: "text", dialect: .messages)))
    #expect(templated.title.utf8.count <= 1024 && templated.problem != nil)
    #expect(templated.body.utf8.count <= 64 << 10)
  }

  @Test func templatesSeeWhatOnlyFarwatchKnows() throws {
    let body =
      "{{ .Kind }} {{ .Delay }} {{ .AcknowledgeURL }} {{ .TruncatedAlerts }} {{ .Receiver }} {{ since (index .Alerts 0).StartsAt }}"
    let text = PageText(
      page(event(.firing), kind: .reminder, delay: .seconds(61)), context(),
      MessageTemplates(
        title: try Template(" \n{{ .DefaultTitle }}\n", name: "title", dialect: .messages),
        body: try Template(body, name: "text", dialect: .messages)))
    #expect(text.title == "[STILL FIRING for 11m1s, delayed by 1m1s] LagHigh: Lag is high")
    #expect(text.body == "reminder 1m1s https://watch.example/ack?thread=LagHigh 0 pager 11m1s")
  }

  @Test func aTemplateThatFailsCostsOnlyItself() throws {
    let text = PageText(
      page(event(.firing)), context(),
      MessageTemplates(
        title: try Template("{{ .Status }}", name: "title", dialect: .messages),
        body: try Template("a\n{{ index .Alerts 9 }}", name: "text", dialect: .messages)))
    #expect(text.title == "firing")
    #expect(text.problem == "template: text:2:4: error calling index: index out of range: 9")
    #expect(
      text.body.hasPrefix(
        "[The text of this page could not be made from its template: template: text:2:4: error calling index"
      ))
    #expect(text.body.contains("Value: 73.25"))
  }

  @Test func cuttingKeepsWholeCharacters() {
    #expect(cut("abc", bytes: 3) == "abc")
    #expect(cut("ééééééé", bytes: 11) == "éé [cut]")
    #expect(cut("ééééééé", bytes: 3) == "")
    #expect(cut("ééééééé", characters: 3) == "éé…")
    #expect(oneLine(" \n a\r\n\tb\u{2028}c ") == "a b c")
    #expect(oneLine("\u{200f}a\u{202e}b\u{2066} \u{2069}c\u{200e}") == "ab c")
  }
}
