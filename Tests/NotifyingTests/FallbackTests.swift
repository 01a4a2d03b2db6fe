import Model
import Testing

@testable import Notifying

/// A receiver that forgets what it is not told again.
private struct Forgetful: ReceiverSettings {
  static let kinds = ["forgetful"]
  var kind: String { "forgetful" }
  var shownEndpoint: String { "forgetful" }
  var keyParts: [String] { ["f"] }
  var refreshInterval: Duration? { .seconds(60) }
  func channel(_ context: ChannelContext) -> any Channel {
    SNSHTTPReceiver(.http, "http://f.example/").channel(context)
  }
}

@Suite struct FallbackTests {
  /// `pager` falls back to `mail`; what it gives up goes there too if `dead`.
  private func settings(_ adjust: (inout SubscriptionSettings) -> Void = { _ in }) -> NotifyingSettings {
    var settings = pager("https://a.example/") {
      $0.fallback = "mail"
      adjust(&$0)
    }
    var mail = SubscriptionSettings(.https, "https://mail.example/")
    mail.confirmation = .skip
    settings.topics.append(TopicSettings(name: "mail", subscriptions: [mail]))
    return settings
  }

  /// One turn in which the first receiver fails; returns what the second was told.
  private func turn(_ world: inout World, _ answer: DeliveryResult = .answered(503)) -> [String] {
    world.tend()
    var told: [String] = []
    while true {
      let deliveries = world.take()
      if deliveries.isEmpty { return told }
      for delivery in deliveries {
        let isMail = delivery.topicARN.hasSuffix("mail")
        if isMail { told.append(delivery.label) }
        world.finish(delivery, isMail ? .answered(200) : answer)
      }
    }
  }

  @Test func aFallbackThatNobodyListensToIsToldWhenSomebodyDoes() throws {
    var world = World(settings())
    let mail = try #require(world.subscriptions.first { $0.endpoint.contains("mail") })
    world.apply(world.dispatcher.unsubscribe(subscriptionARN: mail.subscriptionARN, now: world.now).1)
    world.page(event(.firing, "A"))
    for _ in 0..<100 {
      _ = turn(&world)
      world.advance(1)
    }
    #expect(world.statistics.fellBack == 0)
    #expect(world.notices().count { $0 == "fallback has no subscriber: nobody is told" } == 1)
    #expect(world.dispatcher.nextDeadline.map { $0 >= world.monotonic } ?? true, "no turn without work")
    let (found, changes) = world.dispatcher.resubscribe(
      subscriptionARN: mail.subscriptionARN, now: world.now)
    world.apply(changes)
    #expect(found && turn(&world) == ["A firing"])
    #expect(world.statistics.fellBack == 1)
  }

  @Test func aFailingReceiversPagesAreToldToItsFallbackOnce() throws {
    var world = World(settings())
    world.page(event(.firing, "A"))
    for second in 0..<60 {
      #expect(turn(&world).isEmpty, "second \(second)")
      world.advance(1)
    }
    #expect(turn(&world) == ["A firing"])
    world.page(event(.firing, "B"))
    for _ in 0..<59 {
      world.advance(1)
      #expect(turn(&world).isEmpty)
    }
    world.restart()
    #expect(turn(&world).isEmpty, "once, over restarts")
    for _ in 0..<61 {
      world.advance(1)
      let told = turn(&world)
      #expect(told.isEmpty || told == ["B firing"])
    }
    #expect(world.statistics.fellBack == 1 && world.subscriptions[0].fellBack == 1)
    #expect(world.notices().contains("receiver fails: its fallback is told"))
    let journal = world.dispatcher.takeJournal().first { $0.detail["fallback_of"] != nil }
    #expect(journal?.kind == .notified && journal?.detail["fallback_of"] == "https://a.example")
    world.advance(60)
    _ = turn(&world, .answered(200))
    #expect(world.rowCount(.outbox) == 0)
    // Whoever takes pages now: the fallback knows it as firing and hears that it is over, after a restart too.
    world.restart()
    world.page(event(.resolved, "A"))
    #expect(turn(&world, .answered(200)) == ["A resolved"])
    world.page(event(.resolved, "C"))
    #expect(turn(&world, .answered(200)).isEmpty)
  }

  @Test func theFallbackHearsEpisodesInTheirOrder() {
    var world = World(settings())
    for episode in 0..<3 {
      world.page(event(.firing, "A", episode: episode))
      if episode < 2 { world.page(event(.resolved, "A", episode: episode)) }
    }
    var told: [String] = []
    for _ in 0..<70 {
      told += turn(&world)
      world.advance(1)
    }
    let episodes = ["A firing", "A resolved"]
    #expect(told == episodes + episodes + ["A firing"])
    world.page(event(.resolved, "A", episode: 2))
    #expect(turn(&world) == ["A resolved"])
  }

  /// A reminder that waits while the end comes is of no use to a fallback that hears of the end at once.
  @Test(arguments: [0, 30, 59]) func theFallbackHearsNothingAfterTheEnd(secondsBefore: Int) {
    var world = World(settings())
    world.page(event(.firing, "A"))
    var told: [String] = []
    for _ in 0..<70 {
      told += turn(&world)
      world.advance(1)
    }
    #expect(told == ["A firing"])
    world.advance(60)
    #expect(turn(&world, .answered(200)).isEmpty)
    var reminder = groupPage("7", [event(.firing, "A")], thread: "A")
    reminder.kind = .reminder
    world.tell(reminder)
    told = []
    for _ in 0..<secondsBefore {
      told += turn(&world)
      world.advance(1)
    }
    world.page(event(.resolved, "A"))
    world.restart()
    for _ in 0..<100 {
      told += turn(&world)
      world.advance(1)
    }
    #expect(told == ["A resolved"])
    world.page(event(.firing, "A", episode: 1))
    told = []
    for _ in 0..<70 {
      told += turn(&world)
      world.advance(1)
    }
    #expect(told == ["A firing"], "what comes later is told")
  }

  /// News of the group that only waited so far comes before its end.
  @Test func theFallbackHearsAllNewsOfAGroupBeforeItsEnd() {
    var world = World(settings())
    world.tell(groupPage("1", [event(.firing, "A")]))
    var told: [String] = []
    for _ in 0..<70 {
      told += turn(&world)
      world.advance(1)
    }
    world.tell(groupPage("2", [event(.firing, "B"), event(.firing, "A")]))
    world.tell(groupPage("3", [event(.resolved, "A"), event(.resolved, "B")]))
    for _ in 0..<100 {
      told += turn(&world)
      world.advance(1)
    }
    #expect(told == ["A firing", "B firing", "A resolved"])
    #expect(world.statistics.fellBack == 2)
  }

  @Test func theDeadlineWakesForTheFallback() throws {
    var world = World(
      settings {
        $0.retry.maxDelay = .seconds(3600); $0.retry.minDelay = .seconds(3600)
      })
    world.page(event(.firing, "A"))
    #expect(turn(&world).isEmpty)
    #expect(world.dispatcher.nextDeadline == origin + .seconds(60))
    world.advance(60)
    #expect(turn(&world) == ["A firing"])
    #expect(world.dispatcher.nextDeadline.map { $0 > world.monotonic } == true)
  }

  @Test func whatIsGivenUpBeforeTheFallbacksTimeIsToldToItAtOnce() {
    var world = World(
      settings {
        $0.retry = .sns
        $0.fallbackAfter = .seconds(600)
      })
    world.page(event(.firing, "A"))
    var told: [String] = []
    for _ in 0..<10 {
      told += turn(&world)
      world.advance(20)
    }
    #expect(told == ["A firing"])
    world.page(event(.resolved, "A"))
    #expect(turn(&world, .answered(200)) == ["A resolved"])
  }

  @Test func anEndThatWaitedBehindWhatIsGivenUpIsToldWithIt() {
    var world = World(
      settings {
        $0.retry = .sns
        $0.fallbackAfter = .seconds(600)
      })
    world.page(event(.firing, "A"))
    world.page(event(.resolved, "A"))
    var told: [String] = []
    for _ in 0..<20 {
      told += turn(&world)
      world.advance(20)
    }
    #expect(told == ["A firing", "A resolved"])
  }

  @Test func whatIsGivenUpIsADeadLetter() throws {
    var world = World(
      settings {
        $0.fallback = nil
        $0.deadLetterTopic = "mail"
        $0.retry = .sns
      })
    world.tell(groupPage("7", [event(.firing, "A"), event(.firing, "B")]))
    var told: [Page] = []
    for _ in 0..<5 {
      for delivery in world.take() {
        if delivery.topicARN.hasSuffix("mail") {
          told += [delivery.page].compactMap { $0 }
          world.finish(delivery, .answered(200))
        } else {
          world.finish(delivery, .answered(500))
        }
      }
      world.tend()
      world.advance(20)
    }
    #expect(told.map(\.notification.thread) == ["group/1"] && told.first?.notification.serial == "7")
    #expect(world.statistics.deadLettered == 1 && world.statistics.gaveUp == 1)
    #expect(world.subscriptions[0].givenUp == 1, "kept as well")
    #expect(
      world.dispatcher.takeJournal().contains { $0.detail["dead_letter_of"] == "https://a.example" })
  }

  @Test func whoForgetsIsToldAgain() throws {
    var settings = pager()
    settings.topics[0].subscriptions = [SubscriptionSettings(Forgetful())]
    var world = World(settings)
    world.dispatcher.standing = { $0 == "pager" ? [event(.firing, "A"), event(.firing, "B")] : [] }
    world.page(event(.resolved, "B"))
    var first = world.take()
    #expect(first.map { $0.page?.notification.kind } == [.news, .refresh])
    #expect(first[1].page?.notification.alerts.map(\.identity) == ["A"], "news of B are on their way")
    world.finish(first[0], .answered(200))
    world.advance(61)
    #expect(world.take().isEmpty, "one at a time")
    world.finish(first[1], .answered(500))
    #expect(world.subscriptions[0].consecutiveFailures == 0, "it only counts")
    #expect(world.subscriptions[0].attempts == ["taken": 1, "unexpected_status": 1])
    first = world.take()
    #expect(first.map { $0.page?.notification.alerts.count } == [2] && world.rowCount(.outbox) == 0)
    world.finish(first[0], .answered(200))
    #expect(world.take().isEmpty)
    #expect(world.dispatcher.nextDeadline == world.monotonic + .seconds(60))
  }

  @Test func subscriptionsKeepTheirNames() {
    let key = SubscriptionKey(
      topicARN: "arn:aws:sns:farwatch:000000000000:pager",
      receiver: SNSHTTPReceiver(.https, "https://a.example/"))
    // Stored rows are found by it: the form must not change.
    #expect(key.text == "2c0e71dec9f08b30810c001fc57b6373")
    #expect(SubscriptionKey(topicARN: "t", receiver: Forgetful()).text != key.text)
  }
}
