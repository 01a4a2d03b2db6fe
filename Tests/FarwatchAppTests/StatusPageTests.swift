import FoundationEssentials
import Model
import StatusPage
import Testing

@testable import FarwatchApp

/// What the status page says of paging.
@Suite struct StatusPageTests {
  private func page(_ alerts: [StatusSnapshot.ActiveAlert], _ receivers: [StatusSnapshot.Receiver] = [])
    -> String
  {
    String(
      decoding: StatusPage.render(
        StatusSnapshot(
          takenAt: dayStart, startedAt: dayStart, vantage: "v", version: "1", ready: true,
          lastReloadProblem: nil,
          regions: [.init(name: "japan", role: "standby", verdict: .good, checks: [])],
          links: [], backups: [], alerts: alerts, ruleProblems: [],
          receivers: receivers)), as: UTF8.self)
  }

  private func alert(_ paging: StatusSnapshot.Paging?) -> StatusSnapshot.ActiveAlert {
    StatusSnapshot.ActiveAlert(
      name: "RegionDown", state: "firing", since: dayStart, labels: ["region": "japan"],
      summary: "it is down",
      paging: paging)
  }

  @Test func everyReasonForSilenceIsTold() {
    let all = page([
      alert(
        .init(
          silencedBy: ["ada until noon"], inhibitedBy: ["SiteDown in japan"], mutedBy: ["night"],
          acknowledgedBy: "bob", acknowledgedAt: dayStart - .seconds(120), topics: ["pager"],
          tellings: [
            .init(topic: "pager", state: "told", at: dayStart - .seconds(30), words: "told pager"),
            .init(topic: "office", state: "waiting", words: "waiting for office: not confirmed"),
          ])), alert(nil),
    ])
    for words in [
      "silenced by ada until noon", "inhibited by SiteDown in japan", "muted by night",
      "acknowledged by bob 2m ago", "told pager 30s ago", "waiting for office: not confirmed<",
      "2 alerts are firing, 1 of them held back",
    ] { #expect(all.contains(words), "\(words)") }
    #expect(page([alert(.init(topics: ["pager"]))]).contains("to be told: pager"))
    #expect(page([alert(.init())]).contains("no route takes it: nobody is told"))
    #expect(!page([alert(.init(mutedBy: ["night"], topics: ["pager"]))]).contains("to be told"))
  }

  @Test func aFloodIsCounted() {
    let many = page(Array(repeating: alert(nil), count: 250))
    #expect(many.components(separatedBy: "it is down").count == 21 && many.contains("and 230 more"))
    #expect(many.contains("250 alerts are firing"))
  }

  @Test func aReceiverThatFailsSaysWhoIsToldInItsPlace() {
    var receiver = StatusSnapshot.Receiver(
      topic: "pager", endpoint: "https://h", confirmed: true, waiting: 3, lastSuccess: nil,
      consecutiveFailures: 4, lastProblem: "timeout: no answer")
    receiver.fallback = "chat"
    receiver.oldestWaiting = .seconds(90)
    let waiting = page([], [receiver])
    #expect(waiting.contains("failed 4 times in a row: timeout: no answer; if it goes on so, chat is told"))
    #expect(waiting.contains("3, 1m30s old"))
    receiver.isFallenBack = true
    #expect(page([], [receiver]).contains("told in its place: chat"))
    receiver.consecutiveFailures = 0
    receiver.isFallenBack = false
    #expect(!page([], [receiver]).contains("timeout"), "what is over is no trouble")
    receiver.confirmed = false
    receiver.isUnsubscribed = true
    #expect(page([], [receiver]).contains("unsubscribed"))
  }
}
