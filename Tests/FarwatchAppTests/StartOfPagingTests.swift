import Configuration
import Model
import Notifying
import Paging
import Testing

@testable import FarwatchApp

/// After a start nothing is told before what could hold it back is known, and what happened meanwhile is told then.
@Suite struct StartOfPagingTests {
  /// The child is judged every second, its parent every nine.
  private func family() -> CoreWorld {
    var paging = toPager()
    paging.inhibitions = [
      InhibitionRule(
        source: [LabelMatcher("alertname", equals: "RegionDown")],
        target: [LabelMatcher("alertname", equals: "CheckFailing")], equal: ["region"],
        // A region is down when its check failed again.
        wait: .seconds(2))
    ]
    let world = CoreWorld(
      rules: """
        groups:
          - name: children
            interval: 1s
            rules: [{alert: CheckFailing, expr: probe_success == 0}]
          - name: parents
            interval: 9s
            rules: [{alert: RegionDown, expr: 'farwatch_region_state{state="down"} == 1'}]

        """, paging: paging)
    world.down = ["japan"]
    return world
  }

  @Test func childrenOfARegionThatIsDownAreNotToldAtTheStart() {
    let world = family()
    for start in 0..<5 {
      world.run(.seconds(60))
      #expect(world.told.count == 1 && world.told[0].contains("RegionDown"), "start \(start): \(world.told)")
      world.crash()
    }
    // A fault that began while the process was away.
    world.down = ["japan", "taiwan"]
    world.crash()
    world.run(.seconds(60))
    #expect(world.told.count == 2 && world.told[1].contains("RegionDown"), "\(world.told)")
  }

  @Test func anEndWhileTheProcessWasAwayIsToldAfterTheStart() throws {
    let world = CoreWorld()
    world.run(.seconds(20))
    world.down = ["japan"]
    world.run(.seconds(60))
    #expect(world.told.count == 1)
    world.down = []
    world.time.advance(to: world.time.monotonic + .seconds(600))
    world.crash()
    world.run(.seconds(60))
    #expect(world.told.count == 2 && world.told.last?.hasPrefix("OK") == true, "\(world.told)")
    let began = try #require(world.pages.first?.message.split(separator: "\"startsAt\":\"").last?.prefix(20))
    #expect(world.pages.last?.message.contains("\"startsAt\":\"\(began)") == true, "the same episode")
  }

  @Test func aLatePageSaysWhenItBeganAndHowLateItIs() throws {
    let world = CoreWorld()
    world.run(.seconds(20))
    world.receiver = { .fails }
    world.down = ["japan"]
    world.run(.seconds(600))
    world.crash()
    world.receiver = { .takes }
    world.run(.seconds(60))
    let (first, late) = (try #require(world.pages.first), try #require(world.pages.last))
    #expect(!first.taken && late.taken && first.messageID == late.messageID)
    let minutes = Double(late.at - first.at) / 60_000
    #expect(minutes > 9)
    #expect(!first.message.contains("delayed by") && late.message.contains("delayed by"), "\(late.message)")
    #expect(late.message.contains("\"delayedSeconds\":"))
    let began = first.message.split(separator: "\"startsAt\":\"").last?.prefix(20) ?? "?"
    #expect(late.message.contains("\"startsAt\":\"\(began)"))
  }
}
