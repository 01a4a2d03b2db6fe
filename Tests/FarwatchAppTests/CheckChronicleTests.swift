import Collecting
import Model
import Testing

@testable import FarwatchApp

@Suite struct CheckChronicleTests {
  private let start = MonotonicInstant(nanoseconds: 7_000_000_000)

  private func change(_ isDown: Bool, _ name: String = "api", after: Duration) -> CheckChronicle.Change {
    .init(
      name: .init(region: "japan", check: name), zone: "1a", isDown: isDown, at: dayStart + after,
      lasted: .milliseconds(61_234), problem: isDown ? "timeout: no answer" : nil)
  }

  @Test func whatHappenedStandsInTheEntry() throws {
    var chronicle = CheckChronicle()
    let first = chronicle.take(change(true, after: .zero), at: start)
    let second = chronicle.take(change(false, after: .seconds(9)), at: start + .seconds(9))
    let (down, up) = (try #require(first), try #require(second))
    #expect(down.kind == .checkDown && down.at == dayStart && down.identity == nil)
    #expect(down.labels == ["check": "api", "region": "japan", "zone": "1a"])
    #expect(down.detail == ["problem": "timeout: no answer", "up_for": "1m1s"])
    #expect(up.kind == .checkUp && up.detail == ["down_for": "1m1s"])
  }

  /// A check that flaps for a day is written a few hundred times, not tens of thousands; nothing is left out unsaid.
  @Test func flappingIsBoundedAndCounted() {
    var chronicle = CheckChronicle()
    var entries: [JournalEntry] = []
    let changes = 86_400 / 5
    for number in 0..<changes {
      let after = Duration.seconds(number * 5)
      if let entry = chronicle.take(change(number.isMultiple(of: 2), after: after), at: start + after) {
        entries.append(entry)
      }
      entries += chronicle.settle(at: start + after)
    }
    let most = CheckChronicle.burst + Int(86_400 / 300)
    #expect((most - 2...most + 1).contains(entries.count), "\(entries.count)")
    let named = entries.reduce(0) { $0 + (Int($1.detail["left_out"] ?? "") ?? 0) }
    #expect(entries.count + named <= changes && entries.count + named > changes - 70)
    #expect(entries.prefix(CheckChronicle.burst).allSatisfy { $0.detail["left_out"] == nil })
    // Those that were made up for were left out when they happened.
    #expect(Int(chronicle.leftOut) >= changes - entries.count && Int(chronicle.leftOut) <= changes)
  }

  @Test func whatHoldsInTheEndIsWritten() {
    var chronicle = CheckChronicle()
    // One more than may be written, so that the newest entry says "down" while it is up.
    for number in 0...CheckChronicle.burst {
      let after = Duration.seconds(number)
      let entry = chronicle.take(change(!number.isMultiple(of: 2), after: after), at: start + after)
      #expect((entry == nil) == (number == CheckChronicle.burst))
    }
    let early = chronicle.settle(at: start + .seconds(60))
    #expect(early == [])
    let late = chronicle.settle(at: start + .seconds(301))
    #expect(late.map(\.kind) == [.checkUp] && late.first?.detail["left_out"] == nil)
    #expect(late.first?.at == dayStart + .seconds(CheckChronicle.burst), "when it happened")
    let later = chronicle.settle(at: start + .seconds(900))
    #expect(later == [], "once")
    #expect(chronicle.leftOut == 1)
  }

  @Test func othersAreNotHeldUpAndTheQuietAreForgotten() {
    var chronicle = CheckChronicle()
    for number in 0..<50 {
      _ = chronicle.take(change(number.isMultiple(of: 2), after: .zero), at: start)
    }
    let other = chronicle.take(change(true, "other", after: .zero), at: start)
    #expect(other != nil)
    chronicle.keep(only: [.init(region: "japan", check: "other")])
    let anew = chronicle.take(change(true, after: .zero), at: start)
    #expect(anew != nil && anew?.detail["left_out"] == nil, "nothing is left of the one before")
    _ = chronicle.settle(at: start + .seconds(86_400))
    let fresh = (0..<CheckChronicle.burst).compactMap {
      chronicle.take(change($0.isMultiple(of: 2), after: .zero), at: start + .seconds(86_400))
    }
    #expect(fresh.count == CheckChronicle.burst)
  }

  @Test func aRecentCountForgets() {
    var count = RecentCount()
    #expect(count.value(at: start) == 0)
    count.add(2, at: start)
    count.add(3, at: start + .seconds(70))
    #expect(count.value(at: start + .seconds(70)) == 5)
    #expect(count.value(at: start + .seconds(299)) == 5)
    #expect(count.value(at: start + .seconds(365)) == 3)
    #expect(count.value(at: start + .seconds(500)) == 0)
    count.add(1, at: start + .seconds(100_000))
    #expect(count.value(at: start + .seconds(100_000)) == 1)
  }
}
