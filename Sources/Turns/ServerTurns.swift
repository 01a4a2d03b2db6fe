package import Model

/// Whose run goes next at which server, and what a run that did not get its turn says of the server. Pure.
///
/// - One run at most is under way at a server, whoever asks and with whatever login; at how many servers at once, and
///   who waits for whom, is ``Slots``'s to say.
/// - The runs of one server go in the order they came; at most ``waitingPerAsker`` of one asker wait behind another.
/// - A run that would begin with less than half of its time left is not begun: it would be given up under way, and
///   the server blamed for our own queue.
/// - Waiting says something of a server only where it let another run's whole time pass without an answer, and half of
///   the waiting one's time with it: see ``Hindrance``. A run that is under way may still be answered: it says nothing.
///
/// A call costs what happens in it, however many servers are known.
package struct ServerTurns<Server: Hashable & Sendable, Run> {
  package typealias Asker = ObjectIdentifier

  /// A run as it waits.
  package struct Ticket {
    package let run: Run
    package let asker: Asker
    package let timeout: Duration
    package let since: MonotonicInstant
    package var deadline: MonotonicInstant { since + timeout }
  }

  /// Why a run did not get its turn.
  package enum Hindrance: Hashable, Sendable {
    /// No slot was free: says nothing of the server.
    case slots
    /// Other runs were in front, which the server answered or may still answer: says nothing of the server.
    case otherRuns
    /// A run in front ran out of time without an answer, and at least half of this one's time was spent behind it.
    case silence
  }

  package enum Turn {
    /// It is under way from now on, until ``end(at:timedOut:_:)``.
    case begin(Ticket)
    case tooLate(Ticket, Hindrance)
  }

  package enum Expired {
    case waiting(Ticket, Hindrance)
    /// What is under way has run out of time; the user ends it.
    case underWay(Ticket)
  }

  private struct Line {
    var waiting: [Ticket] = []
    var current: Ticket?
    var begunAt = MonotonicInstant(nanoseconds: 0)
    /// When the last run began and ended, where it ran out of time.
    var silent: (from: MonotonicInstant, to: MonotonicInstant)?
    var lastEnd: MonotonicInstant?
    /// Connections that are kept for it.
    var users = 0

    var isSuspect: Bool { silent != nil }
  }

  package static var waitingPerAsker: Int { 8 }

  private var slots: Slots<Server>
  private var lines: [Server: Line] = [:]
  /// Servers by the deadlines of their runs; may hold outdated ones.
  private var deadlines = MomentHeap<Server>()
  private var renewalAt = 64

  package init(limit: Int) { slots = Slots(limit: limit) }

  package var limit: Int { slots.limit }
  package var earliestDeadline: MonotonicInstant? { deadlines.earliest }
  package var load: ClientLoad {
    var load = ClientLoad()
    load.inFlight = slots.inUse
    load.waiting = slots.waiting
    load.mostInFlight = slots.mostInUse
    return load
  }

  /// What is remembered of a server is kept for as long as someone wants it.
  package mutating func retain(_ server: Server) { lines[server, default: Line()].users += 1 }

  package mutating func release(_ server: Server) {
    lines[server]?.users -= 1
    forgetIfIdle(server)
  }

  /// Puts a run in line; false when its asker has enough of them there.
  package mutating func add(
    _ run: Run, at server: Server, asker: Asker, timeout: Duration, _ now: MonotonicInstant
  ) -> Bool {
    if let line = lines[server] {
      // The one in front of a server that is free is as good as under way.
      let isFree = line.current == nil
      let waiting = line.waiting.count { $0.asker == asker } - (isFree ? 1 : 0)
      guard waiting < Self.waitingPerAsker else { return false }
    }
    let ticket = Ticket(run: run, asker: asker, timeout: timeout, since: now)
    lines[server, default: Line()].waiting.append(ticket)
    deadlines.insert(server, at: ticket.deadline)
    join(server)
    return true
  }

  /// The next run that has its turn, or that has lost it; nil when nobody can begin now.
  package mutating func next(_ now: MonotonicInstant) -> (server: Server, turn: Turn)? {
    while let server = slots.next() {
      guard lines[server]?.waiting.isEmpty == false, let ticket = lines[server]?.waiting.removeFirst() else {
        slots.release(server)
        continue
      }
      if ticket.deadline - now < ticket.timeout / 2 {
        let hindrance = hindrance(ticket, at: server, now)
        slots.release(server)
        join(server)
        forgetIfIdle(server)
        return (server, .tooLate(ticket, hindrance))
      }
      lines[server]?.current = ticket
      lines[server]?.begunAt = now
      return (server, .begin(ticket))
    }
    return nil
  }

  /// What was under way at `server` is over.
  package mutating func end(at server: Server, timedOut: Bool, _ now: MonotonicInstant) {
    guard let line = lines[server], line.current != nil else { return }
    lines[server]?.current = nil
    lines[server]?.lastEnd = now
    lines[server]?.silent = timedOut ? (line.begunAt, now) : nil
    slots.release(server)
    join(server)
    forgetIfIdle(server)
  }

  /// What is under way at `server` turns out to be for `other`: it waits there, in front of those who came later.
  package mutating func move(from server: Server, to other: Server) {
    guard let ticket = lines[server]?.current else { return }
    lines[server]?.current = nil
    slots.release(server)
    join(server)
    let place = lines[other]?.waiting.firstIndex { $0.since > ticket.since }
    lines[other, default: Line()].waiting.insert(ticket, at: place ?? lines[other]?.waiting.count ?? 0)
    deadlines.insert(other, at: ticket.deadline)
    join(other)
    forgetIfIdle(server)
  }

  /// Everything whose time is over. What waited is gone from here; what is under way the user ends.
  package mutating func expire(_ now: MonotonicInstant) -> [Expired] {
    var out: [Expired] = []
    var seen: Set<Server> = []
    while let moment = deadlines.earliest, moment <= now, let server = deadlines.removeEarliest() {
      guard seen.insert(server).inserted, let line = lines[server] else { continue }
      for ticket in line.waiting where ticket.deadline <= now {
        out.append(.waiting(ticket, hindrance(ticket, at: server, now)))
      }
      lines[server]?.waiting.removeAll { $0.deadline <= now }
      if let current = line.current, current.deadline <= now { out.append(.underWay(current)) }
      if lines[server]?.waiting.isEmpty == true { slots.leaveLine(server) }
      forgetIfIdle(server)
    }
    if deadlines.count > renewalAt { renewDeadlines() }
    return out
  }

  /// Everything that waits or is under way, for an end of all.
  package var tickets: [Ticket] {
    lines.values.flatMap { line in [line.current].compactMap(\.self) + line.waiting }
  }

  /// Whether anything of `asks` waits or is under way at `server`.
  package func holds(at server: Server, where asks: (Run) -> Bool) -> Bool {
    guard let line = lines[server] else { return false }
    return line.current.map { asks($0.run) } ?? false || line.waiting.contains { asks($0.run) }
  }

  private func hindrance(_ ticket: Ticket, at server: Server, _ now: MonotonicInstant) -> Hindrance {
    guard let line = lines[server] else { return .slots }
    // What runs out of time at this very moment is silent too, only not ended yet.
    let runsOut = line.current.map { $0.deadline <= now } ?? false
    let silent = runsOut ? (line.begunAt, now) : line.silent
    if let silent, silent.to - max(silent.from, ticket.since) >= ticket.timeout / 2 { return .silence }
    let wasBusy = line.current != nil || line.lastEnd.map { $0 > ticket.since } ?? false
    return wasBusy ? .otherRuns : .slots
  }

  private mutating func join(_ server: Server) {
    guard let line = lines[server], line.current == nil, !line.waiting.isEmpty else { return }
    slots.join(server, isSuspect: line.isSuspect)
  }

  private mutating func forgetIfIdle(_ server: Server) {
    guard let line = lines[server], line.users <= 0, line.current == nil, line.waiting.isEmpty else { return }
    slots.leaveLine(server)
    lines[server] = nil
  }

  private mutating func renewDeadlines() {
    deadlines.removeAll()
    // So much later that a renewal costs each run between two of them next to nothing.
    defer { renewalAt = 64 + 4 * deadlines.count + lines.count }
    for (server, line) in lines {
      for ticket in line.waiting { deadlines.insert(server, at: ticket.deadline) }
      if let current = line.current { deadlines.insert(server, at: current.deadline) }
    }
  }
}
