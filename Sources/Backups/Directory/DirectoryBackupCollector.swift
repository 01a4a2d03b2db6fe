internal import Collecting
internal import Dispatch
package import Model
internal import Synchronization
internal import Threading

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// Watches one series of backup files in one directory.
///
/// Two threads of its own, because each may hang on a dead mount for ever: one lists the directory, one reads files to
/// verify them. A stuck call is reported at the time-out and at every later collection, and never joined by a second
/// one. Verifying a large file takes longer than a collection: it goes on beside them, and the file counts once its
/// verdict is in. Each version of a file is read once.
package final class DirectoryBackupCollector: Collector {
  typealias Listing = @Sendable (DirectoryBackupSettings) throws(DirectoryScan.Failure) -> DirectoryScan

  package let description: CollectorDescription
  private let settings: DirectoryBackupSettings
  private let time: any TimeSource
  private let list: Listing
  private let scanning: DispatchQueue
  private let verifying: DispatchQueue
  private let state = Mutex(State())

  /// Files read in one pass in search of a good one; the next pass goes on where this one stopped.
  private static let searchLimit = 16
  /// Names kept for people.
  private static let namesLimit = 50

  private enum Work { case nothing, wanted, older }

  private struct Remembered {
    var firstSeen: Timestamp
    var content: BackupContent
  }

  private struct State {
    var files: [FileKey: Remembered] = [:]
    /// Of the listing.
    var occupancy = Occupancy()
    /// What the verifying thread is at, or was given to do next.
    var reading = Work.nothing
    var stopped = false
    /// Of this process' life: a series that vanished with its last file could never raise an alarm.
    var lastSuccess: Timestamp?
    var verified = 0
    var failed = 0
    var rejectedNames: [(name: String, reason: BackupRejection)] = []
  }

  package convenience init(_ settings: DirectoryBackupSettings, time: any TimeSource = SystemTime()) {
    self.init(settings, time: time) { settings throws(DirectoryScan.Failure) in try DirectoryScan(settings) }
  }

  /// `list` stands for the file system, which a test cannot make hang.
  init(_ settings: DirectoryBackupSettings, time: any TimeSource, list: @escaping Listing) {
    self.settings = settings
    self.list = list
    self.time = time
    description = settings.description
    scanning = DispatchQueue(label: "farwatch.backup.scan")
    verifying = DispatchQueue(label: "farwatch.backup.verify")
  }

  /// The files that did not count at the last collection, at most 50, in order of name.
  package var rejectedFiles: [(name: String, reason: BackupRejection)] {
    state.withLock { $0.rejectedNames }
  }

  /// Ends a verification that is under way, within 64 KiB; for reload and shutdown.
  package func stop() { state.withLock { $0.stopped = true } }

  package func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let pass = OneAnswer(startedAt: time.now, started: time.monotonic, completion)
    if let age = state.withLock({ $0.occupancy.enter(pass) }) {
      let detail = "\(settings.path): a listing has been stuck for \(age); no second one is started"
      DispatchQueue.global().async { self.finish(pass, .failure(.overrun, detail: detail), self.absence) }
      return
    }
    scanning.async { self.run(pass) }
    let timeout = DispatchTimeInterval.milliseconds(Int(clamping: settings.timeout.milliseconds))
    DispatchQueue.global().asyncAfter(deadline: .now() + timeout) { [weak self] in
      guard let self else { return }
      let detail = "\(settings.path): no answer from the file system"
      finish(pass, .failure(.timeout, detail: detail), absence)
    }
  }

  // MARK: - One pass, on the scanning thread

  private func run(_ pass: OneAnswer) {
    let verdict: Outcome.Verdict
    let readings: [Reading]
    do throws(DirectoryScan.Failure) {
      let scan = try list(settings)
      remember(scan)
      startVerifying(scan)
      verdict = .success
      readings = report(scan, assess(scan))
    } catch {
      verdict = .failure(error.reason, detail: error.detail)
      readings = absence
    }
    state.withLock { $0.occupancy.leave() }
    finish(pass, verdict, readings)
  }

  private func finish(_ pass: OneAnswer, _ verdict: Outcome.Verdict, _ readings: [Reading]) {
    pass.finish(
      Outcome(
        startedAt: pass.startedAt, finishedAt: time.now, took: time.monotonic - pass.started,
        verdict: verdict,
        readings: readings))
  }

  /// Keeps what is known of the files that are still there, and nothing else.
  private func remember(_ scan: DirectoryScan) {
    let now = time.now
    state.withLock { state in
      var kept: [FileKey: Remembered] = [:]
      kept.reserveCapacity(scan.entries.count)
      for entry in scan.entries {
        var known = state.files[entry.key] ?? Remembered(firstSeen: now, content: .unverified)
        // A permission can be corrected without changing the file.
        if known.content == .bad(.unreadable), state.reading == .nothing { known.content = .unverified }
        kept[entry.key] = known
      }
      state.files = kept
    }
  }

  /// - Returns: the backups, for each the place of the file in the scan that is verified, and what they amount to.
  private func assess(
    _ scan: DirectoryScan
  ) -> (files: [BackupFile], places: [Int], assessment: BackupAssessment) {
    let known = state.withLock { $0.files }
    let now = time.now
    let files = scan.entries.map { entry in
      BackupFile(
        name: entry.name, size: entry.key.size, modified: entry.modified,
        firstSeen: known[entry.key]?.firstSeen ?? now,
        content: entry.problem.map { .bad($0) } ?? known[entry.key]?.content ?? .unverified)
    }
    let (backups, places) = settings.members?.gather(files) ?? (files, Array(files.indices))
    return (backups, places, BackupSeries.assess(backups, settings.basics, settings.naming, now: now))
  }

  // MARK: - Verification, on its own thread

  /// Has files verified that need it, unless an earlier verification still runs. Waits for the newest good one for at
  /// most half the time-out, so that small files are judged in the collection that sees them.
  private func startVerifying(_ scan: DirectoryScan) {
    let (_, places, assessment) = assess(scan)
    let wanted = assessment.wanted.prefix(Self.searchLimit).map { scan.entries[places[$0]] }
    let older = assessment.older.prefix(max(0, settings.verify.olderFilesPerPass)).map {
      scan.entries[places[$0]]
    }
    guard !wanted.isEmpty || !older.isEmpty else { return }
    let proceed = state.withLock { state in
      // A search ends the reading of an older file: a new backup must not wait for hours behind last year's.
      let free = state.reading == .nothing || (state.reading == .older && !wanted.isEmpty)
      guard free, !state.stopped else { return false }
      state.reading = .wanted
      return true
    }
    guard proceed else { return }
    let found = Bell()
    verifying.async {
      for entry in wanted where self.verify(entry, as: .wanted) == .good { break }
      // Before the signal, so that the next collection is not sent away.
      self.state.withLock { $0.reading = older.isEmpty ? .nothing : .older }
      found.ring()
      for entry in older { _ = self.verify(entry, as: .older) }
      self.state.withLock { state in
        if state.reading == .older { state.reading = .nothing }
      }
    }
    if !wanted.isEmpty {
      _ = found.wait(upTo: settings.timeout / 2)
    }
  }

  private func verify(_ entry: DirectoryScan.Entry, as reading: Work) -> BackupContent? {
    // The list was made before the verification that ended since: it may have read this file already.
    let (known, isDue) = state.withLock { ($0.files[entry.key]?.content, $0.reading == reading) }
    if let known, known != .unverified { return known }
    guard isDue else { return nil }
    let started = time.monotonic
    let content = BackupVerifier.verify("\(settings.path)/\(entry.name)", entry.key, settings.verify) {
      bytes in
      throttle(bytes, since: started, as: reading)
      return mayGoOn(reading)
    }
    guard let content else { return nil }
    state.withLock { state in
      guard state.files[entry.key] != nil else { return }
      state.files[entry.key]?.content = content
      if content == .good { state.verified += 1 } else if content != .bad(.unreadable) { state.failed += 1 }
    }
    return content
  }

  private func mayGoOn(_ reading: Work) -> Bool {
    state.withLock { !$0.stopped && $0.reading == reading }
  }

  /// Waits as long as the configured rate asks for, in steps short enough for ``stop()``.
  private func throttle(_ bytes: UInt64, since started: MonotonicInstant, as reading: Work) {
    guard let rate = settings.verify.bytesPerSecond, rate > 0 else { return }
    let due = Duration.seconds(Double(bytes) / Double(rate))
    while mayGoOn(reading) {
      let left = due - (time.monotonic - started)
      guard left > .zero else { return }
      usleep(UInt32(min(left.nanoseconds / 1000, 200_000)))
    }
  }

  // MARK: - Readings

  /// What can be said without having seen the directory: a success that was seen stays true, and keeps ageing.
  private var absence: [Reading] {
    var readings = [Reading(BackupFamilies.up, false), objective]
    if let last = state.withLock({ $0.lastSuccess }) {
      readings.append(Reading(BackupFamilies.lastSuccess, last.seconds))
    }
    return readings
  }

  private var objective: Reading {
    Reading(BackupFamilies.objectiveAge, settings.basics.objectiveAge.inSeconds)
  }

  private func report(
    _ scan: DirectoryScan, _ judged: (files: [BackupFile], places: [Int], assessment: BackupAssessment)
  ) -> [Reading] {
    let found = judged.assessment
    let names = found.rejections.map { (name: judged.files[$0.key].name, reason: $0.value) }
      .sorted { byteOrder($0.name, $1.name) }
    let (lastSuccess, verified, failed) = state.withLock { state in
      if let last = found.lastSuccess { state.lastSuccess = last }
      state.rejectedNames = Array(names.prefix(Self.namesLimit))
      return (state.lastSuccess, state.verified, state.failed)
    }
    var readings = [
      Reading(BackupFamilies.up, true), objective,
      Reading(BackupFamilies.retained, Double(found.retained)),
      Reading(BackupFamilies.unverified, Double(found.unverified)),
      Reading(BackupFamilies.totalSize, Double(found.totalSize)),
      Reading(BackupFamilies.gaps, Double(found.gaps)),
      Reading(BackupFamilies.timeDisagreements, Double(found.timeDisagreements)),
      Reading(BackupFamilies.clockSkew, found.clockSkew.inSeconds),
      Reading(BackupFamilies.entries, Double(scan.seen)),
      Reading(BackupFamilies.verifiedFiles, Double(verified)),
      Reading(BackupFamilies.failedFiles, Double(failed)),
    ]
    func add(_ family: MetricFamily, _ value: Double?) {
      if let value { readings.append(Reading(family, value)) }
    }
    add(BackupFamilies.lastSuccess, lastSuccess?.seconds)
    add(BackupFamilies.restoreTested, settings.restoreMarker.flatMap { RestoreMarker.read($0)?.seconds })
    add(BackupFamilies.lastAttempt, found.lastAttempt?.seconds)
    add(BackupFamilies.lastSize, found.lastSize.map { Double($0) })
    add(BackupFamilies.sizeRatio, found.sizeRatio)
    add(BackupFamilies.oldestRestorable, found.oldestRestorable?.seconds)
    add(BackupFamilies.expectedRetained, settings.expectedCount.map { Double($0) })
    for reason in BackupRejection.allCases {
      let labels: Labels = ["reason": reason.rawValue]
      readings.append(Reading(BackupFamilies.rejected, Double(found.count(reason)), labels: labels))
    }
    return readings
  }
}
