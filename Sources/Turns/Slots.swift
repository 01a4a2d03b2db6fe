/// Who may go next: at most ``limit`` lanes hold a slot. Pure. What a lane is the user says: a server, a host, a query.
///
/// - Each lane holds one slot at most and waits in line once.
/// - A suspect is a lane whose last run ran out of time. Suspects together hold at most half of the slots, so that a
///   region whose servers all hang cannot keep the others from being asked; and if any waits, one of them has its
///   turn, so that they are not forgotten either.
package struct Slots<LaneID: Hashable & Sendable>: Sendable {
  /// At least 1. Lowered below what is held, it takes nothing away: nobody goes until enough have ended.
  package var limit: Int { didSet { limit = max(1, limit) } }
  private var held: [LaneID: Bool] = [:]
  private var suspectsHeld = 0
  /// The most that ``inUse`` ever was.
  package private(set) var mostInUse = 0
  private var lines = [Line(), Line()]
  private var inLine: Set<LaneID> = []

  package init(limit: Int) { self.limit = max(1, limit) }

  /// Lanes that hold a slot.
  package var inUse: Int { held.count }
  /// Lanes that stand in line.
  package var waiting: Int { inLine.count }

  /// Puts a lane in line; nothing happens where it stands there already or holds a slot.
  package mutating func join(_ lane: LaneID, isSuspect: Bool) {
    guard held[lane] == nil, inLine.insert(lane).inserted else { return }
    lines[isSuspect ? 1 : 0].append(lane)
  }

  /// It no longer wants to go.
  package mutating func leaveLine(_ lane: LaneID) { inLine.remove(lane) }

  /// The lane that goes next, which holds a slot from now on.
  package mutating func next() -> LaneID? {
    guard held.count < limit else { return nil }
    let maySuspect = suspectsHeld < max(1, limit / 2)
    let order = suspectsHeld == 0 ? [1, 0] : maySuspect ? [0, 1] : [0]
    for which in order {
      while let lane = lines[which].removeFirst() {
        // Who has left the line, or was served out of another place in it, is passed over.
        guard inLine.remove(lane) != nil else { continue }
        held[lane] = which == 1
        if which == 1 { suspectsHeld += 1 }
        mostInUse = max(mostInUse, held.count)
        return lane
      }
    }
    return nil
  }

  /// Gives its slot back; nothing happens where it holds none.
  package mutating func release(_ lane: LaneID) {
    if held.removeValue(forKey: lane) == true { suspectsHeld -= 1 }
  }

  /// First in, first out, at constant cost.
  private struct Line: Sendable {
    private var items: [LaneID] = []
    private var head = 0

    mutating func append(_ lane: LaneID) { items.append(lane) }

    mutating func removeFirst() -> LaneID? {
      guard head < items.count else { return nil }
      defer {
        head += 1
        if head > 64, head * 2 > items.count {
          items.removeFirst(head)
          head = 0
        }
      }
      return items[head]
    }
  }
}
