import FarwatchTesting
import Testing
import Turns

@Suite struct SlotsTests {
  @Test func firstComeFirstServedUpToTheLimit() {
    var slots = Slots<UInt64>(limit: 2)
    for lane in 1...4 { slots.join(UInt64(lane), isSuspect: false) }
    slots.join(3, isSuspect: false)
    #expect(slots.next() == 1)
    #expect(slots.next() == 2)
    #expect(slots.next() == nil)
    #expect(slots.inUse == 2 && slots.waiting == 2)
    slots.release(1)
    slots.leaveLine(3)
    #expect(slots.next() == 4)
    #expect(slots.next() == nil)
    #expect(slots.mostInUse == 2)
  }

  @Test func suspectsHoldHalfAtMostAndAreNotForgotten() {
    var slots = Slots<UInt64>(limit: 4)
    for lane in 1...4 { slots.join(UInt64(lane), isSuspect: true) }
    for lane in 11...14 { slots.join(UInt64(lane), isSuspect: false) }
    // One of them has its turn; then those that answer go first.
    #expect((0..<4).map { _ in slots.next() } == [1, 11, 12, 13])
    for lane: UInt64 in [11, 12, 13] { slots.release(lane) }
    #expect((0..<3).map { _ in slots.next() } == [14, 2, nil])
    slots.release(1)
    #expect(slots.next() == 3)
    #expect(slots.next() == nil, "half of the slots")
  }

  @Test func whateverHappensTheLimitsHold() {
    var numbers = SeededNumbers(seed: 20_261_121)
    var slots = Slots<UInt64>(limit: 6)
    var held: [UInt64: Bool] = [:]
    for step in 0..<20_000 {
      let lane = UInt64.random(in: 1...40, using: &numbers)
      switch Int.random(in: 0..<4, using: &numbers) {
      case 0: slots.join(lane, isSuspect: lane > 20)
      case 1: slots.leaveLine(lane)
      case 2:
        slots.release(lane)
        held[lane] = nil
      default:
        if let next = slots.next() {
          #expect(held[next] == nil, "step \(step): a second slot for \(next)")
          held[next] = true
        }
      }
      #expect(held.count == slots.inUse && held.count <= 6, "step \(step)")
    }
    while slots.next() != nil {}
    for lane in held.keys { slots.release(lane) }
    #expect(slots.inUse <= 6)
  }

  @Test func aLowerLimitTakesNothingAway() {
    var slots = Slots<UInt64>(limit: 3)
    for lane in 1...4 { slots.join(UInt64(lane), isSuspect: false) }
    #expect([slots.next(), slots.next()] == [1, 2])
    slots.limit = 1
    slots.release(1)
    #expect(slots.next() == nil && slots.inUse == 1)
    slots.release(2)
    #expect(slots.next() == 3)
    slots.limit = 0
    #expect(slots.limit == 1)
  }
}
