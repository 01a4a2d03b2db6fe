import FarwatchTesting
import Model
import Terminal
import Testing

@testable import StatusView

@Suite struct StatusLinesTests {
  private func text(_ status: StatusAnswer, width: Int?, order: StatusOrder = .configured) -> String {
    ([StatusLines.headline(status), StatusLines.origin(status, at: noon)]
      + StatusLines.body(status, at: noon, width: width, order: order)).map(\.plain).joined(separator: "\n")
  }

  @Test func everythingIsSaid() {
    let said = text(sampleStatus(), width: 100)
    #expect(
      said == """
        BAD      1 region is down, 1 failover is not safe, 1 link misses its objective, 1 alert is firing, 1 receiver does not take pages
        seen from taipei, at 2026-11-21 18:00:00 UTC, version 0.1.0, up 3d4h
        Failing over to japan now: loses 1m35s, takes about 40s; last proven 6d ago
        Failing over to korea now: loses unknown data, takes unknown time; never proven
          the recovery point of a link to it is not known

        Regions
                 REGION  SINCE  STATE
        up       taiwan         primary, 80 % of traffic, 118.4 requests/s, 0.5 % fail
        up         web   2h     12.3 ms
        DOWN     japan          standby, 20 % of traffic, requests unknown (`requests` finds nothing)
        DOWN       web   1m30s  connect: connection refused by 10.1.2.3:443 (9 in a row)

        Alerts
                 ALERT       FOR
        firing   RegionDown  1m   Region japan is down [silenced by ada; acknowledged by bob]

        Receivers in trouble
                 RECEIVER    WAITING
        failing  pager/chat  3        failed 4 times in a row: timeout: no answer

        Replication
                 LINK    PATH            WOULD LOSE  OBJECTIVE
        MISSED   orders  taiwan > japan  1m35s       30s
        met      users   taiwan > japan  800ms       30s
        unknown  events  taiwan > korea  unknown     1m         timeout: no answer

        Backups
                 JOB             REGION  NEWEST GOOD  OBJECTIVE  SIZE
        met      orders-nightly  taiwan  5h ago       1d1h       12.3 GB
        """, "\(said)")
  }

  @Test func theWorstStandsFirst() {
    let said = text(sampleStatus(), width: 100, order: .worst)
    #expect(said.firstRange(of: "japan")!.lowerBound < said.firstRange(of: "taiwan")!.lowerBound)
    #expect(said.firstRange(of: "events")!.lowerBound < said.firstRange(of: "users")!.lowerBound)
    let byName = text(sampleStatus(), width: 100, order: .name)
    #expect(byName.firstRange(of: " events")!.lowerBound < byName.firstRange(of: " orders ")!.lowerBound)
  }

  @Test func whatIsForeignCannotSteerATerminal() {
    var status = sampleStatus()
    status.readiness[0].reason = "\u{1b}[2Jgone"
    status.regions[0].name = "a\u{1b}]0;title\u{7}\nb"
    status.links[0].problem = "\u{202e}backwards"
    status.problems = ["x\u{9b}31m"]
    let lines =
      [StatusLines.headline(status)] + StatusLines.body(status, at: noon, width: nil, order: .worst)
    for line in lines {
      let scalars = line.text(colour: false).unicodeScalars
      #expect(
        scalars.allSatisfy { $0.value >= 0x20 && !(0x7f..<0xa0).contains($0.value) && $0.value != 0x202e })
    }
  }

  @Test func absurdNumbersAreWords() {
    var status = sampleStatus()
    for value in [Double.nan, .infinity, -.infinity, -1, 1e300, .leastNonzeroMagnitude] {
      status.links[0].exposureSeconds = value
      status.backups[0].sizeBytes = value
      status.regions[0].sharePercent = value
      status.regions[0].checks[0].latencySeconds = value
      status.backups[0].newestGood = Timestamp(milliseconds: .min)
      status.alerts[0].since = Timestamp(milliseconds: .max)
      #expect(!text(status, width: 80).isEmpty)
    }
    #expect(
      AgeText.seconds(.nan) == "unknown" && AgeText.seconds(0) == "0s" && AgeText.seconds(0.8) == "800ms")
    #expect(
      AgeText.seconds(90) == "1m30s" && AgeText.seconds(273_600) == "3d4h" && AgeText.seconds(60) == "1m")
  }

  @Test func anEmptyStatusIsUnknown() {
    let empty = StatusAnswer()
    #expect(empty.judgement == .unknown)
    #expect(text(empty, width: 80).hasPrefix("UNKNOWN  Starting"))
  }
}

@Suite struct JudgementTests {
  private func good() -> StatusAnswer {
    var status = StatusAnswer()
    status.isReady = true
    status.regions = [.init(name: "a", verdict: .good)]
    status.links = [.init(name: "l", verdict: .good)]
    status.backups = [.init(job: "b", measured: true, verdict: .good)]
    status.receivers = [.init(topic: "t")]
    status.alarms = [.init(name: "q", state: "INSUFFICIENT_DATA", verdict: .unknown)]
    return status
  }

  private func judged(_ change: (inout StatusAnswer) -> Void) -> StatusAnswer.Judgement {
    var status = good()
    change(&status)
    return status.judgement
  }

  @Test func oneBadThingIsBad() {
    #expect(good().judgement == .good && good().summary == "Nothing is firing")
    #expect(judged { $0.regions[0].verdict = .bad } == .bad)
    #expect(judged { $0.regions[0].verdict = .degraded } == .bad)
    #expect(judged { $0.links[0].verdict = .bad } == .bad)
    #expect(judged { $0.backups[0].verdict = .bad } == .bad)
    #expect(judged { $0.alerts = [.init(name: "x", state: "firing")] } == .bad)
    #expect(judged { $0.alerts = [.init(name: "x", state: "pending")] } == .good)
    #expect(judged { $0.alarms[0].verdict = .bad } == .bad)
    #expect(judged { $0.receivers[0].consecutiveFailures = 1 } == .bad)
  }

  @Test func theDaemonsOwnJudgementIsTheOne() {
    #expect(judged { $0.told = .init(verdict: .unknown, text: "who knows") } == .unknown)
    #expect(judged { $0.told = .init(verdict: .degraded, text: "not in force") } == .bad)
    var status = good()
    status.regions[0].verdict = .bad
    status.told = .init(verdict: .good, text: "All is well")
    #expect(status.judgement == .good && status.summary == "All is well")
    // An older daemon has none.
    #expect(judged { $0.readiness = [.init(region: "b", verdict: .unknown)] } == .unknown)
    #expect(judged { $0.readiness = [.init(region: "b", verdict: .bad)] } == .bad)
    #expect(judged { $0.countedFiring = 3 } == .bad)
  }

  @Test func whatIsNotKnownIsNotGood() {
    #expect(judged { $0.isReady = false } == .unknown)
    #expect(judged { $0.regions[0].verdict = .unknown } == .unknown)
    #expect(judged { $0.links[0].verdict = .unknown } == .unknown)
    #expect(judged { $0.backups[0].verdict = .unknown } == .unknown)
    #expect(
      judged {
        $0.links[0].verdict = .unknown; $0.regions[0].verdict = .bad
      } == .bad)
  }
}
