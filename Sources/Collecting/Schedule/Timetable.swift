package import Model

/// Decides which collector runs when. Pure: time comes in with every call.
///
/// - Each target has a slot of its own, `hash(kind, name) mod interval` on monotonic time, so that many targets with one
///   interval are spread evenly over it and stay there.
/// - The first run comes early: within 2 s (or the interval), spread as well.
/// - A target never runs twice at a time. A slot that comes while it still runs is counted and left out, never queued.
/// - All operations cost O(log n), except ``replace(with:now:)``.
package struct Timetable: Sendable {
  package struct Target: Hashable, Sendable {
    package var kind: String
    package var name: String
    package var interval: Duration

    package init(kind: String, name: String, interval: Duration) {
      self.kind = kind
      self.name = name
      self.interval = interval
    }

    package init(_ description: CollectorDescription) {
      self.init(kind: description.kind, name: description.name, interval: description.interval)
    }
  }

  /// Names a target for the life of the timetable; never given to another.
  package struct TargetID: Hashable, Sendable {
    fileprivate let raw: Int
  }

  private struct Entry {
    var target: Target
    var due: MonotonicInstant
    var isRunning = false
    var overruns: UInt64 = 0
  }

  private struct Key: Hashable {
    let kind: String
    let name: String
  }

  private var entries: [TargetID: Entry] = [:]
  private var identities: [Key: TargetID] = [:]
  private var nextRaw = 0
  /// May hold outdated items: one counts only if its time is still the entry's.
  private var heap = MomentHeap<Int>()
  private var longestDelay = Duration.zero
  private static let firstRunWithin = Duration.seconds(2)
  private static let shortestInterval = Duration.milliseconds(1)

  package init() {}

  /// Makes `targets` (unique by kind and name) the whole timetable and returns their identities in the same order.
  /// A target that was there before keeps its identity, what runs, and, if its interval stayed, its slot.
  package mutating func replace(with targets: [Target], now: MonotonicInstant) -> [TargetID] {
    var kept: [TargetID: Entry] = [:]
    var keptIdentities: [Key: TargetID] = [:]
    let ids = targets.map { target in
      let key = Key(kind: target.kind, name: target.name)
      let known = identities[key] ?? keptIdentities[key]
      let id = known ?? TargetID(raw: nextRaw)
      if known == nil { nextRaw += 1 }
      keptIdentities[key] = id
      if var entry = entries[id] {
        if entry.target.interval != target.interval {
          entry.due = Self.firstRun(of: target, now)
          entry.target = target
        }
        kept[id] = entry
      } else {
        kept[id] = Entry(target: target, due: Self.firstRun(of: target, now))
      }
      return id
    }
    entries = kept
    identities = keptIdentities
    heap = MomentHeap<Int>()
    for (id, entry) in entries { heap.insert(id.raw, at: entry.due) }
    return ids
  }

  /// The targets to start now, most overdue first; each counts as running until ``finished(_:)``.
  package mutating func due(_ now: MonotonicInstant) -> [TargetID] {
    var result: [TargetID] = []
    while let moment = heap.earliest, moment <= now, let raw = heap.removeEarliest() {
      let id = TargetID(raw: raw)
      guard var entry = entries[id], entry.due == moment else { continue }
      if entry.isRunning {
        entry.overruns += 1
      } else {
        entry.isRunning = true
        longestDelay = max(longestDelay, now - moment)
        result.append(id)
      }
      entry.due = Self.slot(of: entry.target, after: now)
      entries[id] = entry
      heap.insert(raw, at: entry.due)
    }
    return result
  }

  /// The run of `id` is over. Ignored for a target that is gone.
  package mutating func finished(_ id: TargetID) { entries[id]?.isRunning = false }

  /// Wants one run at `moment` if the next slot is later; the slots after it stay as they are.
  package mutating func requestSoon(_ id: TargetID, at moment: MonotonicInstant) {
    guard var entry = entries[id], moment < entry.due else { return }
    entry.due = moment
    entries[id] = entry
    heap.insert(id.raw, at: moment)
    // Requests leave outdated items behind; they must not pile up.
    if heap.count > 64 + 4 * entries.count {
      heap = MomentHeap<Int>()
      for (id, entry) in entries { heap.insert(id.raw, at: entry.due) }
    }
  }

  /// When to call ``due(_:)`` next; it may turn out to be too early, never too late.
  package var nextDeadline: MonotonicInstant? { heap.earliest }

  /// Slots left out because the last run had not ended.
  package func overruns(_ id: TargetID) -> UInt64 { entries[id]?.overruns ?? 0 }

  /// By how much the most belated start since the last call came after its time.
  package mutating func takeLongestDelay() -> Duration {
    defer { longestDelay = .zero }
    return longestDelay
  }

  package func isRunning(_ id: TargetID) -> Bool { entries[id]?.isRunning ?? false }

  private static func firstRun(of target: Target, _ now: MonotonicInstant) -> MonotonicInstant {
    let span = UInt64(max(min(target.interval, firstRunWithin), shortestInterval).nanoseconds)
    return now + .nanoseconds(Int64(hash(target) % span))
  }

  /// The first slot that is at least half an interval away: the run just started is not repeated at once.
  private static func slot(of target: Target, after now: MonotonicInstant) -> MonotonicInstant {
    let interval = max(target.interval, shortestInterval).nanoseconds
    // Targets start in small groups: one waking of the threads serves them all. A hundredth of the interval, and 50 ms
    // at most, is nothing to a schedule and most of its cost.
    let group = max(1, min(interval / 100, 50_000_000))
    let phase = Int64(hash(target) % UInt64(interval)) / group * group
    let earliest = now.nanoseconds + interval / 2
    let (quotient, rest) = (earliest - phase).quotientAndRemainder(dividingBy: interval)
    let rounds = rest > 0 ? quotient + 1 : quotient
    return MonotonicInstant(nanoseconds: rounds * interval + phase)
  }

  /// FNV-1a over kind, 0xff, name, then mixed (FNV's low bits alone spread short names badly): the same in every
  /// process, so a restart finds the same slots.
  private static func hash(_ target: Target) -> UInt64 {
    var hash: UInt64 = 14_695_981_039_346_656_037
    func add(_ byte: UInt8) {
      hash ^= UInt64(byte)
      hash = hash &* 1_099_511_628_211
    }
    for byte in target.kind.utf8 { add(byte) }
    add(0xff)
    for byte in target.name.utf8 { add(byte) }
    hash = (hash ^ (hash >> 33)) &* 0xff51_afd7_ed55_8ccd
    hash = (hash ^ (hash >> 33)) &* 0xc4ce_b9fe_1a85_ec53
    return hash ^ (hash >> 33)
  }
}
