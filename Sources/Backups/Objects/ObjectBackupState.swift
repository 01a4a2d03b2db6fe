internal import Collecting
internal import Model
internal import ObjectStores

/// What is known of the backups of one job between two collections, and what follows from it. No clock, no network.
struct ObjectBackupState {
  /// A question beside the listing, whose answer is left out when the store gives none.
  enum Question: String, CaseIterable {
    case incompleteUploads = "incomplete_uploads"
    case restoreMarker = "restore_marker"
    case protection
  }

  private struct Remembered {
    var firstSeen: Timestamp
    var content: BackupContent
  }

  /// Names kept for people.
  private static let namesLimit = 50

  private let settings: ObjectBackupSettings
  private var memory: [String: Remembered] = [:]
  private var tally: ObjectTally?
  private var listedAt: Timestamp?
  private var fullyListedAt: Timestamp?
  private var fullDue: MonotonicInstant?
  private var clockOffset: Duration?
  private var lastSuccess: Timestamp?
  private var lastArchived = false
  private var uploads: IncompleteUploads?
  private var restoreTested: Timestamp?
  private var protection: StoreProtection?
  private var failed: [Question: Bool] = [:]
  private var verified = 0
  private var bad = 0
  private(set) var rejectedNames: [(name: String, reason: BackupRejection)] = []
  var pages = 0
  var readBytes: UInt64 = 0

  init(_ settings: ObjectBackupSettings) { self.settings = settings }

  /// A full listing, or one that goes on behind what is known already.
  func listing(inOrder: Bool, now: MonotonicInstant) -> ObjectListing {
    guard inOrder, let tally, let fullDue, now < fullDue else { return ObjectListing(settings) }
    return ObjectListing(settings, after: tally)
  }

  mutating func listed(
    _ tally: ObjectTally, _ listing: ObjectListing, at now: Timestamp, _ instant: MonotonicInstant
  ) {
    if listing.isFull {
      fullyListedAt = now
      fullDue = settings.fullListingEvery.map { instant + $0 }
    } else if let before = self.tally, tally.count < before.count {
      // Some of the newest are gone. What else is must be known at once: this may be an attack.
      fullDue = nil
    }
    self.tally = tally
    listedAt = now
    clockOffset = listing.clockOffset
    var kept: [String: Remembered] = [:]
    kept.reserveCapacity(tally.window.count)
    for seen in tally.window {
      var known = memory[seen.unit.key] ?? Remembered(firstSeen: now, content: .unverified)
      if !settings.verify.isNeeded { known.content = .good }
      if !seen.unit.isComplete { known.content = .bad(.membersMissing) }
      // Permission can be given without changing the object.
      if known.content == .bad(.unreadable) { known.content = .unverified }
      kept[seen.unit.key] = known
    }
    memory = kept
  }

  /// What to read: until the newest good one is found, and then older ones. Newest first.
  func unverified(at now: Timestamp) -> (wanted: [BackupUnit], older: [BackupUnit]) {
    guard let tally, settings.verify.isNeeded else { return ([], []) }
    let assessment = assess(tally, now)
    let readable = { (place: Int) -> BackupUnit? in
      let unit = tally.window[place].unit
      return unit.isArchived || unit.content == nil ? nil : unit
    }
    return (assessment.wanted.compactMap(readable), assessment.older.compactMap(readable))
  }

  func isUnverified(_ unit: BackupUnit) -> Bool { memory[unit.key]?.content == .unverified }

  mutating func learnt(_ content: BackupContent, of unit: BackupUnit) {
    guard memory[unit.key] != nil else { return }
    memory[unit.key]?.content = content
    if content == .good { verified += 1 } else if content != .bad(.unreadable) { bad += 1 }
  }

  mutating func answered(_ uploads: IncompleteUploads?) {
    self.uploads = uploads
    failed[.incompleteUploads] = false
  }

  /// nil: the marker is not there.
  mutating func answered(restoreTested: Timestamp?) {
    self.restoreTested = restoreTested
    failed[.restoreMarker] = false
  }

  mutating func answered(_ protection: StoreProtection?) {
    self.protection = protection
    failed[.protection] = false
  }

  mutating func unanswered(_ question: Question) {
    failed[question] = true
    if question == .protection { protection = nil }
    if question == .incompleteUploads { uploads = nil }
  }

  // MARK: - Readings

  /// What can be said without having seen the store: a success that was seen stays true, and keeps ageing.
  var absence: [Reading] {
    var readings = [Reading(BackupFamilies.up, false), objective]
    if let lastSuccess { readings.append(Reading(BackupFamilies.lastSuccess, lastSuccess.seconds)) }
    if let restoreTested { readings.append(Reading(BackupFamilies.restoreTested, restoreTested.seconds)) }
    return readings
  }

  private var objective: Reading {
    Reading(BackupFamilies.objectiveAge, settings.basics.objectiveAge.inSeconds)
  }

  /// What the last complete listing amounts to at `now`.
  mutating func readings(at now: Timestamp) -> [Reading] {
    var readings = [Reading(BackupFamilies.up, true), objective]
    func add(_ family: MetricFamily, _ value: Double?) {
      if let value { readings.append(Reading(family, value)) }
    }
    add(BackupFamilies.pages, Double(pages))
    add(BackupFamilies.readBytes, Double(readBytes))
    add(BackupFamilies.verifiedFiles, Double(verified))
    add(BackupFamilies.failedFiles, Double(bad))
    add(BackupFamilies.storeClockOffset, clockOffset?.inSeconds)
    add(BackupFamilies.listed, listedAt?.seconds)
    add(BackupFamilies.fullyListed, fullyListedAt?.seconds)
    add(BackupFamilies.restoreTested, restoreTested?.seconds)
    add(BackupFamilies.incompleteUploads, uploads.map { Double($0.count) })
    add(BackupFamilies.oldestIncompleteUpload, uploads?.oldest?.seconds)
    if let protection { readings += told(protection) }
    for question in Question.allCases {
      guard let failed = failed[question] else { continue }
      readings.append(Reading(BackupFamilies.questionFailed, failed, labels: ["question": question.rawValue]))
    }
    if let tally { readings += judged(tally, now) }
    // After the judgement, which finds it.
    if let lastSuccess {
      readings.append(Reading(BackupFamilies.lastSuccess, lastSuccess.seconds))
      readings.append(Reading(BackupFamilies.lastArchived, lastArchived))
    }
    return readings
  }

  private func told(_ protection: StoreProtection) -> [Reading] {
    var readings: [Reading] = []
    if settings.expectsVersioning {
      readings.append(Reading(BackupFamilies.versioningEnabled, protection.versioning == .enabled))
    }
    if settings.expectsObjectLock {
      readings.append(Reading(BackupFamilies.objectLockEnabled, protection.hasObjectLock))
      readings.append(
        Reading(
          BackupFamilies.defaultRetention, protection.retention?.period.inSeconds ?? 0,
          labels: ["mode": protection.retention?.mode.rawValue ?? "none"]))
    }
    return readings
  }

  private mutating func judged(_ tally: ObjectTally, _ now: Timestamp) -> [Reading] {
    let found = assess(tally, now)
    let folded = tally.folded
    let newest = tally.window.last { seen in
      seen.time == found.lastSuccess && memory[seen.unit.key]?.content == .good
    }
    if let last = found.lastSuccess {
      lastSuccess = last
      lastArchived = newest?.unit.isArchived ?? false
    }
    let archived = tally.window.enumerated().count { place, seen in
      seen.unit.isArchived && found.rejections[place] == nil
    }
    rejectedNames = Array(
      found.rejections.map { (name: tally.window[$0.key].unit.name, reason: $0.value) }
        .sorted { byteOrder($0.name, $1.name) }.prefix(Self.namesLimit))
    var readings = [
      Reading(BackupFamilies.retained, Double(found.retained + folded.retained)),
      Reading(
        BackupFamilies.unverified,
        Double(found.unverified + (settings.verify.isNeeded ? folded.retained : 0))),
      Reading(BackupFamilies.totalSize, Double(found.totalSize) + Double(folded.bytes)),
      Reading(BackupFamilies.gaps, Double(found.gaps)),
      Reading(BackupFamilies.timeDisagreements, Double(found.timeDisagreements + folded.disagreements)),
      Reading(BackupFamilies.clockSkew, found.clockSkew.inSeconds),
      Reading(BackupFamilies.entries, Double(tally.entries)),
      Reading(BackupFamilies.archived, Double(archived + folded.archived)),
    ]
    func add(_ family: MetricFamily, _ value: Double?) {
      if let value { readings.append(Reading(family, value)) }
    }
    let oldest = [found.oldestRestorable, folded.oldest].compactMap { $0 }.min()
    add(BackupFamilies.oldestRestorable, oldest?.seconds)
    add(BackupFamilies.lastAttempt, found.lastAttempt?.seconds)
    add(BackupFamilies.lastSize, found.lastSize.map { Double($0) })
    add(BackupFamilies.sizeRatio, found.sizeRatio)
    add(BackupFamilies.expectedRetained, settings.expectedCount.map { Double($0) })
    for reason in BackupRejection.allCases {
      let count = found.count(reason) + (folded.rejections[reason] ?? 0)
      readings.append(Reading(BackupFamilies.rejected, Double(count), labels: ["reason": reason.rawValue]))
    }
    return readings
  }

  private func assess(_ tally: ObjectTally, _ now: Timestamp) -> BackupAssessment {
    let files = tally.window.map { seen in
      let known = memory[seen.unit.key]
      return BackupFile(
        name: seen.unit.name, size: seen.unit.size, modified: seen.unit.modified,
        firstSeen: known?.firstSeen ?? now, content: known?.content ?? .unverified)
    }
    return BackupSeries.assess(files, settings.basics, settings.naming, now: now)
  }
}
