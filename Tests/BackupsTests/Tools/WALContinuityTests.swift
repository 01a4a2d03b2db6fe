import FarwatchTesting
import Model
import Testing

@testable import Backups

private let mebibyte: UInt64 = 1 << 20

@Suite struct WALContinuityTests {
  private func at(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: seconds * 1000) }

  /// Segments of one timeline; each was archived at its number of seconds.
  private func segments(_ timeline: UInt32, _ numbers: some Sequence<UInt64>) -> [WALSegment: Timestamp?] {
    var all: [WALSegment: Timestamp?] = [:]
    for number in numbers {
      all.updateValue(at(Int64(number)), forKey: WALSegment(timeline: timeline, number: number))
    }
    return all
  }

  private func backup(
    _ id: String, _ timeline: UInt32, _ first: UInt64, _ last: UInt64
  ) -> WALContinuity.Backup {
    .init(
      id: id, first: .init(timeline: timeline, number: first), last: .init(timeline: timeline, number: last),
      time: at(Int64(last)))
  }

  @Test func aWholeArchiveHasNoGap() {
    let found = WALContinuity(archived: segments(1, 5...900), histories: [:], segmentSize: 16 * mebibyte)
      .check([backup("a", 1, 5, 6), backup("b", 1, 100, 101)])
    #expect(found.gapSinceNewest == 0 && found.gapSinceOldest == 0 && found.latestRestorable == at(900))
    #expect(found.continuousSince == at(6) && found.inconsistent.isEmpty && found.firstMissing == nil)
  }

  @Test func aGapEndsWhatTheNewestReaches() {
    let numbers = Array(5...900).map(UInt64.init).filter { $0 != 500 && $0 != 501 && $0 != 50 }
    let found = WALContinuity(archived: segments(1, numbers), histories: [:], segmentSize: mebibyte)
      .check([backup("a", 1, 5, 6), backup("b", 1, 100, 101)])
    #expect(found.gapSinceNewest == 2 && found.gapSinceOldest == 3)
    #expect(found.latestRestorable == at(499) && found.firstMissing == .init(timeline: 1, number: 500))
    #expect(found.continuousSince == nil)
  }

  @Test func aBackupWithoutItsOwnSegmentsDoesNotCount() {
    let found = WALContinuity(archived: segments(1, 5...90), histories: [:], segmentSize: mebibyte)
      .check([backup("a", 1, 5, 6), backup("b", 1, 90, 91)])
    #expect(found.inconsistent == ["b"] && found.gapSinceNewest == 0 && found.latestRestorable == at(90))
  }

  @Test func theChainFollowsTheHistory() throws {
    let history = try #require(WALHistory("1\t0/A000000\tno recovery target specified\n"))
    #expect(history.switches.first?.timeline == 1)
    // Segments of 1 MB: the first timeline is left in number 160; what it has beyond is of a dead primary.
    let old = segments(1, (5...159).map(UInt64.init) + [170])
    let new = segments(2, 160...200)
    let whole = WALContinuity(
      archived: old.merging(new) { $1 }, histories: [2: history], segmentSize: mebibyte)
    let found = whole.check([backup("a", 1, 5, 6)])
    #expect(found.gapSinceNewest == 0 && found.latestRestorable == at(200) && found.missingHistories.isEmpty)

    let without = WALContinuity(archived: old.merging(new) { $1 }, histories: [:], segmentSize: mebibyte)
    // Without the history there is no way into the second timeline, and the dead primary's segment is out of reach.
    #expect(without.check([backup("a", 1, 5, 6)]).missingHistories == [2])
    #expect(without.check([backup("a", 1, 5, 6)]).gapSinceNewest == 10)

    let torn = WALContinuity(
      archived: old.merging(segments(2, 161...200)) { $1 }, histories: [2: history], segmentSize: mebibyte)
    #expect(torn.check([backup("a", 1, 5, 6)]).gapSinceNewest == 1)
    #expect(torn.check([backup("a", 1, 5, 6)]).firstMissing == .init(timeline: 2, number: 160))
  }

  @Test func aBackupOfAnAbandonedPartStaysInItsTimeline() throws {
    let history = try #require(WALHistory("1\t0/A000000\tx\n"))
    let archived = segments(1, 5...180).merging(segments(2, 160...200)) { $1 }
    let found = WALContinuity(archived: archived, histories: [2: history], segmentSize: mebibyte)
      .check([backup("late", 1, 170, 172)])
    #expect(found.gapSinceNewest == 0 && found.latestRestorable == at(180))
  }

  @Test func numbersFarApartCostNothing() {
    let far = UInt64(UInt32.max) << 12
    let found = WALContinuity(
      archived: segments(1, [5, 6, far]), histories: [:], segmentSize: mebibyte
    ).check([backup("a", 1, 5, 6)])
    #expect(found.gapSinceNewest == far - 7)
  }

  @Test func namesAndAddresses() throws {
    let name = try #require(WALSegmentName("0000000A00000002000000FF-0123"))
    #expect(name.segment(size: 16 * mebibyte) == .init(timeline: 10, number: 2 * 256 + 255))
    #expect(name.segment(size: 16 * mebibyte).fileName(size: 16 * mebibyte) == "0000000A00000002000000FF")
    #expect(
      WALSegmentName("0000000A00000002000000F") == nil && WALSegmentName("0000000a00000002000000ff") == nil)
    #expect(WALPosition("1/F00028")?.bytes == 1 << 32 | 0xF0_0028)
    for bad in ["", "/", "0/", "/0", "0/123456789", "g/0", "0/0/0", "+1/0"] {
      #expect(WALPosition(bad) == nil)
    }
    #expect(WALHistory("") == nil && WALHistory("2\tx\t") == nil && WALHistory("2\t0/1\n1\t0/2") == nil)
  }

  @Test func theSizeOfSegmentsIsTold() throws {
    func pair(_ at: String, _ name: String) throws -> (WALPosition, WALSegmentName) {
      (try #require(WALPosition(at)), try #require(WALSegmentName(name[...])))
    }
    let small = try pair("0/F00028", "00000001000000000000000F")
    #expect(WALSegmentSize.infer(from: [small], largestLow: 0xF, plainSizes: []) == mebibyte)
    let usual = try pair("0/2000028", "000000010000000000000002")
    #expect(WALSegmentSize.infer(from: [usual], largestLow: 0xFF, plainSizes: []) == 16 * mebibyte)
    // The end of a backup may be the very end of its segment.
    let edge = try pair("0/3000000", "000000010000000000000002")
    #expect(WALSegmentSize.infer(from: [usual, edge], largestLow: 2, plainSizes: []) == 16 * mebibyte)
    let large = try pair("4/40000028", "000000010000000400000001")
    #expect(WALSegmentSize.infer(from: [large], largestLow: 3, plainSizes: []) == 1 << 30)
    #expect(WALSegmentSize.infer(from: [], largestLow: 1, plainSizes: [64 * mebibyte]) == 64 * mebibyte)
    #expect(WALSegmentSize.infer(from: [small, usual], largestLow: 1, plainSizes: []) == nil)
  }

  @Test func whateverIsListedIsJudged() {
    let seed: UInt64 = 20_261
    var numbers = SeededNumbers(seed: seed)
    for _ in 0..<3000 {
      var archived: [WALSegment: Timestamp?] = [:]
      for _ in 0..<Int.random(in: 0..<20, using: &numbers) {
        let number =
          numbers.chance(80)
          ? UInt64.random(in: 0..<30, using: &numbers) : UInt64(UInt32.max) * 4096 + numbers.next() % 4096
        let segment = WALSegment(timeline: UInt32.random(in: 0..<4, using: &numbers), number: number)
        archived.updateValue(numbers.chance(50) ? at(1) : nil, forKey: segment)
      }
      var histories: [UInt32: WALHistory] = [:]
      for timeline: UInt32 in 1..<4 where numbers.chance(50) {
        histories[timeline] = WALHistory(
          switches: [
            (timeline: timeline &- 1, at: WALPosition(bytes: numbers.next() >> (numbers.next() % 64)))
          ])
      }
      let backups = (0..<3).map { id -> WALContinuity.Backup in
        let first = UInt64.random(in: 0..<30, using: &numbers)
        return backup("\(id)", UInt32.random(in: 0..<4, using: &numbers), first, first &+ numbers.next() % 40)
      }
      let found = WALContinuity(archived: archived, histories: histories, segmentSize: mebibyte).check(
        backups)
      #expect(found.inconsistent.isSubset(of: ["0", "1", "2"]), "seed \(seed)")
    }
  }
}
