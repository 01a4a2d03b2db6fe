import HTTPClient
import Model
import Testing

@testable import Notifying

@Suite struct HandshakeTests {
  private let arn = "arn:aws:sns:farwatch:000000000000:pager"

  private func world(_ endpoints: String...) -> World {
    var settings = pager()
    settings.topics[0].subscriptions = endpoints.map { SubscriptionSettings(.https, $0) }
    return World(settings)
  }

  @Test func nothingIsSentBeforeTheVisit() throws {
    var world = world("https://a.example/")
    world.page(event(.firing))
    let asked = world.take()
    #expect(asked.map(\.label) == ["handshake"])
    let handshake = try #require(asked[0].handshake)
    let request = try #require(asked[0].makeRequest().http)
    let body = String(decoding: request.body, as: UTF8.self)
    #expect(
      request.headers.first { $0.name == "x-amz-sns-message-type" }?.value == "SubscriptionConfirmation")
    #expect(
      body.contains(
        "https://watch.example/base/sns?Action=ConfirmSubscription&TopicArn=\(arn)&Token=\(handshake.token.secret)"
      ))
    world.finish(asked[0], .answered(200))
    world.advance(29)
    #expect(world.take().isEmpty)
    world.advance(1)
    let again = world.take()
    #expect(again.map(\.label) == ["handshake"], "asked again")
    #expect(again[0].handshake == handshake, "the same message")
    world.finish(again[0], .answered(200))
    #expect(world.subscriptions[0].standing == .pendingConfirmation)

    let (answer, changes) = world.dispatcher.confirm(
      topicARN: arn, token: handshake.token.secret, now: world.now)
    world.apply(changes)
    #expect(answer == .confirmed(subscriptionARN: world.subscriptions[0].subscriptionARN))
    #expect(world.drain().map(\.event.status) == [.firing], "the page had waited")
    #expect(world.subscriptions[0].standing == .confirmed)
    let second = world.dispatcher.confirm(topicARN: arn, token: handshake.token.secret, now: world.now)
    #expect(second.0 == answer)
    #expect(second.1.isEmpty)
  }

  @Test func pausesGrowAndFailuresFollowThePolicy() throws {
    var world = world("https://a.example/")
    func ask(_ result: DeliveryResult) throws -> Duration? {
      world.finish(try #require(world.take().first), result)
      let next = world.dispatcher.nextDeadline
      let pause = next.map { $0 - world.monotonic }
      if let pause { world.advance(pause.inSeconds) }
      return pause
    }
    #expect(try ask(.failed(.refused, "")) == .seconds(1))
    #expect(try ask(.answered(503, retryAfter: .seconds(90))) == .seconds(90))
    for _ in 0..<20 { _ = try ask(.answered(404)) }
    #expect(try ask(.answered(404)) == .seconds(60))
    for pause in [30, 60, 120, 240, 480, 960, 1920, 3600, 3600] {
      #expect(try ask(.answered(200)) == .seconds(pause))
    }
  }

  @Test func aWrongTokenConfirmsNothing() {
    let world = world("https://a.example/")
    let token = String(repeating: "0", count: 64)
    #expect(world.dispatcher.confirm(topicARN: arn, token: token, now: start).0 == .invalidToken)
    #expect(world.dispatcher.confirm(topicARN: arn, token: "", now: start).0 == .invalidToken)
    #expect(world.dispatcher.confirm(topicARN: "arn:other", token: token, now: start).0 == .unknownTopic)
    #expect(world.subscriptions[0].standing == .pendingConfirmation)
  }

  @Test func tokenAndConfirmationSurviveARestart() throws {
    var world = world("https://a.example/", "https://b.example/")
    let before = try world.take().map { try #require($0.handshake) }
    #expect(Set(before.map(\.token.secret)).count == 2)
    world.restart()
    let after = try world.take().map { try #require($0.handshake) }
    #expect(before == after)
    world.apply(world.dispatcher.confirm(topicARN: arn, token: before[1].token.secret, now: start).1)
    world.restart()
    #expect(world.subscriptions.map(\.standing) == [.pendingConfirmation, .confirmed])
    #expect(world.take().count == 1)
  }

  @Test func reloadKeepsTheConfirmationByTopicAndEndpoint() throws {
    var world = world("https://a.example/")
    let token = try #require(world.take().first?.handshake).token.secret
    world.apply(world.dispatcher.confirm(topicARN: arn, token: token, now: start).1)
    var settings = world.settings
    settings.topics[0].subscriptions[0].timeout = .seconds(3)
    settings.topics[0].subscriptions.insert(SubscriptionSettings(.https, "https://new.example/"), at: 0)
    func reload(_ settings: NotifyingSettings) {
      world.apply(
        world.dispatcher.replaceSettings(
          settings, identity: testIdentity, externalURL: "https://watch.example", now: start))
    }
    reload(settings)
    #expect(world.subscriptions.map(\.standing) == [.pendingConfirmation, .confirmed])
    settings.topics[0].subscriptions[1].endpoint = "https://a.example/other"
    reload(settings)
    #expect(world.subscriptions.map(\.standing) == [.pendingConfirmation, .pendingConfirmation])
  }

  @Test func theTokenIsNeverPrinted() throws {
    let world = world("https://a.example/")
    let delivery = try #require(world.take().first)
    let secret = try #require(delivery.handshake).token.secret
    #expect(secret.count == 64)
    var dumped = ""
    dump(delivery, to: &dumped)
    for text in [
      "\(delivery)", String(reflecting: delivery), dumped, "\(world.dispatcher.snapshot(now: start))",
    ] {
      #expect(!text.contains(secret))
    }
  }

  @Test func unsubscribingStopsPagesAndOffersTheWayBack() throws {
    var world = World(pager("https://a.example/", "https://b.example/"))
    world.page(event(.firing))
    let inFlight = world.take()
    world.page(event(.resolved))
    let gone = try #require(world.subscriptions.first).subscriptionARN
    let (answer, changes) = world.dispatcher.unsubscribe(subscriptionARN: gone, now: start)
    world.apply(changes)
    #expect(answer == .unsubscribed)
    #expect(world.subscriptions.map(\.standing) == [.unsubscribed, .confirmed])
    #expect(world.rowCount(.outbox) == 2, "the other receiver's")
    for delivery in inFlight { world.finish(delivery, .answered(200)) }
    world.page(event(.firing, "B"))
    #expect(world.statistics.dropped["unsubscribed"] == 2)
    let sent = world.take()
    let notice = try #require(sent.compactMap(\.handshake).first)
    #expect(notice.kind == .unsubscribe)
    for delivery in sent { world.finish(delivery, .answered(200)) }
    #expect(world.drain().count == 0)
    #expect(world.rowCount(.outbox) == 0)
    world.restart()
    #expect(world.take().isEmpty)
    let back = world.dispatcher.confirm(topicARN: arn, token: notice.token.secret, now: start)
    world.apply(back.1)
    #expect(back.0 == .confirmed(subscriptionARN: gone))
    #expect(world.subscriptions.map(\.standing) == [.confirmed, .confirmed])
    #expect(world.dispatcher.unsubscribe(subscriptionARN: "arn:none", now: start).0 == .unknownSubscription)

    world.apply(world.dispatcher.unsubscribe(subscriptionARN: gone, now: start).1)
    #expect(world.dispatcher.resubscribe(subscriptionARN: gone, now: start).0)
    #expect(world.subscriptions[0].standing == .confirmed, "this endpoint needs no handshake")
  }

  @Test func visitsAreAnsweredInSNSWords() {
    let good = ConfirmationAnswer.confirmed(subscriptionARN: "arn:a&b").answer(requestID: "r-1")
    #expect(good.status == 200)
    #expect(
      good.body == """
        <ConfirmSubscriptionResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">
          <ConfirmSubscriptionResult>
            <SubscriptionArn>arn:a&amp;b</SubscriptionArn>
          </ConfirmSubscriptionResult>
          <ResponseMetadata>
            <RequestId>r-1</RequestId>
          </ResponseMetadata>
        </ConfirmSubscriptionResponse>

        """)
    let bad = ConfirmationAnswer.invalidToken.answer(requestID: "<&>")
    #expect(bad.status == 400)
    #expect(bad.body.contains("<RequestId>&lt;&amp;&gt;</RequestId>"))
    #expect(ConfirmationAnswer.unknownTopic.answer(requestID: "").status == 404)
    #expect(UnsubscribeAnswer.unsubscribed.answer(requestID: "x").body.hasPrefix("<UnsubscribeResponse "))
    #expect(UnsubscribeAnswer.unknownSubscription.answer(requestID: "x").status == 404)
  }
}
