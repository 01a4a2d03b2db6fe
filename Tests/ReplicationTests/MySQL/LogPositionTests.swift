import FarwatchTesting
import Model
import MySQLClient
import Replication
import Testing

@Suite struct LogPositionTests {
  private let a = "3E11FA47-71CA-11E1-9E33-C80AA9429562"
  private let b = "2174b383-5441-11e8-b90a-c80aa9429562"

  @Test func setsOfTransactions() throws {
    let set = try #require(GTIDSet("\(a):1-5:7:6,\n\(b):1-3:tag_1:4-9"))
    #expect(set.intervals[a.lowercased()] == [1...7])
    #expect(set.intervals["\(b):tag_1"] == [4...9])
    #expect(set.includes(try #require(GTIDSet("\(a):2-4"))))
    #expect(set.includes(GTIDSet()) && !GTIDSet().includes(set))
    let other = try #require(GTIDSet("\(a):3-4:9,\(b):2"))
    #expect(!set.includes(other) && other.count(notIn: set) == 1 && set.count(notIn: other) == 5 + 2 + 6)
    #expect(set.union(other).includes(other) && set.union(other).includes(set))
    #expect(GTIDSet("")?.isEmpty == true && GTIDSet(" \n")?.isEmpty == true)
    for bad in [
      "x", "\(a)", "\(a):", "\(a):0", "\(a):5-3", "\(a):1-2-3", "\(a):-1", "\(a):99999999999999999999",
      "0-1-5",
    ] {
      #expect(GTIDSet(bad) == nil, "\(bad)")
    }
  }

  /// Against sets of numbers, which cannot be wrong.
  @Test func setsAgreeWithSets() {
    let seed = UInt64.random(in: .min ... .max)
    var numbers = SeededNumbers(seed: seed)
    func random() -> (GTIDSet, Set<UInt64>) {
      var text: [String] = []
      var plain: Set<UInt64> = []
      for _ in 0..<Int.random(in: 0..<6, using: &numbers) {
        let low = UInt64.random(in: 1..<30, using: &numbers)
        let high = low + UInt64.random(in: 0..<8, using: &numbers)
        text.append("\(a):\(low)-\(high)")
        plain.formUnion(low...high)
      }
      return (GTIDSet(text.joined(separator: ",")) ?? GTIDSet(), plain)
    }
    for _ in 0..<2000 {
      let (one, two) = (random(), random())
      #expect(one.0.includes(two.0) == one.1.isSuperset(of: two.1), "seed \(seed)")
      #expect(one.0.count(notIn: two.0) == UInt64(one.1.subtracting(two.1).count), "seed \(seed)")
      #expect(one.0.union(two.0).count(notIn: GTIDSet()) == UInt64(one.1.union(two.1).count), "seed \(seed)")
    }
  }

  @Test func positionsOfMariaDB() throws {
    let state = try #require(MariaDBGTIDs("0-1-100, 0-2-101,7-9-3"))
    #expect(state.domains == [0: 101, 7: 3] && state.number(domain: 0, server: 1) == 100)
    let position = LogPosition.domains(state.domains)
    #expect(position.includes(.domains([0: 101])) && !position.includes(.domains([0: 102])))
    #expect(!position.includes(.domains([1: 1])))
    for bad in ["1-2", "a-b-c", "0-1--5", "0-1-99999999999999999999", "4294967296-1-1", "0-1-1-1"] {
      #expect(MariaDBGTIDs(bad) == nil, "\(bad)")
    }
    let file = try #require(BinlogPosition(file: "bin.000012", offset: "400"))
    let later = try #require(BinlogPosition(file: "bin.000013", offset: "4"))
    let other = try #require(BinlogPosition(file: "log.000013", offset: "4"))
    #expect(LogPosition.file(later).includes(.file(file)) && !LogPosition.file(file).includes(.file(later)))
    #expect(!LogPosition.file(other).includes(.file(file)) && !position.includes(.file(file)))
    #expect(BinlogPosition(file: "", offset: "4") == nil && BinlogPosition(file: "bin", offset: "4") == nil)
  }

  @Test func anyTextEndsWell() {
    let seed = UInt64.random(in: .min ... .max)
    var numbers = SeededNumbers(seed: seed)
    let parts = [
      a, b, ":", "-", ",", "1", "18446744073709551615", "9223372036854775806", "tag", " ", "\n", "é", "0",
      "T", ".", "2026", "11", "21",
    ]
    for _ in 0..<3000 {
      let text = (0..<Int.random(in: 0..<14, using: &numbers)).map { _ in numbers.pick(parts) }.joined()
      if let set = GTIDSet(text) { #expect(set.includes(set) && set.count(notIn: set) == 0, "seed \(seed)") }
      _ = MariaDBGTIDs(text)?.domains
      _ = BinlogPosition(file: text, offset: text)
      _ = MySQLQueries.utcTimestamp(text)
    }
  }

  @Test func timesOfHeartbeats() {
    let time = Timestamp(year: 2026, month: 11, day: 21, hour: 19, minute: 42, second: 5, millisecond: 120)
    #expect(MySQLQueries.utcTimestamp("2026-11-21 19:42:05.120000") == time)
    #expect(MySQLQueries.utcTimestamp("2026-11-21T19:42:05.12") == time)
    #expect(MySQLQueries.utcTimestamp("2026-11-21 19:42:05") == time - .milliseconds(120))
    for bad in [
      "", "0000-00-00 00:00:00", "2026-11-21", "2026-13-21 19:42:05", "2026-11-21 19:42:05+01:00",
      "1764000000",
    ] {
      #expect(MySQLQueries.utcTimestamp(bad) == nil, "\(bad)")
    }
  }

  @Test func theHistoryOfASource() {
    var history = LogHistory()
    func at(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: seconds * 1000) }
    func place(_ number: UInt64) -> LogPosition { .domains([0: number]) }
    history.append(place(5), at: at(1))
    history.append(place(5), at: at(2))
    history.append(place(8), at: at(3))
    #expect(history.entries.count == 2 && history.complete(at: place(7)) == at(2))
    #expect(history.complete(at: place(8)) == at(3) && history.complete(at: place(4)) == nil)
    #expect(history.passed(place(7)) == at(3) && history.passed(place(8)) == nil)
    #expect(history.append(place(6), at: at(4)) && history.entries.count == 1)
    for second in 0..<20_000 { history.append(place(UInt64(100 + second)), at: at(Int64(10 + second))) }
    #expect(history.entries.count <= LogHistory.limit)
    #expect(history.complete(at: place(100 + 19_999)) == at(10 + 19_999))
  }
}
