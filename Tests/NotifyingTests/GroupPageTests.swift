import FoundationEssentials
import Model
import RowCoding
import Testing

@testable import Notifying

/// The page of a group whose alerts are `events`.
func groupPage(_ serial: String, _ events: [AlertEvent], thread: String = "group/1") -> Notification {
  Notification(
    kind: .news, thread: thread, serial: serial, route: "{}", groupLabels: ["region": "eu"], isGrouped: true,
    alerts: events, decidedAt: start)
}

@Suite struct GroupPageTests {
  @Test func aGroupIsOnePageWithANameOfItsOwn() throws {
    var world = World(pager("https://a.example/"))
    world.tell(groupPage("1", [event(.firing, "A"), event(.firing, "B")]))
    world.tell(groupPage("1", [event(.firing, "A"), event(.firing, "B")]))
    world.tell(groupPage("2", [event(.firing, "A"), event(.firing, "B")]))
    #expect(world.statistics.duplicates == 1)
    let pages = world.drain()
    #expect(pages.map(\.notification.serial) == ["1", "2"])
    let arn = "arn:aws:sns:farwatch:000000000000:pager"
    #expect(pages[0].messageID == MessageID.uuid([arn, "group/1", "news", "1"]))
    #expect(world.rowCount(.outbox) == 0)
    let single = event(.firing)
    #expect(MessageID.of(Notification(single), topicARN: "t") == MessageID.of(single, topicARN: "t"))
  }

  @Test func pagesOfAThreadGoInOrderOverRestarts() throws {
    var world = World(pager("https://a.example/"))
    world.tell(groupPage("1", [event(.firing, "A")]))
    let first = try #require(world.take().first)
    world.tell(
      groupPage("2", [event(.resolved, "A")]), groupPage("1", [event(.firing, "C")], thread: "group/2"))
    #expect(world.take().map { $0.page?.notification.thread } == ["group/2"])
    world.finish(first, .failed(.timeout, ""))
    world.restart()
    #expect(world.drain().map(\.notification.serial).sorted() == ["1", "1", "2"])
  }

  /// What was never sent is told by the page that it is folded into, in its newest state.
  @Test func aFoldedPageCarriesOverWhatOnlyItTells() throws {
    var settings = pager("https://a.example/")
    settings.maximumEntriesPerSubscription = 2
    var world = World(settings)
    world.tell(groupPage("0", [event(.firing, "Other")], thread: "group/2"))
    world.tell(groupPage("1", [event(.firing, "A"), event(.firing, "B"), event(.firing, "C")]))
    world.tell(groupPage("2", [event(.firing, "B"), event(.resolved, "A")]))
    world.tell(groupPage("3", [event(.resolved, "B")]))
    #expect(world.rowCount(.outbox) == 2)
    #expect(world.statistics.dropped == ["folded": 2])
    #expect(world.subscriptions[0].queuedBytes == world.database[.outbox]?.values.reduce(0) { $0 + $1.count })
    world.restart()
    let page = try #require(world.drain().first { $0.notification.thread == "group/1" })
    #expect(page.notification.serial == "3" && page.notification.status == .firing)
    #expect(
      page.notification.alerts.map { "\($0.identity) \($0.status.rawValue)" } == [
        "C firing", "B resolved", "A resolved",
      ])
  }

  @Test func noAlarmIsDroppedForAnEnd() {
    var settings = pager("https://a.example/")
    settings.maximumEntriesPerSubscription = 3
    var world = World(settings)
    world.page(event(.firing, "A"), event(.firing, "B"), event(.firing, "C"))
    world.page(event(.resolved, "X"), event(.resolved, "Y"))
    #expect(world.statistics.dropped == ["overflow": 2])
    #expect(world.drain().map(\.event.identity) == ["A", "B", "C"])
  }

  @Test func onePageIsBounded() throws {
    var world = World(pager("https://a.example/"))
    world.tell(groupPage("1", (0..<3000).map { event(.firing, "A\($0)") }))
    let many = try #require(world.drain().first).notification
    #expect(many.alerts.count == 200 && many.truncatedAlerts == 2800)
    let long = String(repeating: "x", count: 60_000)
    world.tell(groupPage("2", (0..<100).map { event(.firing, "B\($0)", annotations: ["summary": long]) }))
    let row = try #require(world.database[.outbox]?.values.first)
    #expect(row.count < PageLimit.bytes * 2)
    let bytes = try #require(world.drain().first).notification
    #expect(bytes.alerts.count + bytes.truncatedAlerts == 100)
    let huge = String(repeating: "x", count: 2_000_000)
    world.page(event(.firing, annotations: ["summary": huge]))
    #expect(try #require(world.drain().first).event.annotations["summary"]?.utf8.count == 16_006)
  }

  /// Written by the version before: one event a row.
  @Test func rowsOfVersionOneAreRead() throws {
    struct Old: Encodable {
      var version = 1
      var sequence: UInt64
      var subscription, topicARN, messageID: String
      var acceptedAt: Timestamp
      var event: AlertEvent
    }
    var world = World(pager("https://a.example/"))
    world.page(event(.firing))
    let new = try RowCoding.decode(OutboxRow.self, try #require(world.database[.outbox]?.values.first))
    world.database[.outbox] = [:]
    let old = Old(
      sequence: 1, subscription: new.subscription, topicARN: new.topicARN, messageID: new.messageID,
      acceptedAt: new.acceptedAt, event: event(.firing))
    world.database[.outbox]?[new.key] = try RowCoding.encode(old)
    world.restart()
    world.page(event(.firing), event(.resolved))
    #expect(world.notices().isEmpty && world.statistics.duplicates == 1)
    #expect(world.drain().map(\.event.status) == [.firing, .resolved])
    #expect(world.rowCount(.outbox) == 0)
  }

  @Test func aLatePageSaysSo() throws {
    var world = World(pager("https://a.example/"))
    world.tell(groupPage("1", [event(.firing)]))
    world.advance(60)
    let first = try #require(world.take().first)
    #expect(first.page?.delay == nil)
    world.finish(first, .answered(500))
    world.advance(1)
    #expect(world.take().first?.page?.delay == .seconds(61))
  }

  @Test func aPolicyNarrowsAGroupToWhatItAccepts() throws {
    var settings = pager("https://a.example/", "https://b.example/")
    settings.topics[0].subscriptions[0].filterPolicy = try FilterPolicy(json(["severity": ["page"]]))
    settings.topics[0].subscriptions[1].filterPolicy = try FilterPolicy(
      json(["Farwatch": ["labels": ["severity": ["page"]], "value": [["numeric": [">", 70]]]]]), scope: .body)
    var world = World(settings)
    let loud = event(.firing, "A", labels: ["severity": "page"])
    let quiet = event(.firing, "B", labels: ["severity": "info"])
    var page = groupPage("1", [loud, quiet])
    page.truncatedAlerts = 3
    world.tell(page)
    let told = world.drain()
    #expect(told.map { $0.notification.alerts.map(\.identity) } == [["A"], ["A"]])
    #expect(told.allSatisfy { $0.notification.truncatedAlerts == 3 })
    #expect(world.statistics.filteredOut == 1 && world.subscriptions.map(\.filtered) == [1, 1])
    world.page(quiet)
    #expect(world.drain().isEmpty && world.rowCount(.outbox) == 0)
  }

  @Test func whatIsTooMuchForAPageIsCountedAfterFilteringAndNewsComesFirst() throws {
    var settings = pager("https://a.example/", "https://b.example/")
    settings.alertsPerPage = 4
    settings.topics[0].subscriptions[1].filterPolicy = try FilterPolicy(json(["severity": ["page"]]))
    var world = World(settings)
    let quiet = (0..<9).map { event(.firing, "Q\($0)", labels: ["severity": "info"]) }
    var page = groupPage("1", [event(.firing, "New", labels: ["severity": "page"])] + quiet)
    page.newsCount = 1
    world.tell(page)
    #expect(
      world.drain().map { $0.notification.alerts.map(\.identity) } == [["New", "Q0", "Q1", "Q2"], ["New"]])
    // What is news to others only is no news to the one that hears of none of it.
    page = groupPage("2", [event(.firing, "Q9", labels: ["severity": "info"])] + page.alerts)
    page.newsCount = 1
    world.tell(page)
    let second = world.drain()
    #expect(second.count == 1 && second[0].notification.truncatedAlerts == 7)
    let ends = (0..<9).map { event(.resolved, "Q\($0)", labels: ["severity": "info"]) }
    world.tell(groupPage("3", page.alerts + ends))
    #expect(world.drain().first?.notification.alerts.map(\.status) == [.firing, .firing, .firing, .resolved])
  }

  @Test func theJournalHearsOfEveryStep() throws {
    var world = World(pager("https://a.example/hook?key=secret") { $0.retry = .sns })
    world.tell(groupPage("1", [event(.firing, "A"), event(.resolved, "B")]))
    world.tell(groupPage("1", (0..<30).map { event(.firing, "C\($0)") }, thread: "group/2"))
    let accepted = world.dispatcher.takeJournal()
    #expect(accepted.map(\.identity) == ["A", "B", nil] && accepted.allSatisfy { $0.kind == .notified })
    #expect(
      accepted[0].detail["receiver"] == "https://a.example/…75ad7c17"
        && accepted[0].detail["topic"] == "pager")
    #expect(accepted[2].detail["firing"] == "30" && accepted[2].detail["resolved"] == "0")
    let deliveries = world.take()
    world.advance(2)
    world.finish(deliveries[1], .answered(200))
    world.finish(deliveries[0], .answered(500))
    let attempts = world.dispatcher.takeJournal()
    #expect(attempts.map(\.detail["outcome"]) == ["taken", "unexpected_status", "unexpected_status"])
    #expect(attempts.allSatisfy { $0.detail["seconds"] == "2" && $0.detail["attempt"] == "1" })
    for _ in 0..<3 {
      world.advance(20)
      world.finish(try #require(world.take().first), .answered(500))
    }
    #expect(world.dispatcher.takeJournal().suffix(2).map(\.kind) == [.givenUp, .givenUp])
    #expect(world.dispatcher.takeJournal().isEmpty)
  }

  @Test func tenThousandPagesInOneTurn() {
    var world = World(pager("https://a.example/"))
    let events = (0..<10_000).map { event(.firing, "A\($0)", labels: ["severity": "page", "region": "eu"]) }
    let clock = ContinuousClock()
    let took = clock.measure {
      let ticket = world.ticket()
      _ = world.dispatcher.accept(
        events.map { (Notification($0), ["pager"]) }, ticket: ticket, now: world.now,
        monotonic: world.monotonic)
      world.dispatcher.committed(ticket, durable: true)
    }
    print("10,000 pages accepted in \(took)")
    let sending = clock.measure { #expect(world.drain().count == 10_000) }
    print("10,000 pages delivered in \(sending)")
    // A debug build on a busy machine; what is quadratic takes minutes.
    #expect(took < .seconds(30) && sending < .seconds(30))
  }
}
