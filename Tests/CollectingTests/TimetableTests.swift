import FarwatchTesting
import Model
import Collecting
import Testing

@Suite struct TimetableTests {
  private let start = MonotonicInstant(nanoseconds: 1_234_567_890_123)

  private func targets(_ count: Int, every interval: Duration) -> [Timetable.Target] {
    (0..<count).map { .init(kind: "http", name: "check-\($0)", interval: interval) }
  }

  @Test func aDayOfAThousandTargets() throws {
    var table = Timetable()
    let interval = Duration.seconds(300)
    let ids = table.replace(with: targets(1000, every: interval), now: start)
    var runs: [Timetable.TargetID: [MonotonicInstant]] = [:]
    let end = start + .seconds(86_400)
    while let now = table.nextDeadline, now < end {
      for id in table.due(now) {
        runs[id, default: []].append(now)
        table.finished(id)
      }
    }
    for id in ids {
      let times = try #require(runs[id])
      #expect(times[0] - start <= .seconds(2))
      #expect((287...289).contains(times.count))
      let gap = times[1] - times[0]
      #expect(gap >= interval / 2 && gap <= interval * 3 / 2)
      let isRegular = zip(times.dropFirst(), times.dropFirst(2)).allSatisfy { $1 - $0 == interval }
      #expect(isRegular)
      #expect(table.overruns(id) == 0)
    }
    // Spread: a thousand targets over 300 s are 33 in ten seconds; no ten seconds of the grid have a crowd.
    var perTen = [Int](repeating: 0, count: 30)
    for times in runs.values { perTen[Int(times[10].nanoseconds / 1_000_000_000 % 300 / 10)] += 1 }
    #expect(perTen.max() ?? 0 < 60)
    #expect(perTen.min() ?? 0 > 10)
    // And so is the start.
    var early = [Int](repeating: 0, count: 20)
    for times in runs.values { early[min(19, Int((times[0] - start).milliseconds / 100))] += 1 }
    #expect(early.max() ?? 0 < 100)
  }

  @Test func theMostBelatedStartIsTold() throws {
    var table = Timetable()
    let ids = table.replace(with: targets(2, every: .seconds(10)), now: start)
    #expect(table.takeLongestDelay() == .zero)
    let due = try #require(table.nextDeadline)
    #expect(table.due(due).count == 1)
    #expect(table.takeLongestDelay() == .zero)
    // The other is late, the first still runs: what is left out is an overrun, and no late start.
    let late = due + .seconds(25)
    #expect(table.due(late).count == 1)
    let delay = table.takeLongestDelay()
    #expect(delay > .seconds(22) && delay <= .seconds(25))
    #expect(table.takeLongestDelay() == .zero)
    #expect(ids.map { table.overruns($0) }.reduce(0, +) == 1)
  }

  @Test func overrunIsCountedAndNotQueued() {
    var table = Timetable()
    let id = table.replace(with: targets(1, every: .seconds(10)), now: start)[0]
    func runNext() -> [Timetable.TargetID] { table.nextDeadline.map { table.due($0) } ?? [] }
    #expect(runNext() == [id])
    #expect(table.isRunning(id))
    for _ in 0..<3 { #expect(runNext() == []) }
    #expect(table.overruns(id) == 3)
    table.finished(id)
    #expect(runNext() == [id])
    #expect(table.overruns(id) == 3)
  }

  @Test func aLateCallerRunsEachTargetOnce() {
    var table = Timetable()
    let ids = table.replace(with: targets(5, every: .seconds(10)), now: start)
    let late = start + .seconds(1000)
    #expect(Set(table.due(late)) == Set(ids))
    for id in ids { table.finished(id) }
    #expect(table.due(late).isEmpty)
    #expect(table.nextDeadline.map { $0 > late } == true)
    #expect(ids.allSatisfy { table.overruns($0) == 0 })
  }

  @Test func requestSoonComesOnceAndKeepsTheSlot() throws {
    var table = Timetable()
    let id = table.replace(with: targets(1, every: .seconds(60)), now: start)[0]
    let first = try #require(table.nextDeadline)
    _ = table.due(first)
    table.finished(id)
    let slot = try #require(table.nextDeadline)
    let soon = first + .seconds(5)
    table.requestSoon(id, at: soon)
    #expect(table.nextDeadline == soon)
    #expect(table.due(soon) == [id])
    table.finished(id)
    let next = try #require(table.due(slot - .milliseconds(1)).isEmpty ? table.nextDeadline : nil)
    // Still on the grid.
    #expect((next - slot).nanoseconds % Duration.seconds(60).nanoseconds == 0)
    // Later than what is planned already: nothing changes.
    table.requestSoon(id, at: next + .seconds(1))
    #expect(table.due(next) == [id])
    #expect(table.nextDeadline == next + .seconds(60))
  }

  @Test func manyRequestsDoNotPileUp() {
    var table = Timetable()
    let id = table.replace(with: targets(1, every: .seconds(3600)), now: start)[0]
    for step in 0..<100_000 { table.requestSoon(id, at: start + .milliseconds(Int64(1999 - step % 2000))) }
    table.finished(id)
    #expect(table.due(start + .seconds(2)) == [id])
    table.finished(id)
    #expect(table.due(start + .seconds(2)).isEmpty)
  }

  @Test func reloadKeepsUnchangedTargetsAndTheirSlots() throws {
    var table = Timetable()
    let before = table.replace(with: targets(10, every: .seconds(60)), now: start)
    let now = start + .seconds(2)
    #expect(table.due(now).count == 10)
    for id in before.dropFirst(2) { table.finished(id) }
    let planned = table.nextDeadline
    var changed = targets(12, every: .seconds(60))
    changed.remove(at: 9)
    changed[8].interval = .seconds(20)
    let later = now + .seconds(1)
    let after = table.replace(with: changed, now: later)
    #expect(Array(after[..<9]) == Array(before[..<9]))
    #expect(Set(after).count == 11)
    #expect(!after.contains(before[9]))
    // Still running: not started a second time, and the end of a removed one is ignored.
    #expect(table.isRunning(before[0]))
    table.finished(before[9])
    let soon = table.due(later + .seconds(2))
    #expect(Set(soon) == Set(after[8...]), "the changed and the two new ones come early")
    for id in soon { table.finished(id) }
    #expect(table.nextDeadline.map { $0 >= later && $0 <= planned ?? $0 } == true)
  }

  @Test func shortIntervalsStartWithinTheirInterval() throws {
    var table = Timetable()
    _ = table.replace(with: targets(100, every: .milliseconds(500)), now: start)
    #expect(table.due(start + .milliseconds(500)).count == 100)
    // An interval of nothing is treated as a millisecond and does not spin for ever.
    var zero = Timetable()
    let id = zero.replace(with: targets(1, every: .zero), now: start)[0]
    #expect(zero.due(start + .seconds(1)) == [id])
  }
}
