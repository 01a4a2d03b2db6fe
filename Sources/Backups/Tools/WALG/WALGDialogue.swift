internal import Collecting
internal import Model

/// What is asked of WAL-G: `backup-list --detail`, because without it a time is only that of the object, and
/// `wal-show`, which lists the segments that each timeline lacks.
struct WALGDialogue: ToolDialogue {
  struct Timeline: Equatable, Sendable {
    var id: UInt32
    var missing: [WALSegmentName]
    var segments: Int
  }

  private let settings: WALGSettings
  private var backups: Result<[(snapshot: ToolSnapshot, first: WALSegmentName?)], ToolTrouble>?
  private var timelines: Result<[Timeline], ToolTrouble>?

  init(_ settings: WALGSettings) { self.settings = settings }

  mutating func begin(at now: Timestamp) {
    backups = nil
    timelines = nil
  }

  mutating func next() -> ToolQuestion? {
    let config = settings.config.map { ["--config", $0] } ?? []
    if backups == nil {
      return ToolQuestion(name: "list", arguments: ["backup-list", "--detail", "--json"] + config)
    }
    guard settings.checksWAL, timelines == nil, case .success(let known)? = backups, !known.isEmpty else {
      return nil
    }
    return ToolQuestion(name: "wal", arguments: ["wal-show", "--detailed-json"] + config)
  }

  mutating func heard(_ reply: Result<ToolReply, ToolTrouble>, to question: ToolQuestion) {
    let answer: Result<ToolReply, ToolTrouble> = reply.flatMap { reply in
      // Told as a failure by some versions, and no failure.
      if reply.status != 0, question.name == "list", reply.errors.contains("No backups found") {
        return .success(ToolReply(output: Array("[]".utf8)))
      }
      return reply.status == 0 ? .success(reply) : .failure(Self.trouble(reply))
    }
    if question.name == "list" {
      backups = answer.flatMap { Self.backups($0) }
    } else {
      timelines = answer.flatMap { Self.timelines($0.output) }
    }
  }

  mutating func findings(
    _ basics: BackupBasics, at now: Timestamp
  ) -> Result<ToolFindings, ToolTrouble> {
    switch backups {
    case nil: return .failure(ToolTrouble(.other, "WAL-G was not asked"))
    case .failure(let trouble): return .failure(trouble)
    case .success(let known):
      var findings = ToolFindings(known.map(\.snapshot))
      switch timelines {
      case nil: break
      case .failure(let trouble): findings.questions.append(("wal", trouble))
      case .success(let timelines):
        findings.questions.append(("wal", nil))
        judge(timelines, known, basics, now, &findings)
      }
      return .success(findings)
    }
  }

  /// What is missing in the timeline of the newest good backup, and in those after it, from that backup on.
  private func judge(
    _ timelines: [Timeline], _ known: [(snapshot: ToolSnapshot, first: WALSegmentName?)],
    _ basics: BackupBasics, _ now: Timestamp, _ findings: inout ToolFindings
  ) {
    let good = SnapshotSeries.assess(findings.snapshots, basics, now: now).good
    let starts = Dictionary(known.map { ($0.snapshot.id, $0.first) }, uniquingKeysWith: { first, _ in first })
    func missing(since snapshot: ToolSnapshot?) -> [WALSegmentName]? {
      guard let snapshot, let first = starts[snapshot.id] ?? nil else { return nil }
      return timelines.filter { $0.id >= first.timeline }.flatMap(\.missing)
        .filter { ($0.high, $0.low) >= (first.high, first.low) }
    }
    let segments = timelines.reduce(0) { $0 &+ $1.segments }
    findings.readings.append(Reading(BackupToolFamilies.walSegments, Double(segments)))
    let sinceNewest = missing(since: good.last)
    for (since, lost) in [("newest_backup", sinceNewest), ("oldest_backup", missing(since: good.first))] {
      guard let lost else { continue }
      findings.readings.append(
        Reading(BackupToolFamilies.walGap, Double(lost.count), labels: ["since": since]))
    }
    if let count = sinceNewest?.count, count > 0 {
      findings.warning = ToolTrouble(
        .missing, "\(count) WAL segments since the newest backup are missing: make a backup now")
    }
  }

  static func backups(
    _ reply: ToolReply
  ) -> Result<[(snapshot: ToolSnapshot, first: WALSegmentName?)], ToolTrouble> {
    let document: OrderedJSON
    do throws(JSONText.Malformed) { document = try JSONText.parse(reply.output) } catch {
      // Nothing at all is what some versions print where there is no backup.
      if reply.output.allSatisfy({ $0 <= 0x20 }), reply.errors.contains("No backups found") {
        return .success([])
      }
      return .failure(ToolTrouble(.body, "`wal-g backup-list` is \(error)"))
    }
    if document == .null { return .success([]) }
    guard let items = document.items else {
      return .failure(ToolTrouble(.body, "`wal-g backup-list` is no JSON list"))
    }
    let found = items.compactMap(backup)
    guard found.count == items.count else {
      return .failure(
        ToolTrouble(
          .body, "`wal-g backup-list` has \(items.count - found.count) without name or finish_time (--detail)"
        ))
    }
    return .success(found)
  }

  /// `base_000000010000000000000002`, of a delta `base_000000010000000000000008_D_000000010000000000000002`: what
  /// stands behind `_D_` is what it builds on.
  private static func backup(_ item: OrderedJSON) -> (snapshot: ToolSnapshot, first: WALSegmentName?)? {
    guard let name = item["backup_name"]?.text, let time = item["finish_time"]?.time else { return nil }
    var snapshot = ToolSnapshot(id: name, time: time)
    snapshot.size = item["uncompressed_size"]?.size
    snapshot.stored = item["compressed_size"]?.size
    snapshot.isFull = !name.contains("_D_")
    snapshot.kind = snapshot.isFull ? "full" : "delta"
    if !snapshot.isFull, let base = name.split(separator: "_").last {
      snapshot.needs = ["base_\(base)"]
    }
    let first = item["wal_file_name"]?.text.flatMap { WALSegmentName($0[...]) }
    return (snapshot, first)
  }

  static func timelines(_ bytes: [UInt8]) -> Result<[Timeline], ToolTrouble> {
    let document: OrderedJSON
    do throws(JSONText.Malformed) { document = try JSONText.parse(bytes) } catch {
      return .failure(ToolTrouble(.body, "`wal-g wal-show` is \(error)"))
    }
    guard let items = document.items else {
      return .failure(ToolTrouble(.body, "`wal-g wal-show` is no JSON list"))
    }
    var found: [Timeline] = []
    for item in items {
      guard let id = item["id"]?.integer.flatMap({ UInt32(exactly: $0) }), let status = item["status"]?.text
      else { return .failure(ToolTrouble(.body, "`wal-g wal-show` has a timeline without id or status")) }
      let names = (item["missing_segments"]?.items ?? []).compactMap(\.text)
      let missing = names.compactMap { WALSegmentName($0[...]) }
      guard missing.count == names.count, status != "LOST_SEGMENTS" || !missing.isEmpty else {
        return .failure(ToolTrouble(.body, "`wal-g wal-show` says \(status) and does not name the segments"))
      }
      found.append(Timeline(id: id, missing: missing, segments: max(0, item["segments_count"]?.integer ?? 0)))
    }
    return .success(found)
  }

  private static func trouble(_ reply: ToolReply) -> ToolTrouble {
    let words = reply.complaint()
    let known: [(String, FailureReason)] = [
      ("AccessDenied", .permission), ("permission denied", .permission), ("403", .permission),
      ("InvalidAccessKeyId", .authentication), ("SignatureDoesNotMatch", .authentication),
      ("NoSuchBucket", .missing), ("no such file", .missing), ("connection refused", .refused),
      ("no such host", .dns), ("timeout", .timeout), ("Failed to configure", .configuration),
      ("unknown command", .configuration), ("unknown flag", .configuration),
    ]
    let reason = known.first { words.contains($0.0) }?.1 ?? .other
    return ToolTrouble(reason, "WAL-G ended with status \(reply.status): \(words)")
  }
}
