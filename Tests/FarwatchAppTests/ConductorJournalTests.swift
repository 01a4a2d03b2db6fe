import Journal
import Model
import Notifying
import Testing

@testable import FarwatchApp

private let waitingRules = """
  groups:
    - name: regions
      interval: 10s
      rules:
        - alert: RegionDown
          expr: farwatch_region_state{state="down"} == 1
          labels: {severity: page}
        - alert: RegionDownLong
          expr: farwatch_region_state{state="down"} == 1
          for: 1m

  """

/// The journal and the heartbeats as parts of the core.
@Suite struct ConductorJournalTests {
  private func entries(_ world: CoreWorld) -> [JournalEntry] {
    world.stored(.journal).compactMap { JournalRow.decode($0.value)?.entry }
  }
  private func words(_ world: CoreWorld, _ alert: String) -> [String] {
    entries(world).filter { $0.labels?["alertname"] == alert }.map(\.kind.rawValue)
  }

  @Test func everyTransitionIsWritten() throws {
    let world = CoreWorld(rules: waitingRules)
    world.run(.seconds(60))
    world.down = ["taiwan"]
    world.run(.seconds(30))
    world.down = []
    world.run(.seconds(60))
    #expect(
      words(world, "RegionDown") == ["firing", "notified", "attempt", "resolved", "notified", "attempt"])
    #expect(words(world, "RegionDownLong") == ["pending", "ended"])
    world.down = ["taiwan"]
    world.run(.seconds(120))
    #expect(
      words(world, "RegionDownLong") == ["pending", "ended", "pending", "firing", "notified", "attempt"])
    let last = try #require(entries(world).last { $0.kind == .firing })
    #expect(last.labels?["region"] == "taiwan" && last.detail["value"] == "1" && last.startsAt != nil)
    _ = try JournalCheck.verify(world.stored(.journal)).get()
  }

  @Test func aCheckThatGoesDownAndComesBackIsWritten() throws {
    let world = CoreWorld(rules: waitingRules)
    world.run(.seconds(60))
    #expect(!entries(world).contains { $0.kind == .checkUp }, "up at the start is no news")
    world.down = ["japan"]
    world.run(.seconds(60))
    world.down = []
    world.run(.seconds(60))
    let changes = entries(world).filter { $0.kind == .checkDown || $0.kind == .checkUp }
    #expect(changes.map(\.kind) == [.checkDown, .checkUp])
    #expect(changes.allSatisfy { $0.labels == ["check": "api", "region": "japan"] })
    #expect(
      changes.first?.detail["problem"] == "timeout: scripted" && changes.last?.detail["down_for"] != nil)
    let kinds = entries(world).filter { $0.labels?["region"] == "japan" }.map(\.kind)
    #expect(kinds.first == .checkDown, "before the alert that follows from it")
    // A restart forgets nothing: it is up still, and that is no news.
    world.crash()
    world.run(.seconds(60))
    #expect(entries(world).count { $0.kind == .checkUp } == 1)
    _ = try JournalCheck.verify(world.stored(.journal)).get()
  }

  @Test func aCheckThatFlapsDoesNotFloodTheJournal() throws {
    let world = CoreWorld(rules: waitingRules)
    world.run(.seconds(60))
    for round in 0..<200 {
      world.down = round.isMultiple(of: 2) ? ["japan"] : []
      world.run(.seconds(18))
    }
    let changes = entries(world).filter { $0.kind == .checkDown || $0.kind == .checkUp }
    #expect((CheckChronicle.burst...CheckChronicle.burst + 13).contains(changes.count), "\(changes.count)")
    #expect(world.conductor.watchlist.changesLeftOut > 150)
    #expect(changes.contains { $0.detail["left_out"] != nil })
  }

  /// An alert's row and the line that tells of it are durable together or not at all.
  @Test func theChainGoesOnAfterACrash() throws {
    let world = CoreWorld(rules: waitingRules, seed: 7)
    var expected: [JournalEntry] = []
    for round in 0..<10 {
      world.down = round.isMultiple(of: 2) ? ["japan"] : []
      world.commitSucceeds = { !round.isMultiple(of: 3) }
      world.run(.seconds(20 + round))
      let before = entries(world)
      #expect(Array(before.prefix(expected.count)) == expected)
      _ = try JournalCheck.verify(world.stored(.journal)).get()
      let firing = world.stored(.alerts).filter {
        String(decoding: $0.value, as: UTF8.self).contains("firing")
      }
      let told = before.filter { $0.kind == .firing || $0.kind == .resolved }
      var latest: [String: JournalEntry.Kind] = [:]
      for entry in told { latest[entry.identity ?? ""] = entry.kind }
      #expect(Set(firing.map(\.key)) == Set(latest.filter { $0.value == .firing }.keys), "round \(round)")
      expected = before
      world.crash()
    }
    #expect(expected.contains { $0.kind == .resolved })
  }

  @Test func heartbeatsFollowWhatRuns() throws {
    var beat = HeartbeatSettings(name: "outside", url: "http://outside.test/")
    beat.interval = .seconds(10)
    let world = CoreWorld(heartbeats: [beat])
    // Not in the middle of a commit.
    world.run(.seconds(105))
    #expect((9...11).contains(world.beats.count), "\(world.beats.count)")
    world.commitSucceeds = { false }
    var before = world.beats.count
    world.run(.seconds(60))
    #expect(world.beats.count == before)
    #expect(world.trace.contains { $0.hasSuffix("note heartbeat withheld") })
    world.commitSucceeds = { true }
    world.run(.seconds(60))
    #expect(world.beats.count > before + 4)
    // A collector that does not come back, long after it should have.
    world.silent = ["taiwan"]
    world.run(.seconds(120))
    before = world.beats.count
    world.run(.seconds(60))
    #expect(world.beats.count == before)
    #expect(world.conductor.heartbeats.standings.first?.withheld == [.collectorsStuck])
  }

  /// The core itself did not turn: the first look after it is not a good one.
  @Test func aCoreThatStoodStillDoesNotBeatAtOnce() throws {
    var beat = HeartbeatSettings(name: "outside", url: "http://outside.test/")
    beat.interval = .seconds(10)
    let world = CoreWorld(heartbeats: [beat])
    world.run(.seconds(35))
    let before = world.beats.count
    world.time.advance(to: world.time.monotonic + .seconds(120))
    world.turn([])
    #expect(world.beats.count == before)
    #expect(world.conductor.heartbeats.standings.first?.withheld.contains(.coreSilent) == true)
    world.run(.seconds(3))
    #expect(world.beats.count > before)
  }
}
