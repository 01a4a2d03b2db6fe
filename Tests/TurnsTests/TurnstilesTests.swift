import FarwatchTesting
import Testing
import Turns

@Suite struct TurnstilesTests {
  @Test func oneAtATimeForEachPlace() {
    var doors = Turnstiles<Int, String>()
    let first = [
      doors.enter(1, ["a"]), doors.enter(2, ["b"]), doors.enter(3, ["a", "b"]), doors.enter(4, ["a"]),
    ]
    #expect(first == [true, true, false, false] && doors.waiting == 2)
    // 3 was there before 4, but its other place is taken: it keeps nobody from the one that is free.
    var next = doors.leave(1)
    #expect(next == [4])
    next = doors.leave(4)
    #expect(next == [])
    next = doors.leave(2)
    #expect(next == [3] && doors.places(of: 3) == ["a", "b"])
    let more = [doors.enter(5, []), doors.enter(6, ["b"])]
    #expect(more == [true, false], "nothing wanted is nothing to wait for")
    next = doors.leave(6) + doors.leave(3)
    #expect(next == [] && doors.waiting == 0, "who gives up is not called")
  }

  @Test func whateverHappensNoPlaceIsSharedAndNobodyIsForgotten() {
    var numbers = SeededNumbers(seed: 5433)
    var doors = Turnstiles<Int, Int>()
    var inside: Set<Int> = []
    var line: Set<Int> = []
    for step in 0..<20_000 {
      let lane = Int.random(in: 0..<30, using: &numbers)
      if inside.contains(lane) || line.contains(lane) {
        inside.remove(lane)
        line.remove(lane)
        let next = doors.leave(lane)
        line.subtract(next)
        inside.formUnion(next)
      } else {
        let places = Set(
          (0..<Int.random(in: 1...3, using: &numbers)).map { _ in Int.random(in: 0..<8, using: &numbers) })
        if doors.enter(lane, places) { inside.insert(lane) } else { line.insert(lane) }
      }
      let taken = inside.flatMap { doors.places(of: $0) ?? [] }
      #expect(Set(taken).count == taken.count, "step \(step), seed 5433: a place is shared")
      #expect(doors.waiting == line.count, "step \(step), seed 5433")
    }
    // All that wait have their turn when those before them leave.
    while let lane = inside.first {
      inside.remove(lane)
      let next = doors.leave(lane)
      line.subtract(next)
      inside.formUnion(next)
    }
    #expect(line.isEmpty, "seed 5433")
  }
}
