import Foundation
import Model
import StatusPage
import Testing

private let evil = "<script>alert('1')</script>&\""
private let escaped = "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&quot;"

@Suite struct RenderingTests {
  @Test func fourRegionsOfTwentyChecksAreLessThanAHundredKilobytes() {
    let size =
      StatusPage.render(.busy).count + StatusStyle.css.utf8.count + StatusScript.javascript.utf8.count
    #expect(size < 100_000, "\(size)")
  }

  @Test func noTextOfOthersBecomesMarkup() throws {
    var status = StatusSnapshot.busy
    status.vantage = evil
    for region in status.regions.indices {
      status.regions[region].name = evil
      status.regions[region].role = evil
      status.regions[region].zones = [.init(name: evil, verdict: .bad)]
      status.regions[region].tiers = [.init(zone: evil, name: evil, verdict: .bad, healthyShare: .nan)]
      status.regions[region].servedShare = .infinity
      status.regions[region].traffic = .init(
        requests: .infinity, errors: .nan, problem: evil, history: [.nan, 1, .infinity, 2])
      status.regions[region].events = [.init(at: noon, kind: evil, alert: evil, what: evil)]
      for check in status.regions[region].checks.indices {
        status.regions[region].checks[check].name = evil
        status.regions[region].checks[check].problem = check % 2 == 0 ? evil : nil
        status.regions[region].checks[check].zone = evil
        status.regions[region].checks[check].tier = evil
        status.regions[region].checks[check].madeOf = evil
        status.regions[region].checks[check].latencies = [.nan, .infinity, -1, nil, 1e308, 0]
      }
    }
    for link in status.links.indices {
      status.links[link].name = evil
      status.links[link].engine = evil
      status.links[link].source = evil
      status.links[link].target = evil
      status.links[link].problem = evil
      status.links[link].lags = [.infinity, 1e300, .nan, -5, nil, 1e300]
    }
    for backup in status.backups.indices {
      status.backups[backup].job = evil
      status.backups[backup].region = evil
      status.backups[backup].problem = evil
      status.backups[backup].sizeBytes = .infinity
      status.backups[backup].retained = .infinity
    }
    status.silences[0].id = evil
    status.silences[0].matchers = evil
    status.events = [.init(at: noon, kind: evil, alert: evil, what: evil)]
    var form = SilenceForm(items: SilenceForm.Field.allCases.map { ($0.rawValue, evil) })
    form.problem = evil
    form.problems[.matchers] = evil
    let pages = [
      StatusPage.render(status), try #require(StatusPage.region(evil, status)),
      try #require(StatusPage.link(evil, status)), try #require(StatusPage.backup(evil, status)),
      StatusPage.alerts(status), StatusPage.silences(status, form), StatusPage.notFound(evil),
      StatusPage.unavailable(evil),
      StatusPage.events(
        .init(
          events: status.events, kinds: [evil], kind: evil, alert: evil, labels: [evil, evil], older: 7,
          problem: evil), now: noon),
    ].map(text)
    for page in pages {
      #expect(page.contains(escaped))
      #expect(!page.contains("<script>") && !page.contains("'1'"))
      // Only our own script, and nothing that a strict policy would refuse.
      #expect(!page.contains(" style=") && !page.contains(" onclick"))
    }
    #expect(pages[0].contains("/regions/%3Cscript%3E"))
  }

  @Test func whatIsUnknownIsNeverGood() throws {
    let good = StatusSnapshot.Region(name: "japan", role: "standby", verdict: .good, checks: [])
    var status = StatusSnapshot.empty([good])
    #expect(status.judgement.verdict == .unknown, "it is not known what failing over would mean")
    #expect(status.readiness.first?.verdict == .unknown, "nothing says what would be lost")
    var link = StatusSnapshot.Link(
      name: "orders", engine: "postgres", source: "taiwan", target: "japan",
      recoveryPoint: noon - .seconds(1),
      objective: .seconds(5), measured: true)
    status.links = [link]
    #expect(status.readiness.first?.verdict == .good && status.judgement.verdict == .good)
    #expect(
      status.readiness.first?.sentence
        == "Failing over to japan now would lose 1s (orders); how long it takes is not measured yet")
    // What is not measured any more may have grown.
    link.measured = false
    status.links = [link]
    #expect(status.judgement.verdict == .unknown)
    let readiness = try #require(status.readiness.first)
    #expect(readiness.verdict == .unknown && readiness.loses == nil)
    #expect(readiness.sentence.contains("unknown amount: nothing is known of orders"))
    #expect(text(StatusPage.render(status)).contains("unknown, at worst 1s"))
    link.recoveryPoint = noon - .seconds(6)
    status.links = [link]
    #expect(status.judgement.verdict == .bad, "it misses its objective, however stale it is")
    status.links = []
    for verdict in [StatusSnapshot.Verdict.unknown, .bad, .degraded] {
      status.regions[0].verdict = verdict
      #expect(status.judgement.verdict == verdict)
      #expect(!text(StatusPage.render(status)).contains("verdict good"))
    }
    status.regions[0].verdict = .good
    status.backups = [
      .init(job: "dumps", region: "japan", objective: .seconds(60), measured: false)
    ]
    #expect(status.judgement.verdict == .unknown && status.judgement.text.contains("dumps"))
    status.isOffline = true
    #expect(status.judgement.verdict == .unknown)
    status.isOffline = nil
    status.ready = false
    #expect(status.judgement.verdict == .unknown)
    status.rehearsals = [.init(region: "japan", takes: .seconds(40), lastProven: noon - .seconds(518_400))]
    status.links = [link]
    #expect(status.readiness.first?.sentence.hasSuffix("and take about 40s") == true)
    #expect(text(StatusPage.render(status)).contains("last proven"))
  }

  /// A region that is well, a link that is in time: nothing speaks against it.
  private var calm: StatusSnapshot {
    var status = StatusSnapshot.empty([.init(name: "japan", role: "standby", verdict: .good, checks: [])])
    status.links = [
      .init(
        name: "orders", engine: "postgres", source: "taiwan", target: "japan",
        recoveryPoint: noon - .seconds(1), objective: .seconds(5), measured: true)
    ]
    return status
  }

  private static let objections:
    [(change: @Sendable (inout StatusSnapshot) -> Void, verdict: StatusSnapshot.Verdict, words: String)] = [
      (
        {
          $0.receivers = [
            .init(topic: "office", endpoint: "h", confirmed: true, waiting: 0, consecutiveFailures: 2)
          ]
        }, .bad, "no pages are taken by office"
      ),
      (
        {
          $0.receivers = [
            .init(topic: "office", endpoint: "h", confirmed: false, waiting: 0, consecutiveFailures: 0)
          ]
        }, .unknown, "nobody knows whether pages are taken by office"
      ),
      (
        { $0.heartbeats = [.init(name: "hc", interval: .seconds(60), lastProblem: "404", withheld: [])] },
        .bad,
        "no heartbeat is taken by hc"
      ),
      (
        { $0.heartbeats = [.init(name: "hc", interval: .seconds(60), withheld: [])] }, .unknown,
        "no heartbeat is taken by hc"
      ),
      (
        {
          $0.store = .init(
            series: 1, seriesLimit: 2, retention: .seconds(1), diskBytes: 1, isFailing: true, failure: "full")
        }, .bad, "the disk takes no samples"
      ),
      ({ $0.lastReloadProblem = "farwatch.yml:1:1: no" }, .degraded, "is not in force"),
      ({ $0.stuckCollectors = 1 }, .bad, "1 collector stuck"),
      ({ $0.ruleProblems = ["Rule x cannot be evaluated"] }, .degraded, "1 problem with rules"),
      (
        { $0.standings = [.init(workload: "shop", region: "japan", verdict: .unknown)] }, .unknown,
        "failing over is not known to be safe: shop in japan"
      ),
      ({ $0.isOffline = true }, .unknown, "offline"),
    ]

  @Test func whateverSpeaksAgainstItIsInTheHeadline() {
    #expect(calm.judgement.verdict == .good && calm.judgement.text == "Nothing is firing")
    for (change, verdict, words) in Self.objections {
      var status = calm
      change(&status)
      let judgement = status.judgement
      #expect(judgement.verdict == verdict && judgement.text.contains(words), "\(judgement)")
      #expect(!text(StatusPage.render(status)).contains("class=\"verdict good\""), "\(words)")
    }
  }

  @Test func theAnswerToTheFirstQuestionIsInTheHeading() throws {
    var status = calm
    func heading() throws -> String {
      let page = text(StatusPage.render(status))
      let start = try #require(page.firstRange(of: "<h1")?.lowerBound)
      let end = try #require(page.firstRange(of: "</h1>")?.lowerBound)
      return String(page[start..<end])
    }
    #expect(try heading().contains("Failing over to japan now would lose 1s (orders)"))
    var shop = StatusSnapshot.Readiness(workload: "shop", region: "japan", verdict: .bad)
    (shop.loses, shop.worst, shop.takes) = (.seconds(90), "orders", .seconds(40))
    shop.objections = ["more would be lost than the objective allows: orders"]
    status.standings = [.init(workload: "mail", region: "japan", verdict: .unknown), shop]
    let worst = "Failing shop over to japan now would lose 1m30s (orders) and take about 40s; 1 more below"
    #expect(try heading().contains(worst))
    let page = text(StatusPage.render(status))
    #expect(page.contains("mail in japan: not known to be safe") && page.contains("shop in japan: not safe"))
    #expect(page.contains("More would be lost than the objective allows: orders."))
  }

  @Test func failoversSayWhatTheyCost() {
    var status = calm
    status.failovers = [
      .init(
        workload: "shop", from: "taiwan", to: "japan", startedAt: noon - .seconds(600), isOver: false,
        steps: [
          .init(name: "first bad", at: noon - .seconds(600)),
          .init(name: "serving", at: noon - .seconds(510)),
        ], recoveryTime: .seconds(90), recoveryTimeObjective: .seconds(60), lost: .seconds(2),
        lostObjective: .seconds(5))
    ]
    let page = text(StatusPage.render(status))
    for words in ["1m30s of 1m allowed", "2s of 5s allowed", "1m30s serving", "not as promised"] {
      #expect(page.contains(words), "\(words)")
    }
  }

  @Test func jobsOfOneNameHavePagesOfTheirOwn() throws {
    var status = calm
    status.backups = ["taiwan", "japan"].map {
      .init(job: "dump", region: $0, newestGood: noon - .seconds(60), objective: .seconds(90), measured: true)
    }
    let front = text(StatusPage.render(status))
    #expect(front.contains("/backups/taiwan/dump") && front.contains("/backups/japan/dump"))
    let japan = text(try #require(StatusPage.backup("dump", region: "japan", status)))
    #expect(japan.contains("<h1>Backup job dump</h1>") && japan.contains("/regions/japan"))
    #expect(!japan.contains("/regions/taiwan"))
    let both = text(try #require(StatusPage.backup("dump", status)))
    #expect(both.contains("/backups/taiwan/dump") && both.contains("/backups/japan/dump"))
    #expect(StatusPage.backup("dump", region: "mars", status) == nil)
    status.backups.removeLast()
    #expect(text(StatusPage.render(status)).contains("\"/backups/dump\""))
  }

  @Test func alertsOfTwoSourcesWithTheSameLabelsAreTwoRows() {
    var status = calm
    status.alerts = ["up == 0", "posted by another program", "posted by another program"].map {
      .init(
        name: "Down", state: "firing", since: noon, labels: ["alertname": "Down"], summary: "", expression: $0
      )
    }
    let ids = text(StatusPage.alerts(status)).components(separatedBy: "<tr role=\"row\" id=\"a-").dropFirst()
      .map { $0.prefix { $0 != "\"" } }
    #expect(ids.count == 3 && Set(ids).count == 3, "\(ids)")
  }

  @Test func anEmptyInstallIsToldItsNextStep() {
    let page = text(StatusPage.render(.empty()))
    #expect(page.contains("no region is configured") && page.contains("role: primary"))
    #expect(page.contains("farwatch check config") && !page.contains("verdict good"))
  }

  @Test func aGapInALineIsNoZero() throws {
    let page = text(StatusPage.render(.busy))
    let table = try #require(page.firstRange(of: "class=\"checks\""))
    let checks = page[table.upperBound...]
    let path = checks.firstRange(of: "<path d=\"").flatMap { start in
      checks[start.upperBound...].split(separator: "\"").first
    }
    // Once at the beginning, once behind the gap.
    #expect(path?.split(separator: "M").count == 2)
    var status = StatusSnapshot.busy
    for region in status.regions.indices {
      for check in status.regions[region].checks.indices {
        status.regions[region].checks[check].latencies = [nil, 0.2, nil]
      }
    }
    for region in status.regions.indices { status.regions[region].traffic?.history = [nil, 5, nil] }
    for link in status.links.indices { status.links[link].lags = [nil, 5, nil] }
    status.backups = []
    #expect(!text(StatusPage.render(status)).contains("class=\"spark"), "one value makes no line")
  }

  @Test func pagesOfOneKnowOnlyWhatIsTheirs() throws {
    let japan = text(try #require(StatusPage.region("japan", .busy)))
    #expect(japan.contains("RegionDown") && japan.contains("orders") && !japan.contains("LagHigh"))
    #expect(!japan.contains("/links/sessions"))
    let link = text(try #require(StatusPage.link("sessions", .busy)))
    #expect(link.contains("LagHigh") && !link.contains("RegionDown") && link.contains("objective missed"))
    let backup = text(try #require(StatusPage.backup("orders-nightly", .busy)))
    #expect(
      backup.contains("48.2 GB") && backup.contains("spark big") && backup.contains(">5d18h ago</time>"))
    #expect(backup.contains("content read and sound: all 14 kept; restored as a test "))
    #expect(backup.contains("Over the last 3d, from nothing at the bottom: least 40 GB, most 48.7 GB."))
    #expect(StatusPage.region("mars", .busy) == nil && StatusPage.link("mars", .busy) == nil)
    #expect(StatusPage.backup("mars", .busy) == nil)
    #expect(text(StatusPage.notFound("no")).contains("href=\"/\">Back"))
  }

  @Test func trafficThatIsNotKnownIsNotNone() throws {
    let cards = text(StatusPage.render(.busy)).components(separatedBy: "<article").dropFirst().map {
      String($0)
    }
    #expect(cards[0].contains("118 requests/s") && cards[0].contains("0.4 % fail"))
    #expect(cards[1].contains("requests unknown") && cards[1].contains("failures unknown"))
    #expect(cards[1].contains("(`requests` finds nothing)") && !cards[1].contains("requests/s"))
    #expect(cards[2].contains("0 requests/s") && cards[2].contains("0 fail/s"), "none of none is no share")
    #expect(!cards[3].contains("requests"), "nobody said how to know")
    let page = text(try #require(StatusPage.region("taiwan", .busy)))
    #expect(page.contains("Requests a second over the last 1h, from none at the bottom: at most 106."))
  }

  @Test func aRegionsPageShowsWhatItsStateFollowsFromAndWhatHappened() throws {
    let page = text(try #require(StatusPage.region("japan", .busy)))
    #expect(page.contains("zone 1a") && page.contains("tier web in 1a") && page.contains("75 % well"))
    #expect(page.contains("17 of 19"), "checks of the zone that are up")
    #expect(page.contains("data-is=\"Zone\">1a<") && page.contains("data-is=\"Tier\">web<"))
    #expect(page.contains("at least 1 of check-1, check-2"))
    #expect(page.contains("check-0 in japan") && page.contains("dot bad tight\">check\u{a0}down"))
    #expect(page.contains("/events?label=region%3Djapan"))
    let quiet = text(try #require(StatusPage.region("taiwan", .busy)))
    #expect(quiet.contains("Nothing of late.") && !quiet.contains("check-0 in japan"))
  }

  @Test func aLagIsDrawnAgainstItsObjective() throws {
    let kept = text(try #require(StatusPage.link("orders", .busy)))
    // The objective is the higher of the two: near the top, and what was lost far below it.
    #expect(kept.contains("<path class=\"limit\" d=\"M0 8.1H600\"/>"), "\(kept)")
    #expect(kept.contains("over the last 1h, from nothing at the bottom: at most 1.3s."))
    #expect(kept.contains("the objective, 5s; a gap: not measured"))
    let missed = text(try #require(StatusPage.link("sessions", .busy)))
    #expect(missed.contains("at most 40.6s") && missed.contains("<path class=\"limit\""))
    let unknown = text(try #require(StatusPage.link("events", .busy)))
    #expect(!unknown.contains("class=\"limit\"") && unknown.contains("drawn here when it was measured"))
  }

  /// The answer stands first: whether one may, in a word, and what speaks against it.
  @Test func whetherFailingOverIsSafeIsSaidFirst() throws {
    let page = text(StatusPage.render(.busy))
    let calls = try #require(page.firstRange(of: "class=\"calls\""))
    let regions = try #require(page.firstRange(of: "id=\"regions\""))
    #expect(calls.lowerBound < regions.lowerBound)
    let readiness = StatusSnapshot.busy.readiness
    #expect(
      readiness.map { "\($0.region): \($0.call)" } == [
        "japan: not safe", "singapore: not safe", "frankfurt: not known to be safe",
      ])
    #expect(readiness[0].objections == ["the region itself is down"])
    #expect(
      readiness[1].objections == [
        "the region itself is degraded", "more would be lost than the objective allows: sessions",
      ])
    #expect(page.contains("More would be lost than the objective allows: sessions."))
    var status = StatusSnapshot.busy
    status.regions[1].verdict = .good
    #expect(status.readiness[0].call == "looks safe", "nobody has tried")
    status.rehearsals = [.init(region: "japan", takes: .seconds(40), lastProven: noon - .seconds(86_400))]
    #expect(status.readiness[0].call == "safe" && status.readiness[0].objections == [])
  }

  @Test func overrunsAreThoseOfLate() {
    var status = StatusSnapshot.busy
    status.overruns = 0
    #expect(text(StatusPage.render(status)).contains("dot good\">no collection left out of late"))
    status.overruns = 1
    #expect(
      text(StatusPage.render(status)).contains(
        "dot degraded\">1 collection of the last 5m left out because the one before still ran"))
  }

  @Test func aFormSaysWhatIsWrongBesideItsField() {
    let empty = SilenceForm(items: [])
    #expect(Set(empty.problems.keys) == Set(SilenceForm.Field.allCases) && !empty.isSound)
    let page = text(StatusPage.silences(.busy, empty))
    for field in SilenceForm.Field.allCases {
      #expect(page.contains("aria-describedby=\"\(field.rawValue)-hint \(field.rawValue)-error\""))
    }
    let good = SilenceForm(items: [
      ("matchers", " region=japan \r\n\r\n alertname=~\"A.*\""), ("duration", "2h"), ("by", " ada "),
      ("comment", "c"),
    ])
    #expect(good.isSound && good.length == .seconds(7200) && good.by == "ada")
    #expect(good.matcherLines == ["region=japan", "alertname=~\"A.*\""])
    for wrong in ["", "0s", "-1h", "2", "366d", "99999999999y", evil] {
      #expect(SilenceForm(items: [("duration", wrong)]).problems[.duration] != nil, "\(wrong)")
    }
  }

  @Test func eventsAreFilteredAndPaged() {
    let page = text(
      StatusPage.events(
        .init(
          events: StatusSnapshot.busy.events, kinds: ["firing", "given_up"], kind: "given_up", alert: "A&B",
          labels: ["region=a b"], older: 80), now: noon))
    #expect(page.contains("<option value=\"given_up\" selected>given up</option>"))
    #expect(
      page.contains(
        "href=\"/events?before=80&amp;kind=given_up&amp;alert=A%26B&amp;label=region%3Da%20b\">Older"))
    #expect(page.contains("name=\"label\" placeholder=\"region=NAME\" value=\"region=a b\""))
  }
}
