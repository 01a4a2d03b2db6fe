internal import Collecting
internal import Model

/// What is asked of restic: its snapshots, its locks, and the size of a snapshot.
///
/// Everything is asked with `--no-lock`: a watcher must never stop a backup, and must see a locked repository.
struct ResticDialogue: ToolDialogue {
  /// Locks looked at in one collection, the rest in the next ones.
  private static let locksPerPass = 8
  private static let sizesKept = 1000

  private let settings: ResticSettings
  private var now = Timestamp(milliseconds: 0)
  private var snapshots: Result<[ToolSnapshot], ToolTrouble>?
  private var lockNames: Result<[String], ToolTrouble>?
  private var locks: [String: Timestamp] = [:]
  private var lockTrouble: ToolTrouble?
  private var asked: Set<String> = []
  private var sizes: [String: UInt64] = [:]
  private var sizeTrouble: ToolTrouble?
  private var sizeWasAsked = false
  private var unreadable = 0

  init(_ settings: ResticSettings) { self.settings = settings }

  mutating func begin(at now: Timestamp) {
    self.now = now
    snapshots = nil
    unreadable = 0
    lockNames = nil
    lockTrouble = nil
    sizeTrouble = nil
    sizeWasAsked = false
    asked = []
  }

  mutating func next() -> ToolQuestion? {
    guard let snapshots else { return question("snapshots", ["snapshots", "--json"] + filters) }
    guard case .success(let known) = snapshots else { return nil }
    if settings.checksLocks {
      guard let lockNames else { return question("locks", ["list", "locks"]) }
      if case .success(let names) = lockNames, asked.count < Self.locksPerPass,
        let name = names.first(where: { locks[$0] == nil && !asked.contains($0) })
      {
        return question("lock \(name)", ["cat", "lock", name])
      }
    }
    if settings.asksSizes, !sizeWasAsked,
      let unknown = known.filter({ $0.size == nil }).max(by: { $0.time < $1.time })
    {
      return question("size \(unknown.id)", ["stats", "--json", "--mode", "restore-size", unknown.id])
    }
    return nil
  }

  /// `--group-by` with nothing: the list is one list, whatever restic's version groups by.
  private var filters: [String] {
    var all = ["--group-by", ""]
    if let host = settings.host { all += ["--host", host] }
    if !settings.tags.isEmpty { all += ["--tag", settings.tags.joined(separator: ",")] }
    if let path = settings.path { all += ["--path", path] }
    return all
  }

  private func question(_ name: String, _ arguments: [String]) -> ToolQuestion {
    var all: [String] = []
    switch settings.repository {
    case .location(let location): all += ["--repo", location]
    case .file(let file): all += ["--repository-file", file]
    }
    if let file = settings.passwordFile { all += ["--password-file", file] }
    if let command = settings.passwordCommand { all += ["--password-command", command] }
    if let folder = settings.cacheDirectory {
      all += ["--cache-dir", folder]
    } else {
      all.append("--no-cache")
    }
    return ToolQuestion(name: name, arguments: all + ["--no-lock"] + arguments)
  }

  mutating func heard(_ reply: Result<ToolReply, ToolTrouble>, to question: ToolQuestion) {
    let answer: Result<ToolReply, ToolTrouble> = reply.flatMap { reply in
      reply.status == 0 ? .success(reply) : .failure(Self.trouble(reply))
    }
    let words = question.name.split(separator: " ").map(String.init)
    switch words.first {
    case "snapshots": heard(list: answer)
    case "locks":
      lockNames = answer.map { reply in
        String(decoding: reply.output, as: UTF8.self).split(whereSeparator: \.isNewline)
          .filter { $0.utf8.count == 64 && $0.allSatisfy(\.isHexDigit) }.map(String.init)
      }
      if case .success(let names) = lockNames {
        let present = Set(names)
        locks = locks.filter { present.contains($0.key) }
      }
    case "lock": heard(lock: words.last ?? "", answer)
    default: heard(size: words.last ?? "", answer)
    }
  }

  private mutating func heard(list answer: Result<ToolReply, ToolTrouble>) {
    snapshots = answer.flatMap { reply in
      switch ResticSnapshots.read(reply.output) {
      case .failure(let trouble): return .failure(trouble)
      case .success(let found):
        // Snapshots that cannot be read are left out of the list, and the status stays 0.
        let lines = reply.errors.split(whereSeparator: \.isNewline)
        unreadable = lines.count { $0.contains("could not load snapshot") || $0.hasPrefix("Ignoring \"") }
        return .success(found)
      }
    }
    guard case .success(var found) = snapshots else { return }
    if sizes.count > Self.sizesKept {
      let present = Set(found.map(\.id))
      sizes = sizes.filter { present.contains($0.key) }
    }
    for place in found.indices where found[place].size == nil { found[place].size = sizes[found[place].id] }
    snapshots = .success(found)
  }

  private mutating func heard(lock name: String, _ answer: Result<ToolReply, ToolTrouble>) {
    asked.insert(name)
    guard case .success(let reply) = answer else {
      // Renewed or removed between the two questions: what is written anew has another name.
      return
    }
    if let time = try? JSONText.parse(reply.output)["time"]?.time {
      locks[name] = time
    } else {
      lockTrouble = ToolTrouble(.body, "the lock \(name.prefix(8)) has no time")
    }
  }

  private mutating func heard(size id: String, _ answer: Result<ToolReply, ToolTrouble>) {
    sizeWasAsked = true
    switch answer {
    case .failure(let trouble): sizeTrouble = trouble
    case .success(let reply):
      guard let size = try? JSONText.parse(reply.output)["total_size"]?.size else {
        sizeTrouble = ToolTrouble(.body, "`restic stats` tells no total_size")
        return
      }
      sizes[id] = size
      guard case .success(var found) = snapshots else { return }
      for place in found.indices where found[place].id == id { found[place].size = size }
      snapshots = .success(found)
    }
  }

  mutating func findings(
    _ basics: BackupBasics, at now: Timestamp
  ) -> Result<ToolFindings, ToolTrouble> {
    switch snapshots {
    case nil: return .failure(ToolTrouble(.other, "restic was not asked"))
    case .failure(let trouble): return .failure(trouble)
    case .success(let known):
      var findings = ToolFindings(known)
      findings.unreadable = unreadable
      if unreadable > 0 {
        findings.warning = ToolTrouble(
          .io, "\(unreadable) snapshots cannot be read: the repository is damaged, run restic check")
      }
      if settings.checksLocks { addLocks(to: &findings, now) }
      if settings.asksSizes { findings.questions.append(("size", sizeTrouble)) }
      return .success(findings)
    }
  }

  private func addLocks(to findings: inout ToolFindings, _ now: Timestamp) {
    switch lockNames {
    case .failure(let trouble): findings.questions.append(("locks", trouble))
    case .success(let names):
      findings.questions.append(("locks", lockTrouble))
      let stale = locks.values.count { now - $0 > settings.staleLockAge }
      findings.readings += [
        Reading(BackupToolFamilies.locks, Double(names.count)),
        Reading(BackupToolFamilies.staleLocks, Double(stale)),
      ]
      if let oldest = locks.values.min() {
        findings.readings.append(Reading(BackupToolFamilies.oldestLock, oldest.seconds))
      }
    case nil: break
    }
  }

  /// Status 1 stands for all failures before restic 0.17; 10 no repository, 11 locked, 12 wrong password since.
  private static func trouble(_ reply: ToolReply) -> ToolTrouble {
    let words = reply.complaint()
    let known: [(String, FailureReason, String)] = [
      ("wrong password", .authentication, "the password is not that of the repository"),
      ("Resolving password failed", .configuration, "the password cannot be had"),
      ("Is there a repository", .missing, "there is no repository: is it mounted, is the location right?"),
      (
        "repository does not exist", .missing, "there is no repository: is it mounted, is the location right?"
      ),
      ("permission denied", .permission, "Farwatch's account may not read the repository"),
      ("Access Denied", .permission, "the store denies access"),
      ("403", .permission, "the store denies access"),
      ("connection refused", .refused, "the store is not there"),
      ("Connection refused", .refused, "the store is not there"),
      ("no such host", .dns, "the store's name is not known"),
      ("i/o timeout", .timeout, "the store does not answer"),
      ("unknown flag", .configuration, "this restic is too old: 0.9 or newer is needed"),
      ("unknown command", .configuration, "this restic is too old: 0.9 or newer is needed"),
    ]
    switch reply.status {
    case 10:
      return ToolTrouble(.missing, "there is no repository: is it mounted, is the location right? (\(words))")
    case 12: return ToolTrouble(.authentication, "the password is not that of the repository (\(words))")
    default:
      let found = known.first { words.contains($0.0) }
      let remedy = found.map { "\($0.2) " } ?? "restic ended with status \(reply.status) "
      return ToolTrouble(found?.1 ?? .other, "\(remedy)(\(words))")
    }
  }
}

/// What `restic snapshots --json` lists: one list, or since some versions lists in groups.
enum ResticSnapshots {
  static func read(_ bytes: [UInt8]) -> Result<[ToolSnapshot], ToolTrouble> {
    let document: OrderedJSON
    do throws(JSONText.Malformed) { document = try JSONText.parse(bytes) } catch {
      return .failure(ToolTrouble(.body, "`restic snapshots` is \(error)"))
    }
    // A repository without a snapshot, in some versions.
    if document == .null { return .success([]) }
    guard let items = document.items else {
      return .failure(ToolTrouble(.body, "`restic snapshots` is no JSON list"))
    }
    let listed = items.flatMap { item in item["group_key"] != nil ? item["snapshots"]?.items ?? [] : [item] }
    let found = listed.compactMap(snapshot)
    guard found.count == listed.count else {
      return .failure(
        ToolTrouble(.body, "`restic snapshots` has \(listed.count - found.count) without id or time"))
    }
    return .success(found)
  }

  /// `time` is when the backup began: what was written later need not be in it.
  private static func snapshot(_ item: OrderedJSON) -> ToolSnapshot? {
    guard let id = item["id"]?.text, !id.isEmpty, id.allSatisfy(\.isHexDigit), let time = item["time"]?.time
    else { return nil }
    var snapshot = ToolSnapshot(id: id, time: time)
    snapshot.size = item["summary"]?["total_bytes_processed"]?.size
    snapshot.stored =
      item["summary"]?["data_added_packed"]?.size ?? item["summary"]?["data_added"]?.size
    // Of several hosts or folders each is compared with its own.
    snapshot.kind =
      (item["hostname"]?.text ?? "") + "\u{0}"
      + (item["paths"]?.items ?? []).compactMap(\.text).joined(separator: "\u{0}")
    return snapshot
  }
}
