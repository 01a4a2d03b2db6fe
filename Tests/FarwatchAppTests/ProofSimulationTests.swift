import Foundation
import Journal
import Model
import Notifying
import Paging
import Testing

@testable import FarwatchApp

/// Proofs of page in simulated days: the core, its outbox and the shipped rule.
@Suite struct ProofSimulationTests {
  private static let shippedRules: String = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    do {
      return try String(contentsOf: root.appending(path: "rules/paging.yml"), encoding: .utf8)
    } catch { preconditionFailure("no shipped rules: \(error)") }
  }()

  private func world(every: Duration?, topics: [String] = ["pager"], rules: String = "groups: []\n")
    -> CoreWorld
  {
    var notifying = NotifyingSettings()
    notifying.topics = topics.map { name in
      var receiver = SNSHTTPReceiver(.http, "http://\(name).test/")
      receiver.confirmation = .skip
      return TopicSettings(name: name, subscriptions: [SubscriptionSettings(receiver)])
    }
    var proofs = ProofSettings()
    proofs.every = every
    return CoreWorld(regions: ["taiwan"], rules: rules, notifying: notifying, proofs: proofs)
  }

  private func standing(_ world: CoreWorld, _ topic: String = "pager") throws -> ProofStanding {
    try #require(
      world.conductor.proofs.standings(world.time.now).first { $0.receiver.labels["topic"] == topic })
  }

  private let subject = "TEST: \"FarwatchProof\" in farwatch"

  @Test func aProofGoesTheWholeWayAndEnds() throws {
    let world = world(every: .seconds(3600))
    world.run(.seconds(1))
    #expect(world.pages.isEmpty, "not right at the start")
    world.run(.seconds(301))
    #expect(world.pages.map(\.subject) == [subject, subject], "\(world.pages)")
    #expect(Set(world.pages.map(\.messageID)).count == 2)
    #expect(world.pages[0].message.contains("\"NewStateValue\":\"ALARM\""))
    #expect(
      world.pages[0].message.contains("Nothing is wrong") && world.pages[0].message.contains("simulation"))
    #expect(world.pages[0].message.contains("The next test is due at 2026-01-01T01:0"))
    #expect(world.pages[1].message.contains("\"NewStateValue\":\"OK\""))
    let standing = try standing(world)
    #expect(standing.run?.state == .taken && standing.run?.detail == "status 200")
    #expect(standing.lastProven != nil && world.rowCount(.outbox) == 0)
    world.run(.seconds(3600))
    #expect(world.pages.count == 4)
    let kinds = world.conductor.journalView.newest.map(\.entry).filter { $0.detail["kind"] == "proof" }
      .map(\.kind)
    #expect(kinds.filter { $0 == .notified }.count == 4 && kinds.filter { $0 == .attempt }.count == 4)
  }

  @Test func theScheduleOutlivesTheProcess() throws {
    let world = world(every: .seconds(3600))
    world.run(.seconds(302))
    let proven = try standing(world).lastProven
    for _ in 0..<20 {
      world.crash()
      world.run(.seconds(60))
    }
    #expect(world.pages.count == 2, "no restart proves anew")
    #expect(try standing(world).lastProven == proven)
    world.run(.seconds(3600))
    #expect(world.pages.count == 4)
  }

  @Test func aRestartAmidAProofSendsTheSameOne() throws {
    let world = world(every: .seconds(3600))
    world.receiver = { .hangs }
    for _ in 0..<302 where world.pages.isEmpty { world.run(.seconds(1)) }
    #expect(Set(world.pages.map(\.messageID)).count == 1)
    world.crash()
    #expect(try standing(world).run?.state == .trying)
    world.run(.seconds(10))
    #expect(Set(world.pages.map(\.messageID)).count == 1)
    #expect(try standing(world).run?.state == .trying)
    world.receiver = { .takes }
    world.run(.seconds(120))
    #expect(try standing(world).run?.state == .taken)
    #expect(Set(world.pages.map(\.messageID)).count == 2, "and its end")
    #expect(world.rowCount(.outbox) == 0)
  }

  @Test func whatIsNotTakenIsTakenBack() throws {
    let world = world(every: nil)
    world.receivers["pager"] = .fails
    world.run(.seconds(1))
    let time = Moment(now: world.time.now, monotonic: world.time.monotonic)
    #expect(world.conductor.prove(.receiver("nobody"), at: time).isEmpty)
    let asked = world.conductor.prove(.all, at: time)
    #expect(asked.map(\.run?.state) == [.trying])
    #expect(world.conductor.prove(.topic("pager"), at: time).map(\.run) == asked.map(\.run), "joined")
    world.run(.seconds(605))
    let standing = try standing(world)
    #expect(standing.run?.state == .failed && standing.run?.detail == "status 503")
    #expect(standing.consecutiveFailures == 1 && standing.lastProven == nil)
    #expect((2...ProofRun.mostAttempts).contains(standing.run?.attempts ?? 0))
    #expect(world.rowCount(.outbox) == 0, "nothing is left behind")
    let statistics = world.conductor.dispatcher.snapshot(now: world.time.now).statistics
    #expect(statistics.gaveUp == 0 && statistics.dropped.isEmpty, "no page was lost")
    world.receivers = [:]
    world.run(.seconds(3600))
    #expect(world.pages.allSatisfy { !$0.taken })
  }

  @Test func nothingHoldsAProofBack() throws {
    var paging = toPager()
    paging.routes = []
    var notifying = onePager()
    notifying.topics[0].subscriptions[0].filterPolicy = try FilterPolicy(
      .object([.init("severity", .array([.string("page")]))]))
    let world = CoreWorld(regions: ["taiwan"], rules: "groups: []\n", paging: paging, notifying: notifying)
    world.run(.seconds(1))
    let time = Moment(now: world.time.now, monotonic: world.time.monotonic)
    let everything = LabelMatcher("severity", equals: "none")
    _ = try world.conductor.desk.set(
      SilenceDraft(
        matchers: [everything], startsAt: time.now, endsAt: time.now + .seconds(3600), createdBy: "me",
        comment: "c"), at: time)
    _ = world.conductor.prove(.all, at: time)
    world.run(.seconds(5))
    #expect(world.told == [subject, subject])
    #expect(world.conductor.desk.firing(now: time) { _ in true }.isEmpty, "it is no alert of ours")
  }

  /// The shipped rule: one receiver is dead, and the other one is told.
  @Test func anUnprovenReceiverIsToldThroughTheOther() throws {
    let world = world(every: .seconds(3600), topics: ["pager", "dead"], rules: Self.shippedRules)
    world.receivers["dead"] = .fails
    world.run(.seconds(2 * 3600 + 590))
    func unproven() -> [String] { world.told.filter { $0.contains("ReceiverUnproven") } }
    #expect(unproven().isEmpty)
    world.run(.seconds(60))
    #expect(unproven() == ["ALARM: \"ReceiverUnproven\" in farwatch"])
    let page = try #require(world.pages.last { $0.subject.contains("ReceiverUnproven") })
    #expect(page.topicARN.hasSuffix(":pager") && page.message.contains("topic dead"))
    world.receivers = [:]
    world.run(.seconds(1800))
    #expect(unproven().last == "OK: \"ReceiverUnproven\" in farwatch", "\(unproven())")
  }
}
