import HTTPClient
import Model
import Testing

@testable import Notifying

/// What can be seen afterwards: who was told what, and when a receiver last took something.
@Suite struct AccountTests {
  private func notices(_ world: World, _ message: String) -> [NotifyingNotice] {
    world.dispatcher.takeNotices().filter { $0.message == message }
  }

  @Test func eachDeliveredPageIsNoted() throws {
    var world = World(pager("https://u:p@a.example/x?key=1", "https://b.example/"))
    world.page(event(.firing))
    let deliveries = world.take()
    world.finish(deliveries[0], .answered(500))
    world.finish(deliveries[1], .answered(200))
    world.finish(try #require(world.take().first), .answered(200))
    let noted = notices(world, "page delivered")
    #expect(noted.allSatisfy { $0.level == .info })
    #expect(noted.map { $0.metadata["attempt"] } == ["1", "2"])
    #expect(
      noted.last?.metadata == [
        "alert": "{alertname=\"LagHigh\"}", "status": "firing", "attempt": "2",
        "messageID": try #require(deliveries[0].page?.messageID),
        "topic": "arn:aws:sns:farwatch:000000000000:pager", "endpoint": "https://a.example/…8ed86beb",
      ])
  }

  @Test func anOutageIsNotedAtItsEdges() throws {
    var world = World(pager("https://a.example/"))
    world.page(event(.firing))
    for _ in 0..<20 {
      world.finish(try #require(world.take().first), .answered(503))
      world.advance(to: max(world.monotonic, try #require(world.dispatcher.nextDeadline)))
    }
    world.page(event(.resolved))
    #expect(world.drain().count == 2)
    let noted = world.dispatcher.takeNotices()
    #expect(
      noted.map(\.message) == [
        "receiver does not take pages", "page not taken at first; it stays in the outbox",
        "receiver takes pages again", "page delivered", "page delivered",
      ])
    #expect(noted.map(\.level) == [.warning, .info, .info, .info, .info])
    for notice in noted.prefix(2) {
      #expect(notice.metadata["reason"] == "unexpected_status")
      #expect(notice.metadata["detail"] == "status 503")
    }
    #expect(noted[2].metadata["failures"] == "20")
  }

  @Test func aStoppedSenderIsNoFailure() throws {
    var world = World(pager("https://a.example/"))
    world.page(event(.firing))
    var cancelled = HTTPResult()
    cancelled.failure = .cancelled
    world.finish(try #require(world.take().first), DeliveryResult(cancelled, now: world.now))
    #expect(world.notices().isEmpty)
  }

  @Test func theLastSuccessSurvivesARestart() throws {
    var world = World(pager("https://a.example/"))
    world.page(event(.firing))
    world.advance(5)
    let success = world.now
    #expect(world.drain().count == 1)
    world.advance(3600)
    world.restart()
    #expect(world.subscriptions[0].lastSuccess == success)
  }

  @Test func theLastSuccessIsWrittenOnceAMinuteAndNeverAlone() throws {
    var world = World(pager("https://a.example/"))
    var written = 0
    for n in 0..<300 {
      world.page(event(.firing, "A\(n)"))
      let delivery = try #require(world.take().first)
      let changes = world.dispatcher.deliveryFinished(
        delivery.id, result: .answered(200), now: world.now, monotonic: world.monotonic)
      #expect(changes.contains { $0.table == .outbox && $0.value == nil }, "with the page's removal")
      written += changes.filter { $0.table == .subscriptions }.count
      world.apply(changes)
      world.advance(1)
    }
    #expect(written == 5)
    #expect(world.subscriptions[0].lastSuccess == world.now - .seconds(1), "in memory it is exact")
    world.page(event(.firing, "Failed"))
    let failed = world.dispatcher.deliveryFinished(
      try #require(world.take().first).id, result: .answered(500), now: world.now, monotonic: world.monotonic)
    #expect(failed.isEmpty, "a failure costs no commit")
  }

  @Test func aClockThatIsSetBackDoesNotStopIt() throws {
    var world = World(pager("https://a.example/"))
    world.page(event(.firing))
    #expect(world.drain().count == 1)
    world.now = world.now - .seconds(7200)
    let earlier = world.now
    world.page(event(.resolved))
    #expect(world.drain().count == 1)
    world.restart()
    #expect(world.subscriptions[0].lastSuccess == earlier)
  }

  @Test func rowsWithoutALastSuccessAreRead() throws {
    var world = World(pager("https://a.example/") { $0.confirmation = .required })
    let delivery = try #require(world.take().first)
    let token = try #require(delivery.handshake?.token.secret)
    world.apply(world.dispatcher.confirm(topicARN: delivery.topicARN, token: token, now: world.now).1)
    let stored = try #require(world.database[.subscriptions]?.values.first)
    #expect(!String(decoding: stored, as: UTF8.self).contains("lastSuccess"), "as rows were before")
    world.restart()
    #expect(world.notices().isEmpty)
    #expect(world.subscriptions[0].standing == .confirmed)
    #expect(world.subscriptions[0].lastSuccess == nil)
  }
}
