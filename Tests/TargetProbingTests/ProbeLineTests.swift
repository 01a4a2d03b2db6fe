import Model
import Testing

@testable import TargetProbing

@Suite struct ProbeLineTests {
  private func at(_ seconds: Double) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: Int64(seconds * 1e9))
  }

  @Test func suspectsHoldHalfOfThePlaces() {
    var line = ProbeLine(limit: 4)
    for number in 0..<4 { _ = line.add("slow\(number)", timeout: .seconds(10), at(0)) }
    while let (id, _) = line.next(at(0)) { line.end(id, timedOut: true, at(10)) }
    #expect(line.suspectCount == 4 && line.isEmpty)
    for number in 0..<4 { _ = line.add("slow\(number)", timeout: .seconds(10), at(15)) }
    let begun = [line.next(at(15)), line.next(at(15)), line.next(at(15))].map { $0 != nil }
    #expect(begun == [true, true, false])
    let good = line.add("good", timeout: .seconds(10), at(16))
    let goes = line.next(at(16))?.id
    #expect(goes == good)
    #expect(line.underWay == 3 && line.waiting == 2)
  }

  @Test func whoHadLittleTimeIsNoSuspect() throws {
    var line = ProbeLine(limit: 1)
    let found1 = line.add("a", timeout: .seconds(10), at(0))
    let first = try #require(found1)
    let found2 = line.add("b", timeout: .seconds(10), at(0))
    let second = try #require(found2)
    let goes = [line.next(at(0))?.id, line.next(at(0))?.id]
    #expect(goes == [first, nil])
    line.end(first, timedOut: false, at(6))
    let found3 = line.next(at(6))
    let turn = try #require(found3)
    #expect(turn.id == second && turn.waited == .seconds(6))
    line.end(second, timedOut: true, at(10))
    #expect(line.suspectCount == 0)
  }

  @Test func timeIsOverInLineAndUnderWay() throws {
    var line = ProbeLine(limit: 1)
    let found4 = line.add("a", timeout: .seconds(1), at(0))
    let first = try #require(found4)
    let found5 = line.add("b", timeout: .seconds(1), at(0))
    let second = try #require(found5)
    let goes = line.next(at(0))?.id
    #expect(goes == first)
    let early = line.overdue(at(0.9))
    #expect(early == [])
    let inTime = line.overdue(at(1))
    #expect(inTime == [.waiting(second)])
    #expect(line.waiting == 0)
    let beforeGrace = line.overdue(at(2.9))
    #expect(beforeGrace == [])
    let late = line.overdue(at(3))
    #expect(late == [.underWay(first)])
    line.end(first, timedOut: true, at(3))
    #expect(line.isEmpty && line.suspectCount == 1)
    let isKnown = line.end(first, timedOut: true, at(3))
    #expect(!isKnown)
  }

  @Test func theLineAndTheMemoryHaveAnEnd() throws {
    var line = ProbeLine(limit: 1)
    _ = line.add("under way", timeout: .seconds(1), at(0))
    _ = line.next(at(0))
    for _ in 0..<ProbeLine.waitingLimit { _ = line.add("a", timeout: .seconds(1), at(0)) }
    #expect(line.waiting == ProbeLine.waitingLimit)
    let tooMany = line.add("a", timeout: .seconds(1), at(0))
    #expect(tooMany == nil)
    var memory = ProbeLine(limit: 1)
    for number in 0...ProbeLine.suspectsLimit {
      let found6 = memory.add("\(number)", timeout: .seconds(1), at(Double(number)))
      let id = try #require(found6)
      // The first is a suspect for as long as any other.
      while let (next, _) = memory.next(at(Double(number))) {
        memory.end(next, timedOut: next == id, at(Double(number)))
      }
    }
    #expect(memory.suspectCount == ProbeLine.suspectsLimit)
  }
}
