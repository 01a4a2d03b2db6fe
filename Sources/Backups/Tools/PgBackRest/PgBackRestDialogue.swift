internal import Collecting
internal import Model

/// What is asked of pgBackRest: `info`, the list of the archive, and the histories of timelines.
///
/// `info` compares nothing with the archive: it says ok with a WAL segment gone that every restore needs.
struct PgBackRestDialogue: ToolDialogue {
  /// History files read in one collection; they never change, and are kept.
  private static let historiesPerPass = 8

  private let settings: PgBackRestSettings
  private var info: Result<PgBackRestInfo, ToolTrouble>?
  private var listing: Result<ArchiveListing, ToolTrouble>?
  private var histories: [String: WALHistory] = [:]
  private var historyTrouble: ToolTrouble?
  private var asked: Set<String> = []

  init(_ settings: PgBackRestSettings) { self.settings = settings }

  mutating func begin(at now: Timestamp) {
    info = nil
    listing = nil
    historyTrouble = nil
    asked = []
  }

  mutating func next() -> ToolQuestion? {
    guard let info else { return question("info", ["info", "--output=json"], stanza: true) }
    guard settings.checksWAL, case .success(let known) = info, known.trouble(stanza: settings.stanza) == nil,
      let archive = archive(known)
    else { return nil }
    guard let listing else {
      return question("wal", ["repo-ls", "--recurse", "--output=json", archive])
    }
    guard case .success(let found) = listing, asked.count < Self.historiesPerPass,
      let name = found.histories.sorted(by: >).first(where: {
        histories["\(archive)/\($0)"] == nil && !asked.contains($0)
      })
    else { return nil }
    return question(name, ["repo-get", "\(archive)/\(name)"])
  }

  private func question(_ name: String, _ arguments: [String], stanza: Bool = false) -> ToolQuestion {
    var all: [String] = []
    if let config = settings.config { all.append("--config=\(config)") }
    if stanza { all.append("--stanza=\(settings.stanza)") }
    all += ["--repo=\(settings.repository)", "--log-level-console=off", "--log-level-stderr=error"]
    all.append("--log-level-file=off")
    return ToolQuestion(name: name, arguments: all + arguments)
  }

  /// Where the WAL of the newest backup's cluster is.
  private func archive(_ info: PgBackRestInfo) -> String? {
    guard let newest = info.backups.max(by: { $0.stop < $1.stop }) else { return nil }
    return info.archives[newest.database].map { "archive/\(settings.stanza)/\($0)" }
  }

  mutating func heard(_ reply: Result<ToolReply, ToolTrouble>, to question: ToolQuestion) {
    let answer: Result<ToolReply, ToolTrouble> = reply.flatMap { reply in
      guard reply.status != 0 else { return .success(reply) }
      let words = PgBackRestInfo.oneLine(reply.complaint())
      let reason = PgBackRestInfo.reason(words)
      return .failure(ToolTrouble(reason, "pgBackRest ended with status \(reply.status): \(words)"))
    }
    switch question.name {
    case "info":
      info = answer.flatMap {
        PgBackRestInfo.read($0.output, stanza: settings.stanza, repository: settings.repository)
      }
    case "wal": listing = answer.flatMap { ArchiveListing.read($0.output) }
    default:
      asked.insert(question.name)
      guard case .success(let known)? = info, let archive = archive(known) else { return }
      switch answer {
      case .failure(let trouble): historyTrouble = trouble
      case .success(let reply):
        if let history = WALHistory(String(decoding: reply.output, as: UTF8.self)) {
          histories["\(archive)/\(question.name)"] = history
        } else {
          historyTrouble = ToolTrouble(.body, "\(question.name) in the archive is no history of a timeline")
        }
      }
    }
  }

  mutating func findings(
    _ basics: BackupBasics, at now: Timestamp
  ) -> Result<ToolFindings, ToolTrouble> {
    switch info {
    case nil: return .failure(ToolTrouble(.other, "pgBackRest was not asked"))
    case .failure(let trouble): return .failure(trouble)
    case .success(let known):
      if let trouble = known.trouble(stanza: settings.stanza) { return .failure(trouble) }
      return .success(findings(known, basics, now))
    }
  }

  private func findings(_ info: PgBackRestInfo, _ basics: BackupBasics, _ now: Timestamp) -> ToolFindings {
    var findings = ToolFindings(info.backups.map(Self.snapshot))
    findings.isRunning = info.isRunning
    guard settings.checksWAL, let archive = archive(info) else { return findings }
    switch listing {
    case nil: break
    case .failure(let trouble): findings.questions.append(("wal", trouble))
    case .success(let listing):
      let trouble = judge(listing, archive, info, basics, now, &findings)
      findings.questions.append(("wal", trouble ?? historyTrouble))
    }
    return findings
  }

  /// A backup stands for the moment at which it was complete: it cannot be restored to an earlier one.
  private static func snapshot(_ backup: PgBackRestInfo.Backup) -> ToolSnapshot {
    var snapshot = ToolSnapshot(id: backup.label, time: backup.stop)
    snapshot.size = backup.size
    snapshot.stored = backup.stored
    snapshot.kind = backup.kind
    snapshot.isFull = backup.kind == "full"
    snapshot.needs = backup.needs
    if backup.hasErrors { snapshot.rejection = .damaged }
    return snapshot
  }

  /// nil: all of it could be judged.
  private func judge(
    _ listing: ArchiveListing, _ archive: String, _ info: PgBackRestInfo, _ basics: BackupBasics,
    _ now: Timestamp, _ findings: inout ToolFindings
  ) -> ToolTrouble? {
    guard let newest = info.backups.max(by: { $0.stop < $1.stop }) else { return nil }
    let ours = info.backups.filter { $0.database == newest.database }
    guard let size = settings.segmentSize ?? listing.segmentSize(ours) else {
      return ToolTrouble(
        .body, "the size of WAL segments cannot be told from names and addresses: set `wal_segment_size`")
    }
    var known: [UInt32: WALHistory] = [:]
    for name in listing.histories {
      if let timeline = UInt32(name.prefix(8), radix: 16) {
        known[timeline] = histories["\(archive)/\(name)"]
      }
    }
    var archived: [WALSegment: Timestamp?] = [:]
    for (name, time) in listing.segments { archived.updateValue(time, forKey: name.segment(size: size)) }
    let continuity = WALContinuity(archived: archived, histories: known, segmentSize: size)
    // First each by itself: one that lacks WAL of its own is no good backup, and nothing is counted from it.
    let good = Set(SnapshotSeries.assess(findings.snapshots, basics, now: now).good.map(\.id))
    let spans = ours.sorted { ($0.stop, $0.label) < ($1.stop, $1.label) }.compactMap { backup in
      backup.first.flatMap { first in
        backup.last.map { last in
          WALContinuity.Backup(
            id: backup.label, first: first.segment(size: size), last: last.segment(size: size),
            time: backup.stop)
        }
      }
    }
    let inconsistent = continuity.check(spans).inconsistent
    for place in findings.snapshots.indices where findings.snapshots[place].rejection == nil {
      if inconsistent.contains(findings.snapshots[place].id) {
        findings.snapshots[place].rejection = .walMissing
      }
    }
    var found = continuity.check(spans.filter { good.contains($0.id) })
    // Those that are there and were not read yet are not missing.
    found.missingHistories.subtract(listing.histories.compactMap { UInt32($0.prefix(8), radix: 16) })
    findings.readings += Self.readings(found, listing)
    if let missing = found.firstMissing, let gap = found.gapSinceNewest {
      let name = missing.fileName(size: size)
      findings.warning = ToolTrouble(
        .missing,
        "WAL segment \(name) is not in the archive, where a restore now ends; \(gap) are missing since the "
          + "newest backup: make a backup")
    }
    return nil
  }

  private static func readings(_ found: WALContinuity.Findings, _ listing: ArchiveListing) -> [Reading] {
    var readings = [
      Reading(BackupToolFamilies.walSegments, Double(listing.segments.count)),
      Reading(BackupToolFamilies.missingHistories, Double(found.missingHistories.count)),
    ]
    func add(_ family: MetricFamily, _ value: Double?, _ labels: Labels = .empty) {
      if let value { readings.append(Reading(family, value, labels: labels)) }
    }
    add(BackupToolFamilies.walGap, found.gapSinceNewest.map { Double($0) }, ["since": "newest_backup"])
    add(BackupToolFamilies.walGap, found.gapSinceOldest.map { Double($0) }, ["since": "oldest_backup"])
    add(BackupToolFamilies.latestRestorable, found.latestRestorable?.seconds)
    add(BackupToolFamilies.continuousSince, found.continuousSince?.seconds)
    add(BackupToolFamilies.newestArchived, listing.newest?.seconds)
    return readings
  }
}

/// The files of an archive of WAL, as `repo-ls --recurse` lists them.
struct ArchiveListing: Sendable {
  var segments: [(name: WALSegmentName, time: Timestamp?)] = []
  /// File names: `00000002.history`.
  var histories: [String] = []
  var newest: Timestamp?
  /// Sizes of files that have no ending, which are not compressed.
  var plainSizes: Set<UInt64> = []
  var largestLow: UInt32 = 0

  static func read(_ bytes: [UInt8]) -> Result<ArchiveListing, ToolTrouble> {
    var listing = ArchiveListing()
    do throws(JSONText.Malformed) {
      try JSONText.forEachMember(of: bytes) { path, facts in
        guard facts["type"]?.text == "file" else { return }
        listing.add(path.split(separator: "/").last ?? "", facts["size"]?.size, facts["time"]?.epoch)
      }
    } catch { return .failure(ToolTrouble(.body, "`repo-ls` is \(error)")) }
    return .success(listing)
  }

  private mutating func add(_ file: Substring, _ size: UInt64?, _ time: Timestamp?) {
    if file.hasSuffix(".history"), file.utf8.count == 16, UInt32(file.prefix(8), radix: 16) != nil {
      histories.append(String(file))
      return
    }
    // `NAME-CHECKSUM`, with an ending where it is compressed; `.partial` and `.backup` are no whole segments.
    let rest = file.dropFirst(24)
    guard rest.hasPrefix("-"), let name = WALSegmentName(file) else { return }
    let sum = rest.dropFirst().prefix { $0.isHexDigit }
    guard sum.utf8.count == 40, size != 0 else { return }
    segments.append((name, time))
    largestLow = max(largestLow, name.low)
    if rest.utf8.count == 41, let size { plainSizes.insert(size) }
    if let time { newest = max(newest ?? time, time) }
  }

  func segmentSize(_ backups: [PgBackRestInfo.Backup]) -> UInt64? {
    var pairs: [(WALPosition, WALSegmentName)] = []
    for backup in backups {
      if let at = backup.startPosition, let name = backup.first { pairs.append((at, name)) }
      if let at = backup.stopPosition, let name = backup.last { pairs.append((at, name)) }
    }
    return WALSegmentSize.infer(from: pairs, largestLow: largestLow, plainSizes: plainSizes)
  }
}
