internal import Model

/// What `pgbackrest info --output=json` says of one stanza in one repository.
///
/// Its exit status is 0 whatever it found: the codes inside are what counts, 0 (fine) to 6 and 99.
struct PgBackRestInfo: Equatable, Sendable {
  struct Backup: Equatable, Sendable {
    var label: String
    var kind: String
    var start: Timestamp
    var stop: Timestamp
    var size: UInt64?
    var stored: UInt64?
    var hasErrors: Bool
    var needs: [String]
    var database: Int
    /// Names of the segments of its beginning and end; nil for a backup that was made without archive.
    var first: WALSegmentName?
    var last: WALSegmentName?
    var startPosition: WALPosition?
    var stopPosition: WALPosition?
  }

  var code: Int
  var message: String
  var isRunning: Bool?
  var backups: [Backup]
  /// Names of the archives, by the database that they are of: `15-1`.
  var archives: [Int: String]

  /// - Throws: what the answer lacks, in words.
  static func read(
    _ bytes: [UInt8], stanza: String, repository: Int
  ) -> Result<PgBackRestInfo, ToolTrouble> {
    let document: OrderedJSON
    do throws(JSONText.Malformed) { document = try JSONText.parse(bytes) } catch {
      return .failure(ToolTrouble(.body, "`info` is \(error)"))
    }
    guard let all = document.items else { return .failure(ToolTrouble(.body, "`info` is no JSON list")) }
    guard let told = all.first(where: { $0["name"]?.text == stanza }) else {
      return .failure(
        ToolTrouble(.missing, "pgBackRest knows no stanza \(stanza): see `stanza` and `config`"))
    }
    let own = told["repo"]?.items?.first { $0["key"]?.integer == repository }
    guard let status = own?["status"] ?? told["status"], let code = status["code"]?.integer else {
      return .failure(ToolTrouble(.body, "`info` has no status code: pgBackRest 2.34 or newer is needed"))
    }
    let isOurs = { (item: OrderedJSON) in
      item["database"]?["repo-key"]?.integer.map { $0 == repository } ?? true
    }
    var archives: [Int: String] = [:]
    for archive in told["archive"]?.items ?? [] where isOurs(archive) {
      if let database = archive["database"]?["id"]?.integer, let id = archive["id"]?.text {
        archives[database] = id
      }
    }
    let listed = (told["backup"]?.items ?? []).filter(isOurs)
    let backups = listed.compactMap(backup)
    if backups.count < listed.count {
      return .failure(
        ToolTrouble(.body, "`info` has \(listed.count - backups.count) backups without label, type or times"))
    }
    return .success(
      PgBackRestInfo(
        code: code, message: status["message"]?.text ?? "",
        isRunning: told["status"]?["lock"]?["backup"]?["held"]?.truth, backups: backups, archives: archives))
  }

  private static func backup(_ item: OrderedJSON) -> Backup? {
    guard let label = item["label"]?.text, let kind = item["type"]?.text,
      let start = item["timestamp"]?["start"]?.epoch, let stop = item["timestamp"]?["stop"]?.epoch,
      // A set of words, because it becomes what sizes are compared by.
      ["full", "diff", "incr"].contains(kind)
    else { return nil }
    return Backup(
      label: label, kind: kind, start: start, stop: stop, size: item["info"]?["size"]?.size,
      stored: item["info"]?["repository"]?["delta"]?.size, hasErrors: item["error"]?.truth ?? false,
      needs: (item["reference"]?.items ?? []).compactMap(\.text),
      database: item["database"]?["id"]?.integer ?? 0,
      first: item["archive"]?["start"]?.text.flatMap { WALSegmentName($0[...]) },
      last: item["archive"]?["stop"]?.text.flatMap { WALSegmentName($0[...]) },
      startPosition: item["lsn"]?["start"]?.text.flatMap { WALPosition($0) },
      stopPosition: item["lsn"]?["stop"]?.text.flatMap { WALPosition($0) })
  }

  /// Why nothing can be said of the backups; nil when the list is what there is.
  func trouble(stanza: String) -> ToolTrouble? {
    switch code {
    // 2: no valid backups; 4 and 5: other repositories are not like this one.
    case 0, 2, 4, 5: return nil
    case 1:
      return ToolTrouble(
        .missing,
        "the repository has nothing of stanza \(stanza): is it mounted, is the path right, was stanza-create run?"
      )
    case 3:
      return ToolTrouble(
        .missing, "the repository's data of stanza \(stanza) is incomplete: run stanza-create")
    default: return ToolTrouble(PgBackRestInfo.reason(message), "pgBackRest: \(Self.oneLine(message))")
    }
  }

  /// The reason that pgBackRest's words stand for: it names errors by a fixed set of words.
  static func reason(_ text: String) -> FailureReason {
    let known: [(String, FailureReason)] = [
      ("Permission denied", .permission), ("CryptoError", .authentication), ("cipher", .authentication),
      ("HostConnectError", .unreachable), ("ServiceError", .unreachable), ("unable to connect", .unreachable),
      ("unable to get address", .dns), ("unable to find child", .missing), ("timeout", .timeout),
      ("AccessDenied", .permission), ("403", .permission), ("invalid option", .configuration),
      ("[031]", .configuration), ("[032]", .configuration), ("[037]", .configuration),
      ("[055]", .missing), ("[041]", .io), ("FormatError", .io), ("ChecksumError", .io),
    ]
    return known.first { text.contains($0.0) }?.1 ?? .other
  }

  static func oneLine(_ text: String) -> String {
    String(text.split(whereSeparator: \.isNewline).prefix(3).joined(separator: " / ").prefix(400))
  }
}
