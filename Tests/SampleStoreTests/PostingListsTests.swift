import Model
import Testing

@testable import SampleStore

@Suite struct PostingListsTests {
  @Test func intersectionsAndUnionsAreThoseOfSets() {
    let seed = UInt64.random(in: 1 ... .max)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<300 {
      let lists = (0..<Int.random(in: 1...4, using: &random)).map { _ -> [SeriesID] in
        let dense = UInt32.random(in: 1...30, using: &random)
        return (0..<UInt32(200)).filter { _ in UInt32.random(in: 0..<dense, using: &random) == 0 }
          .map { SeriesID(raw: $0) }
      }
      let common = lists.dropFirst().reduce(Set(lists[0])) { $0.intersection($1) }
      #expect(PostingLists.intersection(lists) == common.sorted(), "seed \(seed)")
    }
    var list: [SeriesID] = []
    for _ in 0..<500 { list.insertSorted(SeriesID(raw: UInt32.random(in: 0..<300, using: &random))) }
    #expect(list == Set(list).sorted(), "seed \(seed)")
  }

  @Test func theRetentionClockGoesAtTheRealPace() {
    var clock = RetentionClock()
    let steady = MonotonicInstant(nanoseconds: 0)
    clock.start(at: start, monotonic: steady)
    #expect(clock.read(wall: start + .seconds(60), monotonic: steady + .seconds(61)) == start + .seconds(60))
    let leapt = start + .seconds(1_000_000)
    #expect(clock.read(wall: leapt, monotonic: steady + .seconds(100)) == start + .seconds(99))
    // Back in time within the patience: as if nothing had been.
    #expect(
      clock.read(wall: start + .seconds(200), monotonic: steady + .seconds(200)) == start + .seconds(200))
    #expect(
      clock.read(wall: start - .seconds(9000), monotonic: steady + .seconds(201)) == start - .seconds(9000))
  }
}
