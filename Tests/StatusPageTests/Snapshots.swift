import Model

@testable import StatusPage

let noon = Timestamp(milliseconds: 1_795_262_400_000)

extension StatusSnapshot {
  /// Nothing wrong, nothing known.
  static func empty(_ regions: [Region] = []) -> StatusSnapshot {
    StatusSnapshot(
      takenAt: noon, startedAt: noon - .seconds(90_061), vantage: "frankfurt", version: "1.2.3", ready: true,
      lastReloadProblem: nil, regions: regions, links: [], backups: [], alerts: [], ruleProblems: [],
      receivers: [])
  }

  /// Four regions of twenty checks each, with everything that a page can show.
  static var busy: StatusSnapshot {
    let names = ["taiwan", "japan", "singapore", "frankfurt"]
    var status = empty(
      names.enumerated().map { number, name in
        Region(
          name: name, role: number == 0 ? "primary" : "standby", share: number == 0 ? 60 : nil,
          verdict: [.good, .bad, .degraded, .good][number], checks: checks(of: number),
          zones: [
            Part(name: "1a", verdict: .good), Part(name: "1b", verdict: number == 2 ? .bad : .good),
          ],
          tiers: [Part(zone: "1a", name: "web", verdict: .good, healthyShare: 0.75)],
          servedShare: number == 0 ? 1 : 0,
          traffic: [
            Traffic(requests: 118.4, errors: 0.5, history: (0..<30).map { 100 + Double($0 % 7) }),
            Traffic(problem: "`requests` finds nothing"), Traffic(requests: 0, errors: 0), nil,
          ][number],
          events: number == 1
            ? [
              Event(
                sequence: 101, at: noon - .seconds(125), kind: "check down", alert: "check-0 in japan",
                what: "zone=1a problem=timeout: no answer within 10 s up_for=3h")
            ] : [])
      })
    status.links = [
      Link(
        name: "orders", engine: "postgres", source: "taiwan", target: "japan",
        recoveryPoint: noon - .milliseconds(800), objective: .seconds(5), measured: true, problem: nil,
        lags: (0..<30).map { $0 == 9 ? nil : 0.5 + Double($0 % 5) / 5 }),
      Link(
        name: "sessions", engine: "redis", source: "taiwan", target: "singapore",
        recoveryPoint: noon - .seconds(42), objective: .seconds(30), measured: true, problem: nil,
        lags: (0..<30).map { Double($0) * 1.4 }),
      Link(
        name: "events", engine: "mirrormaker", source: "taiwan", target: "frankfurt", recoveryPoint: nil,
        objective: .seconds(60), measured: false,
        problem: "connection_refused: 10.1.2.3:9092 refuses connections"),
    ]
    status.backups = [
      Backup(
        job: "orders-nightly", region: "japan", newestGood: noon - .seconds(10_800),
        objective: .seconds(90_000), sizeBytes: 48_200_000_000, measured: true, problem: nil,
        sizes: (0..<30).map { 4e10 + Double($0) * 3e8 }, unverified: 0,
        restoreTested: noon - .seconds(500_000)
      ),
      Backup(
        job: "media", region: "frankfurt", newestGood: noon - .seconds(300_000), objective: .seconds(90_000),
        sizeBytes: nil, measured: true, problem: nil),
    ]
    status.backups[0].retained = 14
    status.backups[0].sizesWindow = .seconds(86_400 * 3)
    status.alerts = [
      ActiveAlert(
        name: "RegionDown", state: "firing", since: noon - .seconds(125),
        labels: ["region": "japan", "severity": "page"], summary: "Region japan is down: api, queue",
        paging: Paging(
          acknowledgedBy: "ada", acknowledgedAt: noon - .seconds(60), topics: ["critical"],
          tellings: [
            .init(topic: "critical", state: "told", at: noon - .seconds(100), words: "told critical")
          ])),
      ActiveAlert(
        name: "LagHigh", state: "pending", since: noon - .seconds(20), labels: ["link": "sessions"],
        summary: "", expression: "farwatch_lag > 30"),
    ]
    status.silences = [
      Silenced(
        id: "6f1f2c5e-0000-4000-8000-000000000001", matchers: "region=\"singapore\"", by: "bob",
        comment: "moving shelves", startsAt: noon - .seconds(600), endsAt: noon + .seconds(6600), alerts: 1)
    ]
    status.receivers = [
      Receiver(
        topic: "critical", name: "pager", endpoint: "https://pager.example.com/hook", confirmed: true,
        waiting: 0, lastSuccess: noon - .seconds(100), consecutiveFailures: 0, lastProblem: nil,
        lastProven: noon - .seconds(86_400))
    ]
    status.heartbeats = [
      Heartbeat(
        name: "healthchecks", interval: .seconds(60), lastSuccess: noon - .seconds(12), lastProblem: nil,
        withheld: [])
    ]
    status.events = (1...20).map {
      Event(
        sequence: 100 - $0, at: noon - .seconds($0 * 37), kind: "notified", alert: "RegionDown",
        what: "region=japan topic=critical")
    }
    status.store = Store(
      series: 8123, seriesLimit: 1_000_000, retention: .seconds(86_400 * 15), diskBytes: 91_000_000,
      isFailing: false, failure: "")
    status.isOffline = false
    status.failovers = [
      Failover(
        workload: "shop", from: "taiwan", to: "japan", drill: "november", startedAt: noon - .seconds(86_400),
        isOver: true,
        steps: ["first bad", "confirmed", "role changed", "serving", "failed back"].enumerated().map {
          .init(name: $1, at: noon - .seconds(86_400 - $0 * 20))
        }, recoveryTime: .seconds(60), recoveryTimeObjective: .seconds(90), lost: .milliseconds(800),
        lostObjective: .seconds(5))
    ]
    return status
  }

  private static func checks(of region: Int) -> [Check] {
    [
      Check(
        name: "either", zone: "1b", tier: "", verdict: .good, consecutiveFailures: 0,
        madeOf: "at least 1 of check-1, check-2")
    ]
      + (0..<19).map { number in
        let isBad = region == 1 && number < 2
        return Check(
          name: "check-\(number)", zone: "1a", tier: "web", verdict: isBad ? .bad : .good,
          since: noon - .seconds(4000 * (number + 1)), consecutiveFailures: isBad ? 3 : 0,
          problem: isBad ? "timeout: no answer within 10 s" : nil,
          latencySeconds: 0.0123 * Double(number + 1),
          lastProbe: noon,
          latencies: latencies(number))
      }
  }

  private static func latencies(_ check: Int) -> [Double?] {
    (0..<30).map { (step: Int) -> Double? in
      let wave = (step * 7 + check * 3) % 11
      return step == 7 ? nil : 0.01 + 0.004 * Double(wave)
    }
  }
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
