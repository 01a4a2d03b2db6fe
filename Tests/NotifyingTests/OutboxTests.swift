import HTTPClient
import Model
import Testing

@testable import Notifying

@Suite struct OutboxTests {
  @Test func nothingIsSentBeforeItsCommit() {
    var world = World(pager("https://a.example/"))
    let ticket = world.ticket()
    let changes = world.dispatcher.accept(
      [event(.firing)], ticket: ticket, now: start, monotonic: world.monotonic)
    #expect(changes.map(\.table) == [.outbox])
    #expect(world.take().isEmpty)
    #expect(world.dispatcher.nextDeadline == nil)
    world.dispatcher.committed(CommitTicket(99), durable: true)
    #expect(world.take().isEmpty, "another transaction")
    world.dispatcher.committed(ticket, durable: true)
    #expect(world.take().map(\.label) == ["LagHigh firing"])
  }

  @Test func aFailedCommitDoesNotSilenceThePage() {
    var world = World(pager("https://a.example/"))
    let ticket = world.ticket()
    _ = world.dispatcher.accept([event(.firing)], ticket: ticket, now: start, monotonic: world.monotonic)
    world.dispatcher.committed(ticket, durable: false)
    #expect(world.drain().count == 1)
    #expect(world.statistics.undurable == 1)
  }

  @Test func aTakenPageLeavesTheDatabase() {
    var world = World(pager("https://a.example/", "https://b.example/"))
    world.page(event(.firing))
    #expect(world.rowCount(.outbox) == 2)
    let deliveries = world.take()
    #expect(Set(deliveries.map { $0.page?.messageID }).count == 1, "one message, two subscriptions")
    world.finish(deliveries[0], .answered(204))
    #expect(world.rowCount(.outbox) == 1)
    world.restart()
    #expect(world.take().map(\.page) == [deliveries[1].page])
    #expect(world.take().isEmpty)
  }

  @Test func theSameEventTwiceIsOnePage() {
    var world = World(pager("https://a.example/"))
    world.page(event(.firing), event(.firing))
    #expect(world.rowCount(.outbox) == 1)
    #expect(world.statistics.duplicates == 1)
    #expect(world.drain().count == 1)
  }

  @Test func theEndNeverOvertakesTheBeginning() throws {
    var world = World(pager("https://a.example/"))
    world.page(event(.firing))
    let first = try #require(world.take().first)
    world.page(event(.resolved), event(.firing, episode: 1), event(.firing, "Other"))
    let other = world.take()
    #expect(other.map(\.label) == ["Other firing"], "other alerts do not wait")
    world.finish(first, .failed(.refused, "connection refused"))
    world.finish(other[0], .answered(200))
    var sent: [Page] = []
    while world.dispatcher.nextDeadline != nil {
      world.advance(1)
      sent += world.drain()
    }
    #expect(sent.map(\.event.status) == [.firing, .resolved, .firing])
    #expect(sent.map(\.event.startsAt).sorted() == sent.map(\.event.startsAt))
    #expect(world.rowCount(.outbox) == 0)
  }

  @Test func oneReceiverDoesNotDelayAnother() {
    var world = World(pager("https://slow.example/", "https://good.example/") { $0.maximumInFlight = 2 })
    for n in 0..<5 { world.page(event(.firing, "A\(n)")) }
    var slow: [Delivery] = []
    var good = 0
    while true {
      let deliveries = world.take()
      if deliveries.isEmpty { break }
      for delivery in deliveries {
        if delivery.subscriptionARN == world.subscriptions[0].subscriptionARN {
          slow.append(delivery)
        } else {
          good += 1
          world.finish(delivery, .answered(200))
        }
      }
    }
    #expect(good == 5)
    #expect(slow.count == 2, "its own limit")
    #expect(world.subscriptions.map(\.queued) == [5, 0])
  }

  @Test(arguments: [301, 400, 401, 403, 404, 410, 413, 429, 500, 503])
  func noAnswerLosesAPage(status: Int) throws {
    var world = World(pager("https://a.example/"))
    world.page(event(.firing))
    for attempt in 0..<50 {
      world.finish(try #require(world.take().first), .answered(status))
      let next = try #require(world.dispatcher.nextDeadline)
      let pause = next - world.monotonic
      let isRefusal = status < 500 && status != 429
      #expect(pause <= .seconds(60))
      if isRefusal { #expect(pause == .seconds([5, 10, 20, 40].dropFirst(attempt).first ?? 60)) }
      world.advance(pause.inSeconds)
    }
    #expect(world.drain().count == 1)
    #expect(world.statistics.failed == [.status: 50])
    #expect(world.statistics.retries == 50)
  }

  @Test func retryAfterHoldsTheWholeReceiverWithinReason() throws {
    var world = World(pager("https://a.example/"))
    world.page(event(.firing))
    world.finish(try #require(world.take().first), .answered(429, retryAfter: .seconds(100)))
    world.page(event(.firing, "B"))
    #expect(world.take().isEmpty)
    #expect(world.dispatcher.nextDeadline.map { $0 - world.monotonic } == .seconds(100))
    world.advance(99.9)
    #expect(world.take().isEmpty)
    world.advance(0.1)
    let deliveries = world.take()
    #expect(deliveries.count == 2)
    for delivery in deliveries { world.finish(delivery, .answered(503, retryAfter: .seconds(80_000))) }
    #expect(world.dispatcher.nextDeadline.map { $0 - world.monotonic } == .seconds(600))
  }

  @Test func anOutageEndsForAllAtOnce() throws {
    var world = World(pager("https://a.example/"))
    for step in 0..<200 {
      // Six alerts, their attempts spread over time.
      if step < 60, step % 10 == 0 { world.page(event(.firing, "A\(step)")) }
      while true {
        let deliveries = world.take()
        if deliveries.isEmpty { break }
        #expect(deliveries.count <= 2, "a receiver in trouble is not pressed")
        for delivery in deliveries { world.finish(delivery, .failed(.refused, "")) }
      }
      world.advance(1)
    }
    let next = try #require(world.dispatcher.nextDeadline)
    world.advance((next - world.monotonic).inSeconds)
    #expect(world.drain().count == 6, "the first success frees all, without sitting out their pauses")
    #expect(
      world.notices().filter { $0.hasPrefix("receiver") } == [
        "receiver does not take pages", "receiver takes pages again",
      ])
  }

  @Test func aPoisonousPageStopsNoOther() {
    var world = World(pager("https://a.example/"))
    world.page(event(.firing, "Poison"))
    var taken: Set<String> = []
    var poisonAttempts = 0
    for step in 0..<600 {
      if step % 30 == 0 { world.page(event(.firing, "A\(step)")) }
      for delivery in world.take() {
        if delivery.label == "Poison firing" {
          poisonAttempts += 1
          world.finish(delivery, .answered(500))
        } else {
          taken.insert(delivery.label)
          world.finish(delivery, .answered(200))
        }
      }
      world.advance(1)
    }
    #expect(taken.count == 20)
    #expect(poisonAttempts < 40, "its pauses stay")
  }

  @Test func aPolicyThatEndsKeepsThePageApart() throws {
    var world = World(pager("https://a.example/") { $0.retry = .sns })
    world.page(event(.firing))
    world.page(event(.resolved))
    for _ in 0..<4 {
      let delivery = try #require(world.take().first)
      #expect(delivery.page?.event.status == .firing)
      world.finish(delivery, .failed(.timeout, "slow"))
      world.advance(20)
    }
    #expect(world.statistics.gaveUp == 1)
    #expect(world.subscriptions[0].givenUp == 1)
    #expect(world.rowCount(.outbox) == 2, "kept")
    world.restart()
    #expect(world.subscriptions[0].givenUp == 1)
    #expect(world.drain().map(\.event.status) == [.resolved], "what follows is still sent")
  }

  @Test func onlyAFailedAttemptEndsAnOldPage() throws {
    var world = World(pager("https://a.example/"))
    world.page(event(.firing))
    world.advance(4 * 86_400)
    world.restart()
    world.finish(try #require(world.take().first), .failed(.timeout, ""))
    #expect(world.statistics.gaveUp == 1)
    #expect(world.take().isEmpty)
  }

  @Test func atTheLimitTheNewestOfEachAlertIsKept() {
    var settings = pager("https://a.example/")
    settings.maximumEntriesPerSubscription = 4
    var world = World(settings)
    for episode in 0..<50 {
      world.page(event(.firing, "A", episode: episode), event(.resolved, "A", episode: episode))
      world.page(event(.firing, "B", episode: episode))
    }
    world.page(event(.firing, "A", episode: 50))
    #expect(world.rowCount(.outbox) <= 4)
    #expect(world.subscriptions[0].queued == world.rowCount(.outbox))
    world.restart()
    let pages = world.drain()
    #expect(pages.last { $0.event.identity == "A" }?.event == event(.firing, "A", episode: 50))
    #expect(pages.last { $0.event.identity == "B" }?.event == event(.firing, "B", episode: 49))
    #expect(world.rowCount(.outbox) == 0)
  }

  @Test func beyondThatTheLeastMissedGoes() {
    var settings = pager("https://a.example/")
    settings.maximumEntriesPerSubscription = 3
    var world = World(settings)
    world.page(event(.firing, "A"), event(.resolved, "B"), event(.resolved, "C"))
    world.page(event(.firing, "D"))
    world.page(event(.firing, "E"))
    world.page(event(.firing, "F"))
    #expect(world.statistics.dropped == ["overflow": 3])
    #expect(world.drain().map(\.event.identity) == ["D", "E", "F"])
    #expect(world.rowCount(.outbox) == 0)
  }

  @Test func bytesAreLimitedToo() {
    var settings = pager("https://a.example/")
    settings.maximumBytesPerSubscription = 20_000
    var world = World(settings)
    let long = String(repeating: "x", count: 3000)
    for n in 0..<20 { world.page(event(.firing, "A\(n)", annotations: ["summary": long])) }
    #expect(world.subscriptions[0].queuedBytes <= 20_000)
    #expect(world.subscriptions[0].queuedBytes == world.database[.outbox]?.values.reduce(0) { $0 + $1.count })
    #expect(world.drain().last?.event.identity == "A19")
    #expect(world.subscriptions[0].queuedBytes == 0)
  }

  @Test func pagesOfARemovedSubscriptionWaitForItsReturn() {
    var world = World(pager("https://a.example/"))
    let settings = world.settings
    func reload(_ settings: NotifyingSettings) {
      world.apply(
        world.dispatcher.replaceSettings(settings, identity: testIdentity, externalURL: "u", now: world.now))
    }
    world.page(event(.firing))
    reload(pager("https://typo.example/"))
    #expect(world.take().isEmpty)
    #expect(world.subscriptions.map(\.standing) == [.confirmed, .removed])
    world.restart()
    reload(settings)
    #expect(world.drain().count == 1)
    world.page(event(.resolved))
    reload(pager("https://typo.example/"))
    world.advance(4 * 86_400)
    reload(pager("https://typo.example/"))
    #expect(world.statistics.dropped == ["subscription_removed": 1])
    #expect(world.rowCount(.outbox) == 0)
  }

  @Test func rowsThatCannotBeReadAreReportedAndLeftAlone() {
    var world = World(pager("https://a.example/"))
    world.page(event(.firing, value: .nan))
    world.page(event(.firing, "B", value: .infinity))
    world.database[.outbox]?["x/y"] = Array("{".utf8)
    world.database[.outbox]?["x/z"] = Array("\u{0}\u{1}".utf8)
    world.database[.subscriptions]?["q"] = Array("[]".utf8)
    world.restart()
    #expect(
      world.notices().sorted() == [
        "outbox row cannot be read", "outbox row cannot be read", "subscription row cannot be read",
      ])
    #expect(world.statistics.unreadableRows == 2)
    let values = world.drain().map(\.event.value)
    #expect(values.count == 2 && values[0].isNaN && values[1] == .infinity)
    #expect(world.rowCount(.outbox) == 2)
  }

  @Test func theEndOfAnEpisodeRemovesItsBeginningAgain() throws {
    var world = World(pager("https://a.example/"))
    world.page(event(.firing), event(.resolved))
    let firing = try #require(world.take().first)
    _ = world.dispatcher.deliveryFinished(
      firing.id, result: .answered(200), now: world.now, monotonic: world.monotonic)
    #expect(world.rowCount(.outbox) == 2, "that removal was lost")
    world.finish(try #require(world.take().first), .answered(200))
    #expect(world.rowCount(.outbox) == 0, "or a restart would send the alarm after its end")
  }

  @Test func stoppingTheSenderGivesNothingUp() throws {
    var world = World(pager("https://a.example/") { $0.retry = .sns })
    world.page(event(.firing))
    var cancelled = HTTPResult()
    cancelled.failure = .cancelled
    for _ in 0..<10 {
      world.finish(try #require(world.take().first), DeliveryResult(cancelled, now: world.now))
    }
    #expect(world.statistics.gaveUp == 0)
    #expect(world.statistics.failed.isEmpty)
    #expect(world.drain().count == 1)
  }

  @Test func anAnswerIsReadFromTheClient() {
    var result = HTTPResult()
    result.status = 503
    result.headers = HTTPHeaders(raw: Array("HTTP/1.1 503 x\r\nretry-after: 7\r\n\r\n".utf8))
    #expect(DeliveryResult(result, now: start).retryAfter == .seconds(7))
    result.status = 200
    result.failure = HTTPFailure(.reset, "broke off after the status")
    #expect(DeliveryResult(result, now: start).succeeded, "the receiver said that it took it")
    result.status = nil
    #expect(DeliveryResult(result, now: start).reason == .reset)
  }

  @Test func messageIdsTellMessagesApart() {
    let ids = [
      MessageID.of(event(.firing), topicARN: "t"), MessageID.of(event(.resolved), topicARN: "t"),
      MessageID.of(event(.firing, episode: 1), topicARN: "t"),
      MessageID.of(event(.firing, "B"), topicARN: "t"),
      MessageID.of(event(.firing), topicARN: "u"),
    ]
    #expect(Set(ids).count == ids.count)
    #expect(ids[0] == MessageID.of(event(.firing, value: 2), topicARN: "t"))
    let parts = ids[0].split(separator: "-").map(\.count)
    #expect(parts == [8, 4, 4, 4, 12])
    // Stored rows and receivers remember these: the form must not change.
    #expect(ids[0] == "be7bc9a8-0985-8551-aa7e-5d5276359994")
  }

  @Test func answersAreReadAsResults() {
    #expect(DeliveryResult.answered(200).succeeded)
    #expect(DeliveryResult.answered(299, retryAfter: .seconds(1)).retryAfter == nil)
    #expect(DeliveryResult.answered(302).isRefusal)
    #expect([408, 425, 429, 500, 503].allSatisfy { !DeliveryResult.answered($0).isRefusal })
    #expect(DeliveryResult.failed(.timeout, "").reason == .timeout)
  }
}
