internal import Collecting
internal import Model

/// What a listing amounts to, in memory that does not grow with it: the newest backups one by one, and of those before
/// them no more than numbers.
struct ObjectTally: Sendable {
  struct Seen: Sendable {
    var unit: BackupUnit
    /// What the judgement goes by: the older of name and modification.
    var time: Timestamp
  }

  /// The backups that were let go: the oldest.
  struct Folded: Sendable, Equatable {
    var retained = 0
    var bytes: UInt64 = 0
    var oldest: Timestamp?
    var rejections: [BackupRejection: Int] = [:]
    var disagreements = 0
    var archived = 0
    var count: Int { retained + rejections.values.reduce(0, +) }
    /// The greatest object name among them, and how many entries were listed up to it.
    var lastObject: String?
    var entries = 0
  }

  /// In no order before ``seal(now:)``, then by time.
  private(set) var window: [Seen] = []
  private(set) var folded = Folded()
  /// All that was listed, matching or not.
  var entries = 0
  var uncommitted = 0
  private let basics: BackupBasics
  private let naming: BackupNaming
  private let capacity: Int

  init(_ basics: BackupBasics, _ naming: BackupNaming, capacity: Int) {
    self.basics = basics
    self.naming = naming
    self.capacity = max(1, capacity)
    window.reserveCapacity(2 * self.capacity)
  }

  /// To go on behind ``resumeAfter``: what was folded stays, the newest are listed again.
  func continued() -> ObjectTally {
    var next = ObjectTally(basics, naming, capacity: capacity)
    next.folded = folded
    next.entries = folded.entries
    return next
  }

  mutating func add(_ unit: BackupUnit, now: Timestamp) {
    // A straggler of a backup that was counted already.
    if let last = folded.lastObject, byteOrder(unit.lastObject, last) { return fold(unit, now) }
    let named = BackupSeries.nameTime(unit.name, naming)
    window.append(Seen(unit: unit, time: BackupSeries.judgedTime(file(unit, now), named)))
    if window.count >= 2 * capacity { trim(now) }
  }

  /// All backups, good or not.
  var count: Int { window.count + folded.count }

  mutating func seal(now: Timestamp) { trim(now) }

  /// The name behind which everything is in the window or new. nil when names do not sort by time, so that a new
  /// backup may come under any name, or when there is nothing to save.
  var resumeAfter: String? {
    guard let last = folded.lastObject else { return nil }
    return window.allSatisfy { byteOrder(last, $0.unit.lastObject) } ? last : nil
  }

  private mutating func trim(_ now: Timestamp) {
    window.sort { ($0.time, $0.unit.name) < ($1.time, $1.unit.name) }
    guard window.count > capacity else { return }
    for seen in window.prefix(window.count - capacity) { fold(seen.unit, now) }
    window.removeFirst(window.count - capacity)
  }

  private mutating func fold(_ unit: BackupUnit, _ now: Timestamp) {
    let file = file(unit, now)
    let named = BackupSeries.nameTime(unit.name, naming)
    let time = BackupSeries.judgedTime(file, named)
    let (sum, overflow) = folded.bytes.addingReportingOverflow(unit.size)
    folded.bytes = overflow ? .max : sum
    if let named, BackupSeries.distance(file.modified, named) > basics.timeTolerance ?? basics.every {
      folded.disagreements += 1
    }
    if let rejection = BackupSeries.rejection(file, time, named, basics, naming, now) {
      folded.rejections[rejection, default: 0] += 1
    } else {
      folded.retained += 1
      folded.oldest = min(folded.oldest ?? time, time)
      if unit.isArchived { folded.archived += 1 }
    }
    if folded.lastObject.map({ byteOrder($0, unit.lastObject) }) ?? true {
      folded.lastObject = unit.lastObject
      folded.entries = max(folded.entries, unit.ordinal)
    }
  }

  private func file(_ unit: BackupUnit, _ now: Timestamp) -> BackupFile {
    BackupFile(
      name: unit.name, size: unit.size, modified: unit.modified, firstSeen: now,
      content: unit.isComplete ? .unverified : .bad(.membersMissing))
  }
}
