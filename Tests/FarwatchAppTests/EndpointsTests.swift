import Alerting
import CheckIns
import AlertmanagerAPI
import Exposition
import Foundation
import HTTPServer
import Model
import StatusPage
import Notifying
import PrometheusAPI
import SampleStore
import Synchronization
import Testing

@testable import FarwatchApp

private let evil = "<script>alert('1')</script>&\""

final class StandIn: DaemonFace {
  func write(_ request: HTTPServerRequest) -> HTTPServerResponse? { nil }
  let checkIns = Mutex<[CheckInVisit]>([])
  func checkIn(_ visit: CheckInVisit) -> CheckInBoard.Answer {
    checkIns.withLock { $0.append(visit) }
    switch visit.address {
    case .id("known"), .slug("key", "nightly"): return .noted
    case .slug("key", "twin"): return .ambiguous
    default: return .unknown
    }
  }
  let prometheusAPI = PrometheusAPI(NoSeries(), QueryThreads(QuerySettings()))
  let alive = Mutex(true)
  let busy = Mutex(false)
  let problems = Mutex<[String]>([])
  let reloads = Mutex(0)
  let visits = Mutex<[SubscriptionVisit]>([])

  func status() -> StatusSnapshot? { busy.withLock { $0 } ? nil : .foreign }
  func metricsPage(_ format: ExpositionFormat) -> MetricsPage { PageRenderer(SampleStore()).render(format) }
  var isAlive: Bool { alive.withLock { $0 } }
  var isReady: Bool { alive.withLock { $0 } }
  func reload() -> [String] {
    reloads.withLock { $0 += 1 }
    return problems.withLock { $0 }
  }
  func visit(_ visit: SubscriptionVisit) -> SNSAnswer? {
    if busy.withLock({ $0 }) { return nil }
    visits.withLock { $0.append(visit) }
    return .invalidParameter(evil, requestID: "r")
  }
  let asked = Mutex<[EventsQuery]>([])
  let outcome = Mutex<EventsOutcome>(.answer(.entries([], isPartial: false)))
  func events(_ query: EventsQuery) -> EventsOutcome {
    asked.withLock { $0.append(query) }
    return outcome.withLock { $0 }
  }
  let choices = Mutex<[ProofChoice]>([])
  let standing = ProofStanding(
    receiver: ProvenReceiver(
      key: "0123456789", name: "critical/http",
      labels: ["topic": "critical", "receiver": "http", "endpoint": evil, "subscription": "01234567"]),
    lastProven: dayStart, lastAttempt: nil, consecutiveFailures: 2,
    run: ProofRun(serial: "7", startedAt: dayStart), nextAt: nil)
  func proofs() -> [ProofStanding]? { busy.withLock { $0 } ? nil : [standing] }
  func prove(_ choice: ProofChoice) -> [ProofStanding]? {
    if busy.withLock({ $0 }) { return nil }
    choices.withLock { $0.append(choice) }
    return choice == .receiver("none") ? [] : [standing]
  }
  func signingCertificate(named name: String) -> String? {
    ["cert.pem", "SimpleNotificationService-known.pem"].contains(name) ? "PEM" : nil
  }
  let paging: any PagingFace = ScriptedPaging()
  let acknowledgeLink = testLink
  let wallClock = dayStart
}

extension StatusSnapshot {
  /// Foreign text wherever there is room for it.
  static var foreign: StatusSnapshot {
    let since = dayStart - .seconds(60)
    return StatusSnapshot(
      takenAt: dayStart, startedAt: since, vantage: evil, version: evil, ready: true, lastReloadProblem: evil,
      regions: [
        Region(
          name: evil, role: evil, share: 5, verdict: .bad,
          checks: [
            Check(name: evil, verdict: .bad, since: since, consecutiveFailures: 3, problem: evil)
          ])
      ],
      links: [
        Link(
          name: evil, engine: evil, source: evil, target: evil, recoveryPoint: since, objective: .seconds(5),
          measured: true, problem: evil)
      ],
      backups: [
        Backup(
          job: evil, region: evil, newestGood: since, objective: .seconds(5), sizeBytes: 1500, measured: true,
          problem: evil)
      ],
      alerts: [
        ActiveAlert(
          name: evil, state: evil, since: since, labels: ["l": evil], summary: evil, held: evil,
          paging: Paging(
            silencedBy: [evil], inhibitedBy: [evil], mutedBy: [evil], acknowledgedBy: evil,
            acknowledgedAt: since, topics: [evil],
            tellings: [.init(topic: evil, state: "told", at: since, reason: evil, words: evil)])),
        ActiveAlert(
          name: "Silent", state: "firing", since: since, labels: [:], summary: "", expression: "up == 0"),
      ],
      silences: [
        Silenced(
          matchers: evil, by: evil, comment: evil, startsAt: since, endsAt: dayStart + .seconds(60), alerts: 2
        )
      ],
      alarms: [
        Alarm(
          name: evil, state: evil, verdict: .bad, since: since, reason: evil, isSuppressed: true,
          problem: nil,
          description: evil, watches: evil, actionsEnabled: false, topics: [evil], toldAt: since)
      ],
      ruleProblems: [evil],
      receivers: [
        Receiver(
          topic: evil, name: evil, endpoint: evil, confirmed: true, waiting: 1, oldestWaiting: .seconds(90),
          givenUp: 2, fallback: evil, isFallenBack: true, lastSuccess: nil, consecutiveFailures: 1,
          lastProblem: evil)
      ],
      store: Store(
        series: 12, seriesLimit: 100, retention: .seconds(86_400 * 3), diskBytes: 4096, isFailing: true,
        failure: evil),
      heartbeats: [
        Heartbeat(
          name: evil, interval: .seconds(60), lastSuccess: since, lastProblem: nil, withheld: [evil]),
        Heartbeat(name: "silent", interval: .seconds(60), lastSuccess: nil, lastProblem: evil, withheld: []),
      ],
      events: [Event(at: since, kind: evil, alert: evil, what: evil)])
  }
}

@Suite struct EndpointsTests {
  private let daemon = StandIn()
  private func ask(
    _ path: String, _ method: String = "GET", from address: String = "127.0.0.1",
    headers: [HTTPServerField] = [], query: [HTTPServerField] = []
  ) -> HTTPServerResponse {
    Endpoints(daemon: daemon).answer(
      HTTPServerRequest(method: method, path: path, query: query, headers: headers, remoteAddress: address))
  }
  private func text(_ response: HTTPServerResponse) -> String {
    guard case .bytes(let bytes) = response.body else { return "" }
    return String(decoding: bytes, as: UTF8.self)
  }
  private func header(_ name: String, _ response: HTTPServerResponse) -> String? {
    response.headers.first { $0.name == name }?.value
  }

  @Test(arguments: ["/", "/metrics", "/status.css", "/-/healthy", "/-/ready", "/cert.pem"])
  func whatIsReadAnswersGetAndHeadAlone(_ path: String) {
    #expect(ask(path).status == 200)
    #expect(ask(path, "HEAD").status == 200)
    #expect(ask(path, "HEAD").body.count == ask(path).body.count)
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "get"] {
      let refusal = ask(path, method)
      #expect(refusal.status == 405 && header("Allow", refusal) == "GET, HEAD")
    }
  }

  @Test(arguments: ["/nothing", "", "*", "/..", "/metrics/", "//", "/-/", "/state.sqlite"])
  func nothingElseIsThere(_ path: String) { #expect(ask(path).status == 404) }

  @Test func healthIsTold() {
    daemon.alive.withLock { $0 = false }
    #expect(ask("/-/healthy").status == 503 && ask("/-/ready").status == 503)
  }

  @Test func aBusyCoreIsNotWaitedFor() {
    daemon.busy.withLock { $0 = true }
    #expect(ask("/").status == 503 && ask("/sns").status == 503)
    #expect(ask("/metrics").status == 200)
  }

  @Test func proofsAreAskedFor() {
    let path = "/api/farwatch/proofs"
    #expect(ask(path, from: "10.0.0.9").status == 200 && ask(path, "HEAD").status == 200)
    #expect(text(ask(path)).contains("\"lastProven\":\"2026-01-01T00:00:00.000Z\""))
    #expect(text(ask(path)).contains("\"id\":\"7\",\"state\":\"trying\""))
    #expect(ask(path, "DELETE").status == 405 && header("Allow", ask(path, "DELETE")) == "GET, POST")
    let both = [HTTPServerField("receiver", "a"), HTTPServerField("topic", "b")]
    #expect(ask(path, "POST", query: both).status == 400)
    #expect(ask(path, "POST", query: [HTTPServerField("receivr", "a")]).status == 400)
    #expect(daemon.choices.withLock { $0.isEmpty })
    #expect(ask(path, "POST").status == 202)
    #expect(ask(path, "POST", query: [HTTPServerField("topic", "b")]).status == 202)
    let none = ask(path, "POST", query: [HTTPServerField("receiver", "none")])
    #expect(none.status == 404 && text(none) == "\"no receiver is called \\\"none\\\"\"\n", "\(text(none))")
    #expect(daemon.choices.withLock { $0 } == [.all, .topic("b"), .receiver("none")])
    daemon.busy.withLock { $0 = true }
    #expect(ask(path).status == 503 && ask(path, "POST").status == 503)
  }

  @Test func samplesAreTakenWhereThatIsOn() {
    #expect(ask("/api/v1/write", "POST").status == 404)
  }

  @Test func jobsCheckIn() {
    for method in ["GET", "HEAD", "POST"] {
      #expect(ask("/ping/known", method).status == 200 && ask("/ping/known/fail", method).status == 200)
    }
    #expect(text(ask("/ping/known/0")) == "OK" && header("Ping-Body-Limit", ask("/ping/known")) == "100000")
    #expect(ask("/ping/stranger").status == 404 && ask("/ping/known/256").status == 400)
    #expect(ask("/ping/known", "PUT").status == 405)
  }

  @Test func jobsCheckInByKeyAndSlug() {
    for method in ["GET", "HEAD", "POST"] { #expect(ask("/ping/key/nightly", method).status == 200) }
    for more in ["/start", "/fail", "/log", "/0", "/255"] {
      #expect(text(ask("/ping/key/nightly" + more)) == "OK", "\(more)")
    }
    let unknown = ask("/ping/key/other")
    #expect(unknown.status == 404 && text(unknown) == "not found")
    // No visit makes a job.
    #expect(ask("/ping/key/other", query: [.init("create", "1")]).status == 404)
    #expect(ask("/ping/wrong/nightly").status == 404)
    let twin = ask("/ping/key/twin")
    #expect(twin.status == 409 && text(twin) == "ambiguous slug")
    #expect(text(ask("/ping/key/Not-A-Slug")) == "invalid url format")
  }

  @Test func runsAreTold() {
    let rid = "0D5BD0C3-F2F8-4A3F-A3D8-D2C0B3F0AAAA"
    #expect(ask("/ping/known/start", query: [.init("rid", rid)]).status == 200)
    #expect(daemon.checkIns.withLock { $0.last?.run } == "0d5bd0c3f2f84a3fa3d8d2c0b3f0aaaa")
    let refused = ask("/ping/known", query: [.init("rid", "17")])
    #expect(refused.status == 400 && text(refused) == "invalid uuid format")
    #expect(daemon.checkIns.withLock { $0.count } == 1, "a visit that was refused is none")
  }

  @Test func reloading() {
    #expect(ask("/-/reload").status == 405 && header("Allow", ask("/-/reload")) == "POST, PUT")
    #expect(daemon.reloads.withLock { $0 } == 0)
    #expect(ask("/-/reload", "POST").status == 200 && ask("/-/reload", "PUT").status == 200)
    daemon.problems.withLock { $0 = ["f:1:1: one", "f:2:1: two"] }
    let refused = ask("/-/reload", "POST")
    #expect(refused.status == 400 && text(refused) == "f:1:1: one\nf:2:1: two\n")
    #expect(daemon.reloads.withLock { $0 } == 3)
  }

  @Test func aVisitIsReadFromTheQuery() throws {
    let answer = ask(
      "/sns",
      query: [
        .init("Action", "ConfirmSubscription"), .init("TopicArn", "arn:t"), .init("Token", "first"),
        .init("Token", "second"),
      ])
    #expect(answer.status == 400 && !text(answer).contains("<script>"))
    let visit = try #require(daemon.visits.withLock { $0 }.first)
    #expect(visit.action == "ConfirmSubscription" && visit.topicARN == "arn:t" && visit.token == "first")
    #expect(visit.subscriptionARN == "")
  }

  @Test func thePageSaysWhatFiresWhoIsToldAndHowTheStoreIs() {
    let page = text(ask("/"))
    for part in [
      "1 alert is firing, 1 alarm is in ALARM", ">up == 0</td>",
      "disabled: nobody is told; suppressed; last page 1m ago",
      "12 of at most 100 series &middot; kept 3d &middot; 4.1 kB on disk", "new samples are in memory only",
    ] { #expect(page.contains(part), "\(part)") }
  }

  @Test func eventsAreAskedByQuery() {
    let good = ask("/api/events", query: [.init("kind", "firing"), .init("format", "lines")])
    #expect(good.status == 200 && good.contentType == "application/x-ndjson")
    #expect(daemon.asked.withLock { $0.first?.kinds } == [.firing])
    #expect(header("X-Farwatch-Partial", good) == nil)
    daemon.outcome.withLock { $0 = .answer(.entries([], isPartial: true)) }
    #expect(
      header("X-Farwatch-Partial", ask("/api/events")) == "true" && text(ask("/api/events")) == "[\n]\n")
    let wrong = ask("/api/events", query: [.init("limit", evil)])
    #expect(wrong.status == 400 && wrong.contentType?.hasPrefix("text/plain") == true)
    daemon.outcome.withLock { $0 = .busy }
    #expect(ask("/api/events").status == 503 && header("Retry-After", ask("/api/events")) == "1")
    #expect(ask("/api/events", "POST").status == 405)
  }

  @Test func foreignTextIsEscapedOnTheStatusPage() {
    let response = ask("/")
    let page = text(response)
    #expect(!page.contains("<script>") && !page.contains("'1'"))
    let escaped = "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&quot;"
    // Every field of the snapshot that is shown; the vantage twice, in the title too.
    #expect(page.components(separatedBy: escaped).count - 1 >= 43)
    #expect(page.contains("\(escaped), \(escaped)</span>"), "an alert's state and what keeps it")
    #expect(header("Content-Security-Policy", response) == StatusPage.contentSecurityPolicy)
    #expect(StatusPage.contentSecurityPolicy.contains("default-src 'none'"))
    #expect(header("X-Content-Type-Options", response) == "nosniff")
    #expect(header("Cache-Control", response) == "no-store")
    #expect(response.contentType == "text/html; charset=utf-8")
  }

  @Test(
    arguments: [
      (0, "0ms"), (999, "999ms"), (1000, "1s"), (1250, "1.2s"), (59_999, "59.9s"), (60_000, "1m"),
      (125_000, "2m5s"), (3_600_000, "1h"), (3_599_999, "59m59s"), (5_400_000, "1h30m"), (86_400_000, "1d"),
      (273_600_000, "3d4h"), (86_399_999, "23h59m"),
    ] as [(Int64, String)]) func durations(_ milliseconds: Int64, _ text: String)
  {
    #expect(StatusPage.text(.milliseconds(milliseconds)) == text)
  }
}

/// A daemon without anything to query.
struct NoSeries: PrometheusFace {
  var reader: any SeriesReader & Sendable { SampleStore() }
  var now: Timestamp { Timestamp(milliseconds: 0) }
  var externalLabels: Labels { .empty }
  func information() -> DaemonInformation {
    DaemonInformation(
      version: "1", startedAt: now, configuredAt: now, isNewestConfiguration: true, workingDirectory: "/",
      retention: .seconds(1), corruptions: 0, flags: [:])
  }
  func configurationText() -> String { "" }
  func families() -> [MetricFamily] { [] }
  func storeSummary() -> StoreSummary { StoreSummary(series: 0, chunks: 0, oldest: nil, newest: nil) }
  func rules() -> RulesSnapshot? { nil }
  func targets() -> [TargetInformation]? { nil }
}
