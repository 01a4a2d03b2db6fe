internal import Collecting
internal import Model

/// Why a backup that a tool lists is no good one: a bounded set, because it becomes a label value.
enum SnapshotRejection: String, Sendable, CaseIterable {
  /// Being made, or left over from an attempt that died.
  case unfinished
  /// The tool says that making it failed, or that part of it is missing.
  case failed
  /// The tool found damage in what it saved.
  case damaged
  /// One that it builds on is not there.
  case incompleteChain = "incomplete_chain"
  /// Write-ahead log that makes it consistent is not there.
  case walMissing = "wal_missing"
  /// The tool lists that it is there, and cannot read what it is.
  case unreadable
  /// Past the time at which the tool deletes it: it may be gone when it is needed.
  case expired
  case future
  case empty
  case tooSmall = "too_small"
  case sizeRatio = "size_ratio"
}

/// One backup as its tool tells of it.
struct ToolSnapshot: Hashable, Sendable {
  /// The tool's name for it, unique in the repository.
  var id: String
  /// The moment whose content it has at the latest known for sure.
  var time: Timestamp
  /// Of what was saved; nil where the tool does not tell.
  var size: UInt64?
  /// Bytes that it takes up in the repository, beyond those of others.
  var stored: UInt64?
  /// Sizes are compared within one kind: `full`, `incr` …; "" where the tool has but one.
  var kind = ""
  /// Whether it needs no other one.
  var isFull = true
  /// What it builds on.
  var needs: [String] = []
  var rejection: SnapshotRejection?

  init(id: String, time: Timestamp) {
    self.id = id
    self.time = time
  }
}

/// What the backups of one job amount to. Unknown is nil.
struct SnapshotAssessment: Sendable, Equatable {
  var lastSuccess: Timestamp?
  var lastFull: Timestamp?
  var lastSize: UInt64?
  var sizeRatio: Double?
  var lastAttempt: Timestamp?
  var oldestRestorable: Timestamp?
  /// nil when nothing tells a size.
  var totalSize: UInt64?
  var gaps = 0
  var clockSkew = Duration.zero
  /// The good ones, oldest first.
  var good: [ToolSnapshot] = []
  var rejections: [String: SnapshotRejection] = [:]

  func count(_ reason: SnapshotRejection) -> Int { rejections.values.count { $0 == reason } }
}

/// The judgement over what a tool lists: no clock, no programs, only values.
enum SnapshotSeries {
  /// Clocks of the machines that make backups may be this far ahead before it counts as the future.
  private static let skewAllowed = Duration.seconds(120)

  static func assess(
    _ snapshots: [ToolSnapshot], _ basics: BackupBasics, now: Timestamp
  ) -> SnapshotAssessment {
    var result = SnapshotAssessment()
    var candidates: [ToolSnapshot] = []
    var byID: [String: ToolSnapshot] = [:]
    for snapshot in snapshots { byID[snapshot.id] = snapshot }
    // Oldest first: what one builds on is judged before it. Equal times in the order of names, so that the same list
    // always gives the same answer.
    for snapshot in snapshots.sorted(by: { ($0.time, $0.id) < ($1.time, $1.id) }) {
      if let stored = snapshot.stored ?? snapshot.size {
        let sum = (result.totalSize ?? 0).addingReportingOverflow(stored)
        result.totalSize = sum.overflow ? .max : sum.partialValue
      }
      if snapshot.time > now + skewAllowed {
        result.clockSkew = max(result.clockSkew, snapshot.time - now)
      } else {
        result.lastAttempt = max(result.lastAttempt ?? snapshot.time, snapshot.time)
      }
      if let rejection = rejection(snapshot, basics, byID, result.rejections, now) {
        result.rejections[snapshot.id] = rejection
      } else {
        candidates.append(snapshot)
      }
    }
    let ratios = judgeSizes(&candidates, basics, &result)
    result.good = candidates
    if let newest = candidates.last {
      result.lastSuccess = newest.time
      result.lastSize = newest.size
      result.sizeRatio = ratios[newest.id]
    }
    result.lastFull = candidates.last(where: \.isFull)?.time
    result.oldestRestorable = candidates.first?.time
    let windowStart = now - (basics.gapWindow ?? basics.every * 7)
    for (earlier, later) in zip(candidates, candidates.dropFirst()) where later.time >= windowStart {
      if later.time - earlier.time > basics.every * 3 / 2 { result.gaps += 1 }
    }
    return result
  }

  private static func rejection(
    _ snapshot: ToolSnapshot, _ basics: BackupBasics, _ byID: [String: ToolSnapshot],
    _ rejections: [String: SnapshotRejection], _ now: Timestamp
  ) -> SnapshotRejection? {
    if let known = snapshot.rejection { return known }
    if snapshot.time > now + skewAllowed { return .future }
    if let size = snapshot.size {
      if size == 0 { return .empty }
      if size < basics.minimumSize { return .tooSmall }
    }
    // What is wrong with one that it builds on is wrong with it.
    let isBroken = snapshot.needs.contains { needed in
      guard let found = byID[needed] else { return true }
      let known = rejections[needed] ?? found.rejection
      return known != nil && known != .expired
    }
    return isBroken ? .incompleteChain : nil
  }

  /// Compares each, oldest first, with the median of those of its kind before it, and takes out what is out of range.
  /// That still enters the history: after a lasting change of size the series heals by itself.
  private static func judgeSizes(
    _ candidates: inout [ToolSnapshot], _ basics: BackupBasics, _ result: inout SnapshotAssessment
  ) -> [String: Double] {
    var history: [String: [UInt64]] = [:]
    var ratios: [String: Double] = [:]
    candidates.removeAll { snapshot in
      guard let size = snapshot.size else { return false }
      let before = history[snapshot.kind] ?? []
      history[snapshot.kind, default: []].append(size)
      guard let median = median(before.suffix(max(1, basics.medianOf))) else { return false }
      let ratio = Double(size) / median
      ratios[snapshot.id] = ratio
      // Two sizes are no history to reject by.
      guard let range = basics.sizeRatio, before.count >= 3, !range.contains(ratio) else { return false }
      result.rejections[snapshot.id] = .sizeRatio
      return true
    }
    return ratios
  }

  private static func median(_ sizes: ArraySlice<UInt64>) -> Double? {
    guard !sizes.isEmpty else { return nil }
    let sorted = sizes.sorted()
    let middle = sorted.count / 2
    let value =
      sorted.count % 2 == 1
      ? Double(sorted[middle]) : (Double(sorted[middle - 1]) + Double(sorted[middle])) / 2
    return value > 0 ? value : nil
  }
}
