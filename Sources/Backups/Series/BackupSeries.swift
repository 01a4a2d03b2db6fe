package import Collecting
package import Model

/// Why a present file is no good backup: a bounded set, because it becomes a label value.
package enum BackupRejection: String, Sendable, CaseIterable, Hashable {
  /// Not a regular file, or a link that leads out of the directory.
  case notAFile = "not_a_file"
  /// The name does not hold a time in the configured format, or is not UTF-8.
  case name = "bad_name"
  case empty
  case tooSmall = "too_small"
  case settling
  case future
  case sizeRatio = "size_ratio"
  case unreadable
  case truncated
  case corrupt
  case noTrailer = "no_trailer"
  /// Not encrypted, where it must be.
  case unencrypted
  /// Not verified: decompressed, it exceeds the configured limit.
  case limit
  /// A member that a backup of several objects must have is not there.
  case membersMissing = "members_missing"
}

/// What is known about the content of a file.
package enum BackupContent: Hashable, Sendable {
  case unverified
  case good
  case bad(BackupRejection)
}

/// One file as the directory shows it, and what is known of its content.
package struct BackupFile: Hashable, Sendable {
  package var name: String
  package var size: UInt64
  package var modified: Timestamp
  /// When this size and modification time were first seen.
  package var firstSeen: Timestamp
  package var content: BackupContent

  package init(
    name: String, size: UInt64, modified: Timestamp, firstSeen: Timestamp,
    content: BackupContent = .unverified
  ) {
    self.name = name
    self.size = size
    self.modified = modified
    self.firstSeen = firstSeen
    self.content = content
  }
}

/// What the files of one series amount to. Unknown is nil.
package struct BackupAssessment: Sendable, Equatable {
  package var lastSuccess: Timestamp?
  package var lastSize: UInt64?
  package var sizeRatio: Double?
  package var lastAttempt: Timestamp?
  package var oldestRestorable: Timestamp?
  package var retained = 0
  package var unverified = 0
  package var totalSize: UInt64 = 0
  package var gaps = 0
  package var timeDisagreements = 0
  package var clockSkew = Duration.zero
  /// Why a file does not count, by its place in `files`.
  package var rejections: [Int: BackupRejection] = [:]
  /// Places in `files` whose content has to be verified to find the newest good one, newest first.
  package var wanted: [Int] = []
  /// Older ones that were not verified yet, newest first.
  package var older: [Int] = []

  package init() {}

  package func count(_ reason: BackupRejection) -> Int { rejections.values.count { $0 == reason } }
}

/// The judgement over a series of backup files: no clock, no files, only values.
package enum BackupSeries {
  /// Clocks of file servers may be this far ahead before it counts as the future.
  private static let skewAllowed = Duration.seconds(120)

  /// Judges `files` (in any order) as they are at `now`.
  ///
  /// A file's time is the older of name and modification: copies rewrite the one, wrong clocks write the other. A file
  /// counts as retained when nothing is known against it; as the last success only when its content is verified.
  package static func assess(
    _ files: [BackupFile], _ basics: BackupBasics, _ naming: BackupNaming, now: Timestamp
  ) -> BackupAssessment {
    var result = BackupAssessment()
    var candidates: [(place: Int, time: Timestamp)] = []
    let tolerance = basics.timeTolerance ?? basics.every
    for (place, file) in files.enumerated() {
      let named = nameTime(file.name, naming)
      let time = judgedTime(file, named)
      if file.content != .bad(.notAFile) { result.totalSize += file.size }
      let latest = max(file.modified, named?.start ?? file.modified)
      if latest > now + skewAllowed { result.clockSkew = max(result.clockSkew, latest - now) }
      if let named, distance(file.modified, named) > tolerance { result.timeDisagreements += 1 }
      let rejection = rejection(file, time, named, basics, naming, now)
      if file.content != .bad(.notAFile), rejection != .name, rejection != .future {
        result.lastAttempt = max(result.lastAttempt ?? time, time)
      }
      if let rejection {
        result.rejections[place] = rejection
      } else {
        candidates.append((place, time))
      }
    }
    // Equal times in the order of names, so that the same files always give the same answer.
    candidates.sort { ($0.time, files[$0.place].name) < ($1.time, files[$1.place].name) }
    let retained = judgeSizes(candidates, files, basics, naming, &result)
    summarise(retained, files, basics, naming, now, &result)
    return result
  }

  /// What speaks against one file, seen alone.
  static func rejection(
    _ file: BackupFile, _ time: Timestamp, _ named: BackupNameTime?, _ basics: BackupBasics,
    _ naming: BackupNaming,
    _ now: Timestamp
  ) -> BackupRejection? {
    if case .bad(let known) = file.content, [.notAFile, .name, .unreadable].contains(known) { return known }
    if naming.timeFormat != nil, named == nil { return .name }
    let unchanged = max(now - file.modified, now - file.firstSeen)
    // First: a file that is being written is small, cut and without trailer by right.
    if unchanged < basics.settle { return .settling }
    if time > now + skewAllowed { return .future }
    if file.size == 0 { return .empty }
    if file.size < basics.minimumSize { return .tooSmall }
    if case .bad(let known) = file.content { return known }
    return nil
  }

  static func nameTime(_ name: String, _ naming: BackupNaming) -> BackupNameTime? {
    let found = naming.timeFormat.map { $0.find(in: name) } ?? BackupTimeFormat.guess(in: name)
    return found.map {
      BackupNameTime(start: $0.start - naming.offset, end: $0.end - naming.offset)
    }
  }

  /// The older of the two; where the name gives a whole day, the modification time inside of it.
  static func judgedTime(_ file: BackupFile, _ named: BackupNameTime?) -> Timestamp {
    guard let named, file.modified >= named.end else { return file.modified }
    return named.start
  }

  static func distance(_ moment: Timestamp, _ span: BackupNameTime) -> Duration {
    max(span.start - moment, moment - span.end, .zero)
  }

  /// Compares each candidate, oldest first, with the median of those before it.
  ///
  /// One that is out of range still enters the history: after a lasting change of size the median follows within half
  /// its length, and the series heals by itself.
  private static func judgeSizes(
    _ candidates: [(place: Int, time: Timestamp)], _ files: [BackupFile], _ basics: BackupBasics,
    _ naming: BackupNaming,
    _ result: inout BackupAssessment
  ) -> [(place: Int, time: Timestamp, ratio: Double?)] {
    var history: [UInt64] = []
    var retained: [(place: Int, time: Timestamp, ratio: Double?)] = []
    for candidate in candidates {
      let size = files[candidate.place].size
      let ratio = median(history.suffix(max(1, basics.medianOf))).map { Double(size) / $0 }
      // Two sizes are no history to reject by.
      if let ratio, let range = basics.sizeRatio, history.count >= 3, !range.contains(ratio) {
        result.rejections[candidate.place] = .sizeRatio
      } else {
        retained.append((candidate.place, candidate.time, ratio))
      }
      history.append(size)
    }
    return retained
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

  private static func summarise(
    _ retained: [(place: Int, time: Timestamp, ratio: Double?)], _ files: [BackupFile],
    _ basics: BackupBasics, _ naming: BackupNaming, _ now: Timestamp, _ result: inout BackupAssessment
  ) {
    result.retained = retained.count
    result.oldestRestorable = retained.first?.time
    for entry in retained.reversed() {
      if files[entry.place].content == .good {
        guard result.lastSuccess == nil else { continue }
        result.lastSuccess = entry.time
        result.lastSize = files[entry.place].size
        result.sizeRatio = entry.ratio
      } else {
        result.unverified += 1
        if result.lastSuccess == nil {
          result.wanted.append(entry.place)
        } else {
          result.older.append(entry.place)
        }
      }
    }
    let windowStart = now - (basics.gapWindow ?? basics.every * 7)
    for (earlier, later) in zip(retained, retained.dropFirst()) where later.time >= windowStart {
      if later.time - earlier.time > basics.every * 3 / 2 { result.gaps += 1 }
    }
  }
}
