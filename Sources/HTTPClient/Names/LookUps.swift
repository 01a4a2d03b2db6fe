internal import Model

/// Which names are looked up next, and what those who ask are told. Pure: it hears what happened and when.
///
/// - All who ask for one name while it waits or is being looked up share one look-up.
/// - A suspect is a name whose look-up takes, or last time took, longer than ``Limits/slow`` or than somebody who
///   asked would wait. Suspects are not begun while they hold half of the threads, so that names that no resolver
///   answers cannot keep the others from being looked up; and if any waits while none is under way, one of them has
///   its turn, so that they are not forgotten either.
/// - A look-up that has not begun in the first half of an asker's time is not begun for it any more: it would blame
///   the target for our own line. That is the failure `limit`, which is no evidence against anybody.
/// - Where half of an asker's time is over and there is no answer, begun or not, the last good one serves those who
///   may have it, for ``Limits/memory`` after it came.
struct LookUps {
  struct Name: Hashable, Sendable {
    let host: String
    let family: HTTPRequest.AddressFamily
  }

  typealias AskerID = UInt64
  typealias Answer = HostResolver.Answer

  struct Limits: Sendable {
    /// Look-ups at once.
    var threads = 32
    /// Who waits for an answer, all names together.
    var askers = 10_000
    /// Names of which something is remembered; beyond it those that nobody has asked for the longest are forgotten.
    var names = 10_000
    var slow: Duration = .seconds(2)
    var memory: Duration = .seconds(300)
  }

  /// What is to be done after something happened.
  struct Steps {
    var told: [(asker: AskerID, answer: Answer)] = []
    /// Each needs a thread now.
    var begun: [Name] = []
  }

  private struct Asker {
    let name: Name
    let half: MonotonicInstant
    let end: MonotonicInstant
    let mayRemember: Bool
  }

  private struct Entry {
    var askers: Set<AskerID> = []
    var isInLine = false
    /// The number of the look-up under way.
    var running: UInt64?
    var isSuspect = false
    /// Of the look-up under way.
    var wasSlow = false
    var lastGood: (addresses: [String], at: MonotonicInstant)?
    var askedAt: MonotonicInstant
  }

  private enum Due {
    case half(AskerID)
    case end(AskerID)
    case slow(Name, run: UInt64)
  }

  private let limits: Limits
  private var entries: [Name: Entry] = [:]
  private var askers: [AskerID: Asker] = [:]
  private var lines = [Line(), Line()]
  private var dues = MomentHeap<Due>()
  private var suspectsRunning = 0
  private var lastRun: UInt64 = 0
  private var counts = HostResolver.Statistics()

  init(_ limits: Limits = Limits()) {
    self.limits = limits
  }

  /// When ``proceed(_:)`` is to be called at the latest; nil: nothing is due.
  var nextDue: MonotonicInstant? { dues.earliest }

  var statistics: HostResolver.Statistics {
    var now = counts
    for entry in entries.values {
      if entry.isInLine, !entry.askers.isEmpty { now.waiting += 1 }
      if entry.isSuspect { now.suspects += 1 }
    }
    return now
  }

  /// Never more than the limit and those in use.
  var knownNames: Int { entries.count }

  // MARK: What happens

  /// nil: `asker` is told in one of the next steps; else the answer, and it is not heard of again.
  mutating func ask(
    _ name: Name, as asker: AskerID, timeout: Duration, mayRemember: Bool, now: MonotonicInstant
  ) -> Answer? {
    guard askers.count < limits.askers else {
      if mayRemember, let entry = entries[name], let addresses = remembered(entry, now) {
        return .success(addresses)
      }
      counts.notBegun += 1
      return .failure(HTTPFailure(.limit, "\(limits.askers) askers already wait for look-ups of names"))
    }
    if entries[name] == nil, entries.count >= limits.names { forget() }
    let timeout = max(timeout, .milliseconds(2))
    askers[asker] = Asker(name: name, half: now + timeout / 2, end: now + timeout, mayRemember: mayRemember)
    dues.insert(.half(asker), at: now + timeout / 2)
    var entry = entries[name] ?? Entry(askedAt: now)
    if !entry.askers.isEmpty { counts.shared += 1 }
    entry.askers.insert(asker)
    entry.askedAt = now
    if entry.running == nil, !entry.isInLine {
      entry.isInLine = true
      lines[entry.isSuspect ? 1 : 0].append(name)
    }
    entries[name] = entry
    return nil
  }

  /// The look-up is over, and its thread free.
  mutating func ended(_ name: Name, _ answer: Answer, now: MonotonicInstant) -> Steps {
    var steps = Steps()
    overdue(now, &steps)
    if var entry = entries[name], entry.running != nil {
      release(&entry)
      for asker in entry.askers.sorted() { tell(asker, answer, &steps) }
      entry.askers = []
      if case .success(let addresses) = answer { entry.lastGood = (addresses, now) }
      entries[name] = entry
    }
    begin(now, &steps)
    return steps
  }

  /// The system gave no thread for the look-up: it says nothing about the name.
  mutating func refused(_ name: Name, _ reason: String, now: MonotonicInstant) -> Steps {
    var steps = Steps()
    guard var entry = entries[name], entry.running != nil else { return steps }
    let wasSuspect = entry.isSuspect
    release(&entry)
    entry.isSuspect = wasSuspect
    for asker in entry.askers.sorted() {
      if askers[asker]?.mayRemember == true, let addresses = remembered(entry, now) {
        tell(asker, .success(addresses), &steps)
      } else {
        counts.notBegun += 1
        tell(asker, .failure(HTTPFailure(.limit, reason)), &steps)
      }
    }
    entry.askers = []
    entries[name] = entry
    // Nothing else is begun: it would meet the same refusal.
    return steps
  }

  mutating func proceed(_ now: MonotonicInstant) -> Steps {
    var steps = Steps()
    overdue(now, &steps)
    begin(now, &steps)
    return steps
  }

  // MARK: Decisions

  private mutating func begin(_ now: MonotonicInstant, _ steps: inout Steps) {
    while counts.running < limits.threads, let name = next(), var entry = entries[name] {
      lastRun &+= 1
      entry.running = lastRun
      counts.running += 1
      counts.mostRunning = max(counts.mostRunning, counts.running)
      counts.begun += 1
      if entry.isSuspect { suspectsRunning += 1 }
      entries[name] = entry
      dues.insert(.slow(name, run: lastRun), at: now + limits.slow)
      steps.begun.append(name)
    }
  }

  private mutating func next() -> Name? {
    let maySuspect = suspectsRunning < max(1, limits.threads / 2)
    let order = suspectsRunning == 0 ? [1, 0] : maySuspect ? [0, 1] : [0]
    for which in order {
      while let name = lines[which].removeFirst() {
        entries[name]?.isInLine = false
        // Those who asked may have been told meanwhile.
        if entries[name]?.askers.isEmpty == false { return name }
      }
    }
    return nil
  }

  private mutating func release(_ entry: inout Entry) {
    entry.running = nil
    counts.running -= 1
    if entry.isSuspect { suspectsRunning -= 1 }
    // What was too slow was marked while it ran, and marked it stays until a look-up is quick.
    entry.isSuspect = entry.isSuspect && entry.wasSlow
    entry.wasSlow = false
  }

  private mutating func overdue(_ now: MonotonicInstant, _ steps: inout Steps) {
    while let moment = dues.earliest, moment <= now, let due = dues.removeEarliest() {
      switch due {
      case .slow(let name, let run): if entries[name]?.running == run { suspect(name) }
      case .half(let id): halfIsOver(id, now, &steps)
      case .end(let id):
        guard let asker = askers[id] else { continue }
        counts.timedOut += 1
        suspect(asker.name)
        leave(id, asker)
        tell(
          id, .failure(HTTPFailure(.timeout, "no resolver answered for \(asker.name.host) in time")), &steps)
      }
    }
  }

  private mutating func halfIsOver(_ id: AskerID, _ now: MonotonicInstant, _ steps: inout Steps) {
    guard let asker = askers[id], let entry = entries[asker.name] else { return }
    if asker.mayRemember, let addresses = remembered(entry, now) {
      leave(id, asker)
      tell(id, .success(addresses), &steps)
    } else if entry.running != nil {
      dues.insert(.end(id), at: asker.end)
    } else {
      counts.notBegun += 1
      leave(id, asker)
      let reason = "none of the \(limits.threads) threads that look up names was free in time"
      tell(id, .failure(HTTPFailure(.limit, reason)), &steps)
    }
  }

  /// Counts the use.
  private mutating func remembered(_ entry: Entry, _ now: MonotonicInstant) -> [String]? {
    guard let (addresses, at) = entry.lastGood, now - at <= limits.memory else { return nil }
    counts.remembered += 1
    return addresses
  }

  /// While it is under way the name holds a suspect's thread from now on.
  private mutating func suspect(_ name: Name) {
    guard var entry = entries[name] else { return }
    if !entry.isSuspect, entry.running != nil { suspectsRunning += 1 }
    entry.isSuspect = true
    entry.wasSlow = true
    entries[name] = entry
  }

  private mutating func leave(_ id: AskerID, _ asker: Asker) { entries[asker.name]?.askers.remove(id) }

  private mutating func tell(_ id: AskerID, _ answer: Answer, _ steps: inout Steps) {
    guard askers.removeValue(forKey: id) != nil else { return }
    steps.told.append((id, answer))
  }

  /// Makes room: a quarter of what is remembered goes, the longest unasked first; what is in use stays.
  private mutating func forget() {
    let idle = entries.filter { $0.value.running == nil && !$0.value.isInLine && $0.value.askers.isEmpty }
    let oldest = idle.sorted { $0.value.askedAt < $1.value.askedAt }.prefix(max(1, limits.names / 4))
    for (name, _) in oldest { entries[name] = nil }
  }

  /// First in, first out, at constant cost.
  private struct Line {
    private var items: [Name] = []
    private var head = 0

    mutating func append(_ name: Name) { items.append(name) }

    mutating func removeFirst() -> Name? {
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
