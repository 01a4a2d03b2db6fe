internal import Collecting
internal import Model

/// What is asked of Barman: the catalogue of a server, and its checks.
struct BarmanDialogue: ToolDialogue {
  /// Checks that are told one by one, of about 25 that Barman has.
  private static let checksLimit = 64

  private let settings: BarmanSettings
  private var backups: Result<[ToolSnapshot], ToolTrouble>?
  private var checks: Result<[(name: String, failed: Bool)], ToolTrouble>?

  init(_ settings: BarmanSettings) { self.settings = settings }

  mutating func begin(at now: Timestamp) {
    backups = nil
    checks = nil
  }

  mutating func next() -> ToolQuestion? {
    if backups == nil { return question("list", "list-backups") }
    guard settings.runsCheck, checks == nil, case .success? = backups else { return nil }
    return question("check", "check")
  }

  private func question(_ name: String, _ command: String) -> ToolQuestion {
    let config = settings.config.map { ["--config", $0] } ?? []
    return ToolQuestion(name: name, arguments: config + ["--format", "json", command, settings.server])
  }

  mutating func heard(_ reply: Result<ToolReply, ToolTrouble>, to question: ToolQuestion) {
    if question.name == "list" {
      backups = reply.flatMap { reply in Self.answer(reply, settings.server).flatMap(Self.backups) }
    } else {
      // 1 stands for a check that failed, too.
      checks = reply.flatMap { reply in Self.answer(reply, settings.server).flatMap(Self.checks) }
    }
  }

  mutating func findings(
    _ basics: BackupBasics, at now: Timestamp
  ) -> Result<ToolFindings, ToolTrouble> {
    switch backups {
    case nil: return .failure(ToolTrouble(.other, "Barman was not asked"))
    case .failure(let trouble): return .failure(trouble)
    case .success(let known):
      var findings = ToolFindings(known)
      switch checks {
      case nil: break
      case .failure(let trouble): findings.questions.append(("check", trouble))
      case .success(let checks):
        findings.questions.append(("check", nil))
        findings.readings += checks.prefix(Self.checksLimit).map { check in
          Reading(BackupToolFamilies.checkFailed, check.failed, labels: ["check": check.name])
        }
        let failed = checks.filter(\.failed).map(\.name)
        if !failed.isEmpty {
          findings.warning = ToolTrouble(
            .status, "`barman check` fails: " + failed.prefix(8).joined(separator: ", "))
        }
      }
      return .success(findings)
    }
  }

  /// What Barman says of the server.
  static func answer(_ reply: ToolReply, _ server: String) -> Result<OrderedJSON, ToolTrouble> {
    guard let document = try? JSONText.parse(reply.output) else {
      let words = reply.output.isEmpty || reply.status != 0 ? reply.complaint() : "its answer is no JSON"
      let plain =
        String(decoding: reply.output.prefix(200), as: UTF8.self)
        .split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
      let said = words.isEmpty ? plain : words
      let reason: FailureReason =
        said.contains("does not exist")
        ? .missing : said.contains("ermission denied") ? .permission : reply.status == 0 ? .body : .other
      return .failure(ToolTrouble(reason, "Barman ended with status \(reply.status): \(said)"))
    }
    if let told = document[server] { return .success(told) }
    let errors = (document["_ERROR"]?.items ?? []).compactMap(\.text).prefix(3).joined(separator: " / ")
    if errors.contains("Unknown server") {
      return .failure(ToolTrouble(.missing, "Barman knows no server \(server): see `server` and `config`"))
    }
    return .failure(
      ToolTrouble(errors.isEmpty ? .body : .other, "Barman says nothing of \(server): \(errors.prefix(300))"))
  }

  static func backups(_ told: OrderedJSON) -> Result<[ToolSnapshot], ToolTrouble> {
    guard let items = told.items else {
      return .failure(ToolTrouble(.body, "`barman list-backups` has no list: Barman 2.11 or newer is needed"))
    }
    let found = items.compactMap(backup)
    guard found.count == items.count else {
      return .failure(
        ToolTrouble(.body, "`barman list-backups` has \(items.count - found.count) without name or time"))
    }
    return .success(found)
  }

  private static func backup(_ item: OrderedJSON) -> ToolSnapshot? {
    guard let id = item["backup_id"]?.text, let status = item["status"]?.text else { return nil }
    // One that is not done has no end; its name is when it began, by the clock of Barman's machine.
    guard let time = item["end_time_timestamp"]?.epoch ?? BackupTimeFormat.guess(in: id)?.start else {
      return nil
    }
    var snapshot = ToolSnapshot(id: id, time: time)
    snapshot.size = item["size_bytes"]?.size
    snapshot.stored = snapshot.size.map { size in
      let sum = size.addingReportingOverflow(item["wal_size_bytes"]?.size ?? 0)
      return sum.overflow ? .max : sum.partialValue
    }
    switch status {
    case "DONE": break
    // Copied, and the WAL that makes it consistent is not yet archived.
    case "WAITING_FOR_WALS": snapshot.rejection = .walMissing
    case "FAILED", "SYNCING_FAILED": snapshot.rejection = .failed
    default: snapshot.rejection = .unfinished
    }
    if item["retention_status"]?.text == "OBSOLETE", snapshot.rejection == nil {
      snapshot.rejection = .expired
    }
    return snapshot
  }

  static func checks(_ told: OrderedJSON) -> Result<[(name: String, failed: Bool)], ToolTrouble> {
    guard let members = told.members else {
      return .failure(ToolTrouble(.body, "`barman check` has no list of checks"))
    }
    return .success(
      members.compactMap { member in
        let isName = member.name.utf8.count <= 80 && !member.name.isEmpty
        guard isName, let status = member.value["status"]?.text else { return nil }
        return (member.name, status != "OK")
      })
  }
}
