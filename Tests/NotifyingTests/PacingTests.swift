import HTTPClient
import Model
import Testing

@testable import Notifying

/// How hard a receiver in trouble is pressed, and how soon it hears everything when it is back.
@Suite struct PacingTests {
  /// What a receiver that fails in turn answers, and how long it takes for it.
  private static let failures: [(result: DeliveryResult, after: Duration)] = [
    (.answered(500), .milliseconds(1)), (.answered(301), .milliseconds(1)),
    (.failed(.reset, "garbage"), .milliseconds(1)), (.answered(429), .milliseconds(1)),
    (.failed(.timeout, "no answer"), .seconds(15)),
  ]

  /// Lets `world`'s receiver fail until `end`, as the application would drive it; returns the attempts made.
  private func playOutage(
    _ world: inout World, until end: MonotonicInstant,
    answering answer: (Int) -> (result: DeliveryResult, after: Duration)
  ) -> Int {
    var attempts = 0
    var turns = 0
    var inFlight: [(delivery: Delivery, ends: MonotonicInstant)] = []
    while world.monotonic < end {
      turns += 1
      guard turns < 10_000 else {
        Issue.record("a busy loop")
        break
      }
      for delivery in world.take() {
        inFlight.append((delivery, world.monotonic + answer(attempts).after))
        attempts += 1
      }
      let deadline = world.dispatcher.nextDeadline
      #expect(deadline.map { $0 > world.monotonic } ?? true, "awake with nothing to send")
      let next = ([deadline].compactMap { $0 } + inFlight.map(\.ends)).min() ?? end
      world.advance(to: min(end, max(next, world.monotonic)))
      for one in inFlight where one.ends <= world.monotonic {
        world.finish(one.delivery, answer(attempts).result)
      }
      inFlight.removeAll { $0.ends <= world.monotonic }
    }
    // The last ones fail too, so that nothing is on its way when the receiver is back.
    for one in inFlight { world.finish(one.delivery, .failed(.timeout, "no answer")) }
    return attempts
  }

  private func waitingWorld(pages: Int) -> World {
    var world = World(pager("https://a.example/"))
    for n in 0..<pages { world.page(event(.firing, "A\(n)")) }
    return world
  }

  @Test(arguments: [nil, 0, 1, 2, 3, 4] as [Int?])
  func manyPagesDoNotPressAReceiverInTrouble(only kind: Int?) throws {
    let pages = kind == nil ? 3000 : 300
    var world = waitingWorld(pages: pages)
    let attempts = playOutage(&world, until: origin + .seconds(60)) { number in
      Self.failures[kind ?? number % Self.failures.count]
    }
    #expect(attempts < 50)
    #expect(attempts >= 6, "it is still asked whether it is back")
    let next = try #require(world.dispatcher.nextDeadline)
    #expect(next - world.monotonic <= .seconds(10), "its return is seen soon")
    world.advance(to: max(next, world.monotonic))
    #expect(world.drain().count == pages, "all at once, without sitting out any pause")
    #expect(world.dispatcher.nextDeadline == nil)
  }

  @Test func aPauseThatIsOverIsForgotten() throws {
    var world = waitingWorld(pages: 100)
    _ = playOutage(&world, until: origin + .seconds(60)) { _ in Self.failures[0] }
    world.advance(to: max(world.monotonic, try #require(world.dispatcher.nextDeadline)))
    #expect(world.drain().count == 100)
    world.page(event(.resolved, "A1"))
    world.finish(try #require(world.take().first), .answered(500))
    #expect(world.take().map(\.label) == ["A1 resolved"], "as if nothing had been")
  }

  @Test func oneFailureDelaysNothing() throws {
    var world = World(pager("https://a.example/"))
    world.page(event(.firing, "A"))
    world.finish(try #require(world.take().first), .answered(500))
    world.page(event(.firing, "B"))
    #expect(Set(world.take().map(\.label)) == ["A firing", "B firing"], "retry and news go at once")
  }

  @Test func aPageThatIsNeverTakenDoesNotSlowTheNews() {
    var world = World(pager("https://a.example/"))
    world.page(event(.firing, "Poison"))
    for step in 0..<600 {
      for delivery in world.take() { world.finish(delivery, .answered(step % 2 == 0 ? 500 : 400)) }
      world.advance(1)
    }
    #expect(world.subscriptions[0].consecutiveFailures > 5)
    for delivery in world.take() { world.finish(delivery, .answered(500)) }
    world.page(event(.firing, "News"))
    #expect(world.take().map(\.label) == ["News firing"])
  }

  @Test func aFailingReceiverDoesNotSlowAnother() {
    var world = World(pager("https://bad.example/", "https://good.example/"))
    let bad = world.subscriptions[0].subscriptionARN
    var taken = 0
    for n in 0..<100 {
      world.page(event(.firing, "A\(n)"))
      for delivery in world.take() {
        if delivery.subscriptionARN != bad { taken += 1 }
        world.finish(delivery, delivery.subscriptionARN == bad ? .failed(.refused, "") : .answered(200))
      }
      world.advance(0.01)
    }
    #expect(taken == 100, "each in the turn that it came")
    #expect(world.subscriptions.map(\.queued) == [100, 0])
  }

  @Test func theLongerOfPauseAndRetryAfterHolds() throws {
    var world = waitingWorld(pages: 4)
    let deliveries = world.take()
    world.finish(deliveries[0], .answered(429, retryAfter: .seconds(5)))
    world.finish(deliveries[1], .answered(500))
    #expect(world.dispatcher.nextDeadline.map { $0 - world.monotonic } == nil, "two are on their way")
    for delivery in deliveries[2...] { world.finish(delivery, .answered(500)) }
    #expect(world.dispatcher.nextDeadline.map { $0 - world.monotonic } == .seconds(5))
  }

  @Test func thePauseDoublesWithEachAlertUpToItsLimit() {
    var pace = OutagePace()
    var pauses: [Duration] = []
    for n in 0..<10 {
      for _ in 0..<3 { pace.failed("A\(n)") }
      pauses.append(pace.pause)
    }
    let expected = [0, 100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]
    #expect(pauses == expected.map { .milliseconds($0) })
    pace.succeeded()
    #expect(pace.pause == .zero)
  }
}
