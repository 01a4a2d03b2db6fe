import Model
import Testing

@testable import Notifying

/// Plays random days: events, commits, answers, lost answers, outages and crashes in any order.
@Suite struct InterleavingTests {
  private struct Day {
    var world: World
    var random: SeededRandom
    /// What each receiver got, in order, repetitions included.
    var inboxes: [String: [Page]] = [:]
    var inFlight: [Delivery] = []
    /// Accepted in an open transaction.
    var open: (ticket: CommitTicket, changes: [StateChange], events: [AlertEvent])?
    /// Finished deliveries' changes that are not on disk yet, oldest first.
    var unsaved: [StateChange] = []
    var committed: [AlertEvent] = []
    /// Alert → episode and whether it fires.
    var alerts: [String: (episode: Int, fires: Bool)] = [:]

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    mutating func step() {
      switch Int.random(in: 0..<100, using: &random) {
      case 0..<20: accept()
      case 20..<35: commit()
      case 35..<55: take()
      case 55..<85: answer()
      case 85..<90: world.advance(Double(Int.random(in: 0...90, using: &random)))
      case 90..<97: save(Int.random(in: 0...unsaved.count, using: &random))
      default: crash()
      }
    }

    mutating func accept() {
      guard open == nil else { return }
      var events: [AlertEvent] = []
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let alert = "A\(Int.random(in: 0..<4, using: &random))"
        let (episode, fires) = alerts[alert] ?? (0, false)
        events.append(event(fires ? .resolved : .firing, alert, episode: episode))
        alerts[alert] = fires ? (episode + 1, false) : (episode, true)
      }
      let ticket = world.ticket()
      let changes = world.dispatcher.accept(
        events, ticket: ticket, now: world.now, monotonic: world.monotonic)
      open = (ticket, changes, events)
    }

    mutating func commit() {
      guard let (ticket, changes, events) = open else { return }
      save(unsaved.count)
      world.apply(changes)
      committed += events
      open = nil
      world.dispatcher.committed(ticket, durable: true)
    }

    mutating func save(_ count: Int) {
      world.apply(Array(unsaved.prefix(count)))
      unsaved.removeFirst(count)
    }

    mutating func take() { inFlight += world.take() }

    mutating func answer() {
      guard let place = inFlight.indices.randomElement(using: &random) else { return }
      let delivery = inFlight.remove(at: place)
      let arrives = chance(60)
      if arrives { receive(delivery) }
      let result: DeliveryResult =
        arrives && chance(85)
        ? .answered(200)
        : [
          .failed(.timeout, ""), .answered(500), .answered(404),
          .answered(429, retryAfter: .seconds(7)),
        ].randomElement(using: &random) ?? .answered(500)
      unsaved += world.dispatcher.deliveryFinished(
        delivery.id, result: result, now: world.now, monotonic: world.monotonic)
    }

    mutating func receive(_ delivery: Delivery) {
      if let page = delivery.page {
        inboxes[delivery.subscriptionARN, default: []].append(page)
      } else if let handshake = delivery.handshake, chance(50) {
        // The receiver visits its link; the answer to the visit waits for the commit.
        let (_, changes) = world.dispatcher.confirm(
          topicARN: delivery.topicARN, token: handshake.token.secret, now: world.now)
        save(unsaved.count)
        world.apply(changes)
      }
    }

    /// Requests that were on their way may still arrive.
    mutating func crash() {
      for delivery in inFlight where chance(50) && delivery.page != nil { receive(delivery) }
      inFlight = []
      unsaved = []
      if let open {
        // The rule engine decides anew what was not committed.
        for event in open.events.reversed() {
          let fired = event.status == .firing
          let episode = Int((event.startsAt - start).inSeconds) / 1000
          alerts[event.identity] = (episode, !fired)
        }
        self.open = nil
      }
      world.restart()
    }

    mutating func settle() {
      commit()
      for _ in 0..<10_000 {
        inFlight += world.take()
        while let delivery = inFlight.popLast() {
          receive(delivery)
          unsaved += world.dispatcher.deliveryFinished(
            delivery.id, result: .answered(200), now: world.now, monotonic: world.monotonic)
        }
        save(unsaved.count)
        if world.rowCount(.outbox) == 0, world.subscriptions.allSatisfy({ $0.queued == 0 }) { return }
        world.advance(30)
      }
    }
  }

  @Test(arguments: 0..<30)
  func noPageIsLostOrOvertaken(number: Int) {
    let seed = UInt64(20_260_101 + number)
    var settings = pager("https://a.example/", "https://b.example/") { $0.maximumInFlight = 3 }
    settings.topics[0].subscriptions.append(SubscriptionSettings(.https, "https://c.example/"))
    var day = Day(world: World(settings, seed: seed), random: SeededRandom(seed: seed))
    for _ in 0..<250 { day.step() }
    day.settle()
    #expect(day.world.rowCount(.outbox) == 0, "seed \(seed)")
    #expect(day.inboxes.count == 3, "seed \(seed)")
    for (receiver, inbox) in day.inboxes {
      let alerts = Set(day.committed.map(\.identity))
      for alert in alerts {
        let sent = day.committed.filter { $0.identity == alert }
        let got = inbox.filter { $0.event.identity == alert }
        var firsts: [AlertEvent] = []
        for page in got where !firsts.contains(page.event) { firsts.append(page.event) }
        #expect(firsts == sent, "every page, in order: \(alert) at \(receiver), seed \(seed)")
        #expect(got.last?.event == sent.last, "the last word is the newest: \(alert), seed \(seed)")
        for page in got {
          let id = MessageID.of(
            page.event, topicARN: "arn:aws:sns:farwatch:000000000000:pager")
          #expect(page.messageID == id, "seed \(seed)")
        }
      }
      #expect(
        inbox.allSatisfy { day.committed.contains($0.event) }, "nothing before its commit, seed \(seed)"
      )
    }
  }

  /// With a tiny outbox pages are folded, but each receiver still learns how every alert stands.
  @Test(arguments: 0..<20)
  func aTinyOutboxStillTellsHowEachAlertStands(number: Int) {
    let seed = UInt64(7_000 + number)
    var settings = pager("https://a.example/", "https://b.example/")
    settings.maximumEntriesPerSubscription = 5
    var day = Day(world: World(settings, seed: seed), random: SeededRandom(seed: seed))
    for _ in 0..<250 { day.step() }
    day.settle()
    #expect(day.world.rowCount(.outbox) == 0, "seed \(seed)")
    #expect(day.inboxes.count == 2, "seed \(seed)")
    for inbox in day.inboxes.values {
      for alert in Set(day.committed.map(\.identity)) {
        let last = inbox.last { $0.event.identity == alert }
        #expect(last?.event == day.committed.last { $0.identity == alert }, "\(alert), seed \(seed)")
      }
    }
  }
}
