import AlertmanagerAPI
import HTTPServer
import Model
import Notifying
import Paging
import Synchronization
import Testing

@testable import FarwatchApp

private struct PagingStandIn: PagingDaemonFace {
  let scripted = ScriptedPaging()
  var paging: any PagingFace { scripted }
  let acknowledgeLink = testLink
  let wallClock = dayStart
}

private func text(_ response: HTTPServerResponse?) -> String {
  guard case .bytes(let bytes)? = response?.body else { return "" }
  return String(decoding: bytes, as: UTF8.self)
}

@Suite struct AlertmanagerEndpointsTests {
  private let daemon = PagingStandIn()

  private func ask(
    _ path: String, _ method: String = "GET", body: String = "", from address: String = "127.0.0.1",
    headers: [HTTPServerField] = [HTTPServerField("content-type", "application/json")],
    query: [HTTPServerField] = []
  ) -> HTTPServerResponse? {
    AlertmanagerEndpoints(daemon: daemon).answer(
      HTTPServerRequest(
        method: method, path: path, pathSegments: path.split(separator: "/").map(String.init), query: query,
        headers: headers, body: Array(body.utf8), remoteAddress: address))
  }

  @Test func readingIsForEverybody() {
    let answer = ask("/api/v2/alerts", from: "10.0.0.9", headers: [])
    #expect(answer?.status == 200 && answer?.contentType == "application/json")
    #expect(text(answer).contains("\"region\":\"<japan>\""))
    #expect(answer?.headers.contains { $0.name == "X-Content-Type-Options" } == true)
    #expect(answer?.headers.contains { $0.name.hasPrefix("Access-Control") } == false)
    #expect(ask("/api/v2/alerts", query: [.init("filter", "region=eu")]).map(text) == "[]\n")
    #expect(ask("/metrics") == nil && ask("/api/v1/query") == nil)
  }

  @Test func changesReachPaging() {
    let alert = #"[{"labels":{"alertname":"A"}}]"#
    let id = "6b5ec6e5-6b5b-4f0a-9b5b-0d5ec6e56b5b"
    let taken = ask("/api/v2/alerts", "POST", body: alert)
    #expect(taken?.status == 200 && taken?.contentType == nil)
    #expect(daemon.scripted.posted.withLock { $0.count } == 1)
    #expect(ask("/api/v2/silence/\(id)", "DELETE")?.status == 404, "paging was asked")
  }

  @Test func aBusyCoreAsksToComeAgain() {
    daemon.scripted.isBusy.withLock { $0 = true }
    let answer = ask("/api/v2/alerts")
    #expect(answer?.status == 503 && answer?.headers.contains(HTTPServerField("Retry-After", "1")) == true)
  }
}

@Suite struct AcknowledgePageTests {
  private let daemon = PagingStandIn()
  private let subject = AcknowledgeLink.Subject(thread: "i", until: dayStart)

  private func items(_ subject: AcknowledgeLink.Subject) -> [HTTPServerField] {
    testLink.query(for: subject).split(separator: "&").map { item in
      let pair = item.split(separator: "=", maxSplits: 1).map(String.init)
      return HTTPServerField(pair[0], pair[1])
    }
  }

  private func visit(
    _ method: String, _ query: [HTTPServerField]? = nil, form: String = "",
    from address: String = "203.0.113.9"
  ) -> HTTPServerResponse? {
    AlertmanagerEndpoints(daemon: daemon).answer(
      HTTPServerRequest(
        method: method, path: "/ack", pathSegments: ["ack"], query: query ?? items(subject),
        headers: [
          HTTPServerField("Content-Type", "application/x-www-form-urlencoded"),
          HTTPServerField("Origin", "https://farwatch.example"),
        ], body: Array(form.utf8), remoteAddress: address))
  }

  private var acknowledgement: Acknowledgement? { daemon.scripted.alert.withLock { $0?.acknowledgement } }

  @Test func openingALinkChangesNothing() {
    let page = visit("GET")
    #expect(page?.status == 200 && visit("HEAD")?.status == 200)
    #expect(text(page).contains("Take on this alert?") && text(page).contains("<form method=\"post\">"))
    #expect(text(page).contains("it&#39;s &quot;down&quot;") && text(page).contains("&lt;japan&gt;"))
    #expect(!text(page).contains("<japan>"))
    #expect(
      page?.headers.contains(
        HTTPServerField("Content-Security-Policy", AcknowledgePage.contentSecurityPolicy)) == true)
    #expect(page?.headers.contains(HTTPServerField("Referrer-Policy", "same-origin")) == true)
    #expect(acknowledgement == nil)
  }

  @Test func theButtonAcknowledgesFromAnywhere() {
    let page = visit("POST", form: "by=Ada+%3Cb%3E&comment=on%20it")
    #expect(page?.status == 200 && text(page).contains("Acknowledged by Ada &lt;b&gt;."))
    #expect(acknowledgement?.by == "Ada <b>" && acknowledgement?.comment == "on it")
    #expect(visit("POST").map(text)?.contains("Acknowledged by link in a page.") == true)
  }

  @Test func onlyAGoodLinkIsTaken() {
    var items = items(subject)
    items[2].value = String(items[2].value.reversed())
    for method in ["GET", "POST"] {
      #expect(visit(method, items)?.status == 403)
      #expect(visit(method, [])?.status == 403)
    }
    #expect(visit("POST", form: "by=%zz")?.status == 400)
    #expect(visit("DELETE")?.status == 405)
    #expect(acknowledgement == nil)
  }

  @Test func theLinkOfAnOldPageDoesNotTakeOnWhatBeganLater() {
    let old = items(.init(thread: "i", until: dayStart - .milliseconds(1)))
    #expect(visit("POST", old).map(text)?.contains("It is over") == true)
    #expect(acknowledgement == nil)
    daemon.scripted.alert.withLock { $0 = nil }
    #expect(visit("GET").map(text)?.contains("It is over") == true)
  }

  @Test func whatGoesWrongIsSaid() {
    daemon.scripted.refusal.withLock { $0 = .busy }
    #expect(visit("POST")?.status == 503)
    daemon.scripted.refusal.withLock { $0 = .notDurable }
    #expect(visit("POST")?.status == 500)
    daemon.scripted.isBusy.withLock { $0 = true }
    #expect(visit("GET")?.status == 503)
  }
}

@Suite struct RoutingTextTests {
  @Test func routesAreWrittenAsAlertmanagerReadsThem() {
    var outer = RouteSettings(
      match: [LabelMatcher("severity", equals: "it's"), LabelMatcher("a", equals: "b", negated: true)],
      topic: "critical", continue: true, routes: [RouteSettings(topic: "o'ps")])
    outer.grouping = .by(["region", "it's"])
    outer.groupWait = .zero
    outer.groupInterval = .seconds(90)
    outer.repeatInterval = .zero
    outer.muteTimes = ["nights"]
    outer.escalation = [EscalationStep(after: .seconds(600), topic: "o'ps")]
    outer.routes[0].grouping = .alone
    outer.routes[0].activeTimes = ["days"]
    var paging = PagingSettings()
    paging.routes = [outer]
    paging.inhibitions = [
      InhibitionRule(
        source: [LabelMatcher("a", equals: "b")], target: [LabelMatcher("c", equals: "d")], equal: ["region"])
    ]
    paging.timeIntervals = ["nights": TimeIntervals([]), "days": TimeIntervals([])]
    let text = RoutingText.write(topics: ["critical", "o'ps"], paging: paging)
    #expect(
      text == """
        # Written by Farwatch: topics stand as receivers, without what they deliver to.
        route:
          receiver: nobody
          group_by: ['...']
          routes:
          - continue: true
            receiver: "critical"
            matchers:
            - 'severity="it''s"'
            - 'a!="b"'
            group_by: ["region", "it's"]
            group_wait: 0s
            group_interval: 1m30s
            # repeat_interval: 0s (never)
            mute_time_intervals: ["nights"]
            # escalation: after 10m to "o'ps"
            routes:
            - continue: false
              receiver: "o'ps"
              group_by: ['...']
              mute_time_intervals: ["nights"]
              active_time_intervals: ["days"]
        inhibit_rules:
        - source_matchers: ['a="b"']
          target_matchers: ['c="d"']
          equal: ["region"]
        # Their times are in Farwatch's own file.
        time_intervals:
        - name: "days"
          time_intervals: []
        - name: "nights"
          time_intervals: []
        receivers:
        - name: nobody
        - name: "critical"
        - name: "o'ps"

        """)
  }
}
