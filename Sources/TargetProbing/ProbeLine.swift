internal import Model
internal import Turns

/// Which probe goes next, and which has run out of time. Pure.
///
/// - As many as ``limit`` are under way; others wait, first come, first served, and ``waitingLimit`` of them at most.
/// - A suspect is a target whose last probe ran out of time. Suspects hold half of the places at most (see ``Slots``),
///   so that a region that hangs never keeps the others from being asked.
struct ProbeLine {
  typealias ID = UInt64

  private struct Ticket {
    var target: String
    var since: MonotonicInstant
    var timeout: Duration
    var begunAt: MonotonicInstant?
  }

  enum Overdue: Equatable {
    /// Its time is over, and it never had its turn.
    case waiting(ID)
    /// It should have ended by itself a while ago.
    case underWay(ID)
  }

  /// Probes that wait at most.
  static let waitingLimit = 2048
  /// Targets that are remembered as suspects; past this the one that was longest known is forgotten.
  static let suspectsLimit = 10_000
  /// How long after its time a probe is taken to be lost: a collector ends by itself.
  static let grace: Duration = .seconds(2)

  private var slots: Slots<ID>
  private var tickets: [ID: Ticket] = [:]
  private var deadlines = MomentHeap<ID>()
  private var suspects: Set<String> = []
  /// With those that are suspects no more.
  private var suspectsInOrder = MomentHeap<String>()
  private var lastID: ID = 0

  init(limit: Int) { slots = Slots(limit: limit) }

  var limit: Int {
    get { slots.limit }
    set { slots.limit = newValue }
  }
  var underWay: Int { slots.inUse }
  var waiting: Int { slots.waiting }
  var suspectCount: Int { suspects.count }
  var isEmpty: Bool { tickets.isEmpty }
  /// When something may be overdue; may be too early.
  var nextDue: MonotonicInstant? { deadlines.earliest }

  /// Puts a probe in line; nil when too many wait there.
  mutating func add(_ target: String, timeout: Duration, _ now: MonotonicInstant) -> ID? {
    guard slots.waiting < Self.waitingLimit else { return nil }
    lastID &+= 1
    tickets[lastID] = Ticket(target: target, since: now, timeout: timeout)
    deadlines.insert(lastID, at: now + timeout)
    slots.join(lastID, isSuspect: suspects.contains(target))
    return lastID
  }

  /// The probe that begins now, and how long it waited; nil when none can.
  mutating func next(_ now: MonotonicInstant) -> (id: ID, waited: Duration)? {
    while let id = slots.next() {
      guard let ticket = tickets[id] else {
        slots.release(id)
        continue
      }
      tickets[id]?.begunAt = now
      deadlines.insert(id, at: ticket.since + ticket.timeout + Self.grace)
      return (id, now - ticket.since)
    }
    return nil
  }

  /// The probe is over.
  ///
  /// - Parameter timedOut: whether its target left it without an answer for all of the time that it had.
  /// - Returns: whether it was still known. What ran out of time after half of it was spent in line says nothing of
  ///   the target.
  @discardableResult
  mutating func end(_ id: ID, timedOut: Bool, _ now: MonotonicInstant) -> Bool {
    guard let ticket = tickets.removeValue(forKey: id) else { return false }
    slots.leaveLine(id)
    slots.release(id)
    guard let begunAt = ticket.begunAt else { return true }
    if !timedOut {
      suspects.remove(ticket.target)
    } else if begunAt - ticket.since <= ticket.timeout / 2 {
      suspect(ticket.target, now)
    }
    return true
  }

  /// Takes a probe that waits out of the line; false when it does not wait.
  mutating func withdraw(_ id: ID, _ now: MonotonicInstant) -> Bool {
    guard let ticket = tickets[id], ticket.begunAt == nil else { return false }
    return end(id, timedOut: false, now)
  }

  /// Who waited has lost its place; what is under way stays until it ends or is ``end(_:timedOut:_:)``ed.
  mutating func overdue(_ now: MonotonicInstant) -> [Overdue] {
    var found: [Overdue] = []
    while let due = deadlines.earliest, due <= now, let id = deadlines.removeEarliest() {
      guard let ticket = tickets[id] else { continue }
      if ticket.begunAt == nil {
        found.append(.waiting(id))
        end(id, timedOut: false, now)
      } else if ticket.since + ticket.timeout + Self.grace <= now {
        found.append(.underWay(id))
      }
    }
    return found
  }

  private mutating func suspect(_ target: String, _ now: MonotonicInstant) {
    if suspects.insert(target).inserted { suspectsInOrder.insert(target, at: now) }
    while suspectsInOrder.count > Self.suspectsLimit, let oldest = suspectsInOrder.removeEarliest() {
      suspects.remove(oldest)
    }
  }
}
