import Model
import Testing

@testable import Drills

/// What becomes of pages while something is rehearsed.
struct DrillPagesTests {
  private let soon = noon + .seconds(60)

  private func take(
    _ world: inout DrillWorld, _ event: AlertEvent, _ topics: [String] = ["ops"], isHeard: Bool = true
  ) -> [(notification: Notification, topics: [String])] {
    let made = world.book.take(Notification(event), to: topics) { _ in isHeard }
    world.keep(made)
    return made.sendings
  }

  @Test func pagesAboutWhatIsRehearsedAreMarked() throws {
    var world = DrillWorld()
    let drill = try world.start()
    let marked: [Labels] = [
      ["alertname": "A", "workload": "shop"], ["alertname": "B", "region": "taiwan"],
      ["alertname": "C", "link": "orders"], ["alertname": "D", "job": "dump"],
    ]
    for labels in marked {
      let sent = take(&world, alert(labels, at: soon))
      #expect(sent.map(\.notification.drill?.id) == [drill.id] && sent.map(\.topics) == [["ops"]])
      #expect(sent.first?.notification.alerts.first?.annotations[DrillMark.annotation] == drill.id)
    }
    let meant: [Labels] = [
      ["alertname": "E", "region": "japan"], ["alertname": "F", "workload": "blog", "region": "taiwan"],
      ["alertname": "G", "link": "other"], ["alertname": "H"],
    ]
    for labels in meant {
      #expect(take(&world, alert(labels, at: soon)).map(\.notification.drill) == [nil], "\(labels)")
    }
    let before = take(&world, alert(["alertname": "I", "region": "taiwan"], at: noon - .seconds(1)))
    #expect(before.map(\.notification.drill) == [nil], "it was there before the drill")
  }

  @Test func aPageDuringATabletopIsMeant() throws {
    var world = DrillWorld()
    try world.start("shop", .tabletop)
    #expect(take(&world, alert(["workload": "shop"], at: soon)).map(\.notification.drill) == [nil])
  }

  @Test func aGroupWithSomethingElseInItIsMeant() throws {
    var world = DrillWorld()
    try world.start()
    var group = Notification(alert(["alertname": "A", "region": "taiwan"], at: soon))
    group.thread = "group"
    group.isGrouped = true
    let first = world.book.take(group, to: ["ops"]) { _ in true }
    #expect(first.sendings.map { $0.notification.drill != nil } == [true])
    group.alerts.append(alert(["alertname": "A", "region": "japan"], at: soon))
    let second = world.book.take(group, to: ["ops"]) { _ in true }
    #expect(second.sendings.map(\.notification.drill) == [nil])
    group.truncatedAlerts = 1
    group.alerts.removeLast()
    let cut = world.book.take(group, to: ["other"]) { _ in true }
    #expect(cut.sendings.map(\.notification.drill) == [nil], "what it leaves out may be anything")
  }

  @Test func aDrillMayHaveATopicOfItsOwn() throws {
    var world = DrillWorld()
    try world.start(topic: "rehearsal")
    let event = alert(["alertname": "A", "region": "taiwan"], at: soon)
    #expect(take(&world, event).map(\.topics) == [["rehearsal"]])
    #expect(world.book.standing("ops", [event]).isEmpty, "who was not told is not reminded")
    let there = world.book.standing("rehearsal", [])
    #expect(
      there.map(\.identity) == [event.identity] && there.first?.annotations[DrillMark.annotation] != nil)
    var over = event
    over.status = .resolved
    let end = take(&world, over)
    #expect(end.map(\.topics) == [["rehearsal"]] && end.allSatisfy { $0.notification.drill != nil })
    #expect(world.book.told.isEmpty && world.rows.keys.allSatisfy { !$0.hasPrefix(ToldPage.prefix) })
    let unheard = take(&world, alert(["alertname": "B", "region": "taiwan"], at: soon), isHeard: false)
    #expect(unheard.map(\.topics) == [["ops"]], "never where nobody listens")
    #expect(unheard.allSatisfy { $0.notification.drill != nil })
  }

  @Test func whatStillFiresAfterwardsIsToldForReal() throws {
    var world = DrillWorld()
    let drill = try world.start(topic: "rehearsal")
    let event = alert(["alertname": "A", "region": "taiwan"], at: soon)
    _ = take(&world, event)
    world.book = world.restarted()
    let end = try world.book.stop("shop", outcome: .passed, by: "", comment: "", at: soon).decisions
    world.keep(end)
    #expect(end.sendings.map(\.topics) == [["ops"]])
    let told = try #require(end.sendings.first).notification
    #expect(told.drill == nil && told.kind == .reminder && told.serial == "drill-over/\(drill.id)")
    #expect(told.alerts.first?.annotations[DrillMark.annotation] == nil)
    #expect(world.book.standing("ops", [event]) == [event])
    // Both who were told of it hear its end.
    var over = event
    over.status = .resolved
    let last = take(&world, over)
    #expect(last.map(\.topics) == [["ops"], ["rehearsal"]])
    #expect(last.map { $0.notification.drill != nil } == [false, true])
    #expect(world.book.told.isEmpty)
  }

  @Test func moreThanIsKeptTrackOfIsLeftAsItIs() throws {
    var world = DrillWorld()
    try world.start()
    for number in 0...DrillBook.mostPages {
      let sent = take(&world, alert(["alertname": "A\(number)", "region": "taiwan"], at: soon))
      #expect((sent.first?.notification.drill != nil) == (number < DrillBook.mostPages))
    }
    let left = world.book.readings().first {
      $0.family == DrillFamilies.pages && $0.labels["marked"] == "false"
    }
    #expect(left?.value == 1)
  }
}
