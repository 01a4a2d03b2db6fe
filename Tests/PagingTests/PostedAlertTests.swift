import Model
import Testing

@testable import Paging

@Suite struct PostedAlertTests {
  private func post(
    _ world: DeskWorld, since: Timestamp? = nil, ends: Duration?,
    generator: String = "http://prometheus/graph"
  ) {
    let alert = PostedAlert(
      labels: ["alertname": "P", "region": "japan"], annotations: ["summary": "s"], startsAt: since,
      endsAt: ends.map { world.now + $0 }, generatorURL: generator)
    #expect(world.desk.post([alert], at: world.moment) == 0)
    world.run()
  }

  @Test func aPostedAlertIsToldOnceAndEndsByItsPostersWord() {
    let world = DeskWorld(settings(route("pager")))
    for _ in 0..<5 {
      post(world, ends: .seconds(240))
      world.pass(.seconds(60))
    }
    post(world, ends: .seconds(-1))
    world.pass(.seconds(10_000))
    #expect(world.takeTold() == ["0 pager news +P", "300 pager news -P"])
    #expect(world.rows.isEmpty)
  }

  @Test func aPosterThatFallsSilentIsNoGoodNews() {
    let world = DeskWorld(settings(route("pager")))
    post(world, ends: .seconds(240))
    world.restart(after: .seconds(100))
    world.pass(.seconds(3600))
    #expect(world.takeTold() == ["0 pager news +P"])
    world.pass(.seconds(3600))
    #expect(world.told.map(\.notification.alerts[0].ending?.cause) == [.sourceSilent])
  }

  @Test func anEndThatAPersonGaveIsMeant() {
    let world = DeskWorld(settings(route("pager")))
    post(world, ends: .seconds(240), generator: "")
    world.pass(.seconds(1000))
    #expect(world.takeTold() == ["0 pager news +P", "240 pager news -P"])
  }

  @Test func anEndInTheFarFutureIsNoEnd() {
    let world = DeskWorld(settings(route("pager")))
    let alert = PostedAlert(
      labels: ["alertname": "P"], annotations: .empty, startsAt: nil,
      endsAt: Timestamp(year: 9999, month: 12, day: 31), generatorURL: "")
    #expect(world.desk.post([alert], at: world.moment) == 0)
    world.run()
    world.pass(.seconds(1000))
    #expect(world.takeTold() == ["0 pager news +P"])
  }

  @Test func beyondTheLimitPostsAreRefusedAndCounted() {
    let world = DeskWorld(settings(route("pager")) { $0.postedAlertLimit = 2 })
    let alerts = (0..<5).map {
      PostedAlert(
        labels: ["alertname": "P\($0)"], annotations: .empty, startsAt: nil, endsAt: nil, generatorURL: "")
    }
    #expect(world.desk.post(alerts, at: world.moment) == 3)
    #expect(world.desk.post(alerts, at: world.moment) == 3, "those that are known are taken again")
    #expect(world.desk.statistics.postedRefused == 6)
  }

  /// A poster that was not heard for long, and an alert whose poster says ever again that it began on Monday: receivers
  /// remember the names of messages, and a single alert's are made of what tells its episodes apart.
  @Test(arguments: [false, true]) func oneThatComesBackSinceTheSameMomentIsAnotherEpisode(restarts: Bool) {
    let world = DeskWorld(settings(route("pager")))
    let monday = world.now + .seconds(-100_000)
    for _ in 0..<2 {
      post(world, since: monday, ends: .seconds(240))
      world.pass(.seconds(60))
      if restarts { world.restart() }
      post(world, since: monday, ends: .seconds(240))
      world.pass(.seconds(8000))
    }
    #expect(world.told.map(\.notification.status) == [.firing, .resolved, .firing, .resolved])
    let episodes = world.told.map(\.notification.alerts[0].episode)
    #expect(episodes[0] == episodes[1] && episodes[2] == episodes[3], "\(episodes)")
    #expect(episodes[0] != episodes[2], "\(episodes)")
  }

  /// Two servers of a pair never agree to the millisecond when it began.
  @Test func whatASecondPosterDatesBackIsNoNews() {
    let world = DeskWorld(settings(route("pager")))
    let began = world.now + .seconds(-60)
    for _ in 0..<5 {
      post(world, since: began, ends: .seconds(240))
      post(world, since: began + .seconds(-3), ends: .seconds(240))
      world.pass(.seconds(60))
    }
    let identity = PagingDesk.identity(ofPosted: ["alertname": "P", "region": "japan"])
    _ = world.desk.acknowledge([identity], by: "me", comment: "", at: world.moment)
    world.run()
    world.restart()
    post(world, since: began, ends: .seconds(240))
    world.pass(.seconds(60))
    post(world, ends: .seconds(-1))
    world.pass(.seconds(60))
    #expect(
      world.takeTold() == [
        "0 pager news +P", "300 pager acknowledgement +P", "361 pager news -P",
      ])
    #expect(world.rows.isEmpty)
  }
}
