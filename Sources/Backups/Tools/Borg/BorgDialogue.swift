internal import Collecting
internal import Model

/// What is asked of Borg: its archives, and the size of one.
struct BorgDialogue: ToolDialogue {
  private static let sizesKept = 1000

  private let settings: BorgSettings
  private var archives: Result<[ToolSnapshot], ToolTrouble>?
  private var sizes: [String: (size: UInt64, stored: UInt64?)] = [:]
  private var sizeTrouble: ToolTrouble?
  private var sizeWasAsked = false

  init(_ settings: BorgSettings) { self.settings = settings }

  mutating func begin(at now: Timestamp) {
    archives = nil
    sizeTrouble = nil
    sizeWasAsked = false
  }

  mutating func next() -> ToolQuestion? {
    guard let archives else {
      var arguments = common + ["list", "--json", "--consider-checkpoints"]
      if let match = settings.match { arguments += ["--glob-archives", match] }
      return ToolQuestion(name: "list", arguments: arguments + [settings.repository])
    }
    guard settings.asksSizes, !sizeWasAsked, case .success(let known) = archives,
      let newest = known.filter({ $0.size == nil && $0.rejection == nil }).max(by: { $0.time < $1.time })
    else { return nil }
    return ToolQuestion(
      name: "size \(newest.id)",
      arguments: common + ["info", "--json", "\(settings.repository)::\(newest.id)"])
  }

  private var common: [String] {
    let seconds = max(0, settings.lockWait.milliseconds / 1000)
    return ["--log-json", "--lock-wait", "\(seconds)"]
  }

  mutating func heard(_ reply: Result<ToolReply, ToolTrouble>, to question: ToolQuestion) {
    let answer: Result<ToolReply, ToolTrouble> = reply.flatMap { reply in
      // 1 and 100 to 127 are warnings: the answer is there.
      [0, 1].contains(reply.status) || (100..<128).contains(reply.status)
        ? .success(reply) : .failure(Self.trouble(reply))
    }
    if question.name == "list" {
      archives = answer.flatMap { Self.read($0.output) }
      addSizes()
    } else {
      sizeWasAsked = true
      heard(size: String(question.name.dropFirst("size ".count)), answer)
    }
  }

  private mutating func heard(size id: String, _ answer: Result<ToolReply, ToolTrouble>) {
    switch answer {
    case .failure(let trouble): sizeTrouble = trouble
    case .success(let reply):
      let stats = (try? JSONText.parse(reply.output))?["archives"]?.items?.first?["stats"]
      guard let size = stats?["original_size"]?.size else {
        sizeTrouble = ToolTrouble(.body, "`borg info` tells no original_size")
        return
      }
      if sizes.count > Self.sizesKept { sizes = [:] }
      sizes[id] = (size, stats?["deduplicated_size"]?.size)
      addSizes()
    }
  }

  private mutating func addSizes() {
    guard case .success(var found) = archives else { return }
    for place in found.indices {
      guard let known = sizes[found[place].id] else { continue }
      found[place].size = known.size
      found[place].stored = known.stored
    }
    archives = .success(found)
  }

  mutating func findings(
    _ basics: BackupBasics, at now: Timestamp
  ) -> Result<ToolFindings, ToolTrouble> {
    switch archives {
    case nil: return .failure(ToolTrouble(.other, "Borg was not asked"))
    case .failure(let trouble): return .failure(trouble)
    case .success(let known):
      var findings = ToolFindings(known)
      if settings.asksSizes { findings.questions.append(("size", sizeTrouble)) }
      return .success(findings)
    }
  }

  /// - Parameter bytes: what `borg list --json` prints with `TZ=UTC`.
  static func read(_ bytes: [UInt8]) -> Result<[ToolSnapshot], ToolTrouble> {
    let document: OrderedJSON
    do throws(JSONText.Malformed) { document = try JSONText.parse(bytes) } catch {
      return .failure(ToolTrouble(.body, "`borg list` is \(error)"))
    }
    guard let listed = document["archives"]?.items else {
      return .failure(ToolTrouble(.body, "`borg list` has no archives: Borg 1.1 or newer is needed"))
    }
    let found = listed.compactMap { item -> ToolSnapshot? in
      // When it began: what was written later need not be in it.
      guard let name = item["name"]?.text ?? item["archive"]?.text,
        let time = (item["start"] ?? item["time"])?.text.flatMap(time)
      else { return nil }
      var snapshot = ToolSnapshot(id: name, time: time)
      // What a backup that was broken off leaves behind.
      if name.hasSuffix(".checkpoint") || name.contains(".checkpoint.") { snapshot.rejection = .unfinished }
      return snapshot
    }
    guard found.count == listed.count else {
      return .failure(
        ToolTrouble(.body, "`borg list` has \(listed.count - found.count) archives without name or time"))
    }
    return .success(found)
  }

  /// `2026-11-21T20:09:32.000000`, or with an offset from versions that write one.
  private static func time(_ text: String) -> Timestamp? {
    let found = Timestamp(rfc3339: text) ?? Timestamp(rfc3339: text + "Z")
    return found.flatMap { $0.milliseconds > 0 ? $0 : nil }
  }

  private static func trouble(_ reply: ToolReply) -> ToolTrouble {
    // With `--log-json` each line is an object with a fixed word for what happened.
    var words: [String] = []
    var identifier = ""
    for line in reply.errors.split(whereSeparator: \.isNewline).prefix(100) {
      // A question that nobody answers ("Enter passphrase for …: ") stands before the object in the same line.
      let object = line.firstIndex(of: "{").map { line[$0...] } ?? line
      guard let entry = try? JSONText.parse(Array(object.utf8)), let text = entry["message"]?.text else {
        continue
      }
      if let id = entry["msgid"]?.text, identifier.isEmpty || entry["levelname"]?.text == "ERROR" {
        identifier = id
      }
      words.append(text.split(whereSeparator: \.isNewline).first.map { String($0.prefix(200)) } ?? "")
    }
    let said = words.isEmpty ? reply.complaint() : words.prefix(3).joined(separator: " / ")
    let known: [String: (FailureReason, String)] = [
      "PassphraseWrong": (.authentication, "the passphrase is not that of the repository"),
      "NoPassphraseFailure": (.authentication, "there is no passphrase: set `passphrase_file`"),
      "KeyfileNotFoundError": (
        .authentication,
        "the repository's key file is not there: put it into keys/ of Borg's configuration below `base_directory`"
      ),
      "KeyfileInvalidError": (
        .authentication, "the repository's key file is damaged: import a copy (borg key import)"
      ),
      "PasscommandFailure": (.configuration, "the passphrase cannot be had"),
      "Repository.DoesNotExist": (.missing, "there is no repository: is it mounted, is the path right?"),
      "Repository.InvalidRepository": (.missing, "that is no Borg repository"),
      "LockTimeout": (
        .limit, "the repository is locked: by a backup that runs, or one that died (borg break-lock)"
      ),
      "LockError": (
        .permission, "the repository cannot be locked: Farwatch's account must be able to write there"
      ),
      "LockFailed": (
        .permission, "the repository cannot be locked: Farwatch's account must be able to write there"
      ),
      "Cache.RepositoryAccessAborted": (
        .wrongCluster, "the repository is not where it was: is it the right one? then `allow_relocated: true`"
      ),
      "Cache.EncryptionMethodMismatch": (
        .wrongCluster, "the repository is encrypted in another way than before"
      ),
      "Cache.RepositoryReplay": (.wrongCluster, "the repository is older than it was: was it rolled back?"),
      "ConnectionClosed": (.reset, "the connection to the repository ended"),
      "ConnectionClosedWithHint": (.reset, "the connection to the repository ended"),
      "CommandError": (.configuration, "Borg does not take the command: 1.1 or newer is needed"),
      "Repository.CheckNeeded": (.io, "the repository is inconsistent: run borg check"),
      "IntegrityError": (.io, "the repository is damaged: run borg check"),
    ]
    let found =
      known[identifier]
      ?? (said.contains("Permission denied")
        ? (.permission, "Farwatch's account may not read the repository") : nil)
    return ToolTrouble(
      found?.0 ?? .other, "\(found?.1 ?? "Borg ended with status \(reply.status)") (\(said.prefix(400)))")
  }
}
