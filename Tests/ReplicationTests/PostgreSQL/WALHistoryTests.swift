import Model
import Replication
import Testing

@Suite struct WALHistoryTests {
  private func at(_ second: Int64) -> Timestamp { Timestamp(milliseconds: second * 1000) }
  private func wal(_ bytes: UInt64) -> WALPosition { WALPosition(bytes: bytes) }

  @Test func positionsAreReadAsPostgreSQLWritesThem() {
    #expect(WALPosition("16/B374D848")?.bytes == 0x16_B374_D848)
    #expect(WALPosition("0/0")?.bytes == 0)
    for bad in ["", "/", "1", "1/2/3", "1/G", "100000000/0", "-1/2", " 1/2", "1/"] {
      #expect(WALPosition(bad) == nil, "\(bad)")
    }
    #expect(wal(5).distance(from: wal(2)) == 3)
    #expect(wal(2).distance(from: wal(5)) == 0)
  }

  @Test func aPositionBecomesTimes() {
    var history = WALHistory()
    for (second, position) in [(1, 10), (2, 20), (3, 20), (9, 20), (10, 30)] as [(Int64, UInt64)] {
      history.append(wal(position), at: at(second))
    }
    #expect(history.entries.count == 3)
    #expect(history.complete(at: wal(9)) == nil)
    #expect(history.complete(at: wal(10)) == at(1))
    #expect(history.complete(at: wal(19)) == at(1))
    // Idle at 20 until 9: a copy at 20 was complete that long.
    #expect(history.complete(at: wal(20)) == at(9))
    #expect(history.complete(at: wal(99)) == at(10))
    #expect(history.passed(wal(5)) == at(1))
    #expect(history.passed(wal(10)) == at(2))
    #expect(history.passed(wal(20)) == at(10))
    #expect(history.passed(wal(30)) == nil)
    #expect(history.covers(wal(10)) && !history.covers(wal(9)))
  }

  @Test func aSourceThatFellBackIsAnotherHistory() {
    var history = WALHistory()
    history.append(wal(10), at: at(1))
    history.append(wal(5), at: at(2))
    #expect(history.complete(at: wal(10)) == at(2))
    #expect(history.entries.count == 1)
  }

  @Test func theLimitMakesThePastCoarserAndNeverTooYoung() {
    var history = WALHistory()
    let days: UInt64 = 200_000
    for second in 1...days { history.append(wal(second * 100), at: at(Int64(second))) }
    #expect(history.entries.count <= WALHistory.limit)
    #expect(history.oldest?.first == at(1))
    for position in stride(from: days * 100, to: 100, by: -77_777) {
      let truth = at(Int64(position / 100))
      let claimed = history.complete(at: wal(position))
      #expect(claimed.map { $0 <= truth } == true)
      // Coarser with age, but in proportion.
      let age = Int64(days) - truth.milliseconds / 1000
      #expect(claimed.map { (truth - $0).inSeconds <= 2 + Double(age) / 100 } == true)
    }
  }
}
