import Collecting
import FarwatchTesting
import Model
import Testing

@testable import Backups

/// Tools that cannot be run here: a dialogue is played with recorded answers, and every question is checked.
@Suite struct RecordedToolTests {
  private let now = Timestamp(rfc3339: "2026-11-21T20:10:00Z") ?? .init(milliseconds: 0)

  /// Plays one collection; a question that has no answer here fails the test.
  private func played(
    _ dialogue: some ToolDialogue, _ answers: [String: ToolReply]
  ) -> Result<ToolFindings, ToolTrouble> {
    var dialogue = dialogue
    dialogue.begin(at: now)
    while let question = dialogue.next() {
      let command = question.arguments.joined(separator: " ")
      guard let answer = answers[command] else {
        Issue.record("asked: \(command)")
        return .failure(ToolTrouble(.other, command))
      }
      dialogue.heard(.success(answer), to: question)
    }
    return dialogue.findings(basics(), at: now)
  }

  private func reply(_ text: String, status: Int32 = 0, errors: String = "") -> ToolReply {
    ToolReply(status: status, output: Array(text.utf8), errors: errors)
  }

  private func value(_ readings: [Reading], _ family: MetricFamily, _ labels: Labels = .empty) -> Double? {
    readings.first { $0.family == family && $0.labels == labels }?.value
  }

  @Test func barman() throws {
    let dialogue = BarmanDialogue(
      BarmanSettings(basics: basics(), program: ToolProgram(path: "/usr/bin/barman"), server: "main"))
    let list = "--format json list-backups main"
    let check = "--format json check main"
    let found = try played(
      dialogue, [list: reply(ToolSamples.barman), check: reply(ToolSamples.barmanCheck, status: 1)]
    ).get()
    #expect(found.snapshots.map(\.rejection) == [nil, .failed])
    #expect(found.snapshots[0].time.seconds == 1_795_293_328 && found.snapshots[0].size == 29_907_264)
    #expect(value(found.readings, BackupToolFamilies.checkFailed, ["check": "backup_maximum_age"]) == 1)
    #expect(value(found.readings, BackupToolFamilies.checkFailed, ["check": "wal_level"]) == 0)
    #expect(found.warning?.detail.contains("backup_maximum_age") == true)

    let unknown = reply(#"{"_ERROR": ["Unknown server 'main'"]}"#, status: 1)
    #expect(throws: ToolTrouble.self) { try played(dialogue, [list: unknown]).get() }
    let unconfigured = reply("Configuration file '/x' does not exist\n", status: 1)
    guard case .failure(let trouble) = played(dialogue, [list: unconfigured]) else {
      Issue.record("no failure")
      return
    }
    #expect(trouble.reason == .missing && trouble.detail.contains("/x"))
  }

  @Test func resticIsAskedForWhatIsWanted() throws {
    var settings = ResticSettings(
      basics: basics(), program: ToolProgram(path: "/r"), repository: .file("/etc/where"))
    settings.passwordFile = "/etc/word"
    settings.host = "one"
    settings.tags = ["db", "nightly"]
    settings.path = "/data"
    settings.asksSizes = true
    let common = "--repository-file /etc/where --password-file /etc/word --no-cache --no-lock "
    let lock = String(repeating: "a", count: 64)
    let found = try played(
      ResticDialogue(settings),
      [
        common + "snapshots --json --group-by  --host one --tag db,nightly --path /data": reply(
          #"[{"id":"ab","time":"2026-11-21T20:00:00Z"},{"id":"cd","time":"2026-11-20T20:00:00Z"}]"#),
        common + "list locks": reply("\(lock)\nsomething else\n"),
        common + "cat lock \(lock)": reply(#"{"time":"2026-11-21T19:00:00Z","pid":7}"#),
        common + "stats --json --mode restore-size ab": reply(#"{"total_size":77}"#),
      ]
    ).get()
    #expect(found.snapshots.map(\.size) == [77, nil])
    #expect(value(found.readings, BackupToolFamilies.staleLocks) == 1)
  }

  @Test func walG() throws {
    let dialogue = WALGDialogue(WALGSettings(basics: basics(), program: ToolProgram(path: "/bin/wal-g")))
    let list = "backup-list --detail --json"
    let wal = "wal-show --detailed-json"
    let found = try played(dialogue, [list: reply(ToolSamples.walG), wal: reply(ToolSamples.walShow)]).get()
    #expect(found.snapshots.map(\.isFull) == [true, false])
    #expect(found.snapshots[1].needs == ["base_000000010000000000000002"])
    #expect(value(found.readings, BackupToolFamilies.walGap, ["since": "newest_backup"]) == 1)
    #expect(value(found.readings, BackupToolFamilies.walGap, ["since": "oldest_backup"]) == 2)
    #expect(found.warning?.reason == .missing)
    // No backup is no failure, in whichever words.
    #expect(try played(dialogue, [list: reply("[]")]).get().snapshots.isEmpty)
    let none = reply("", status: 1, errors: "INFO: No backups found\n")
    #expect(try played(dialogue, [list: none]).get().snapshots.isEmpty)
    let short = reply(#"[{"backup_name":"base_1","time":"2026-11-21T01:00:09Z"}]"#)
    #expect(throws: ToolTrouble.self) { try played(dialogue, [list: short]).get() }
  }

  @Test func velero() throws {
    var settings = VeleroSettings(basics: basics(), program: ToolProgram(path: "/usr/bin/kubectl"))
    let list = "get backups.velero.io --namespace velero --output json"
    let found = try played(VeleroDialogue(settings), [list: reply(ToolSamples.velero)]).get()
    #expect(found.snapshots.map(\.rejection) == [nil, .failed, .expired, .unfinished])
    #expect(found.isRunning == true && value(found.readings, BackupToolFamilies.expired) == 1)
    settings.acceptsPartial = true
    settings.schedule = "daily"
    settings.context = "prod"
    let partial = try played(
      VeleroDialogue(settings),
      ["--context prod \(list) --selector velero.io/schedule-name=daily": reply(ToolSamples.velero)]
    ).get()
    #expect(partial.snapshots.map(\.rejection) == [nil, nil, .expired, .unfinished])
    let forbidden = reply(
      "", status: 1, errors: "Error from server (Forbidden): backups.velero.io is forbidden")
    guard
      case .failure(let trouble) = played(
        VeleroDialogue(settings),
        [
          "--context prod \(list) --selector velero.io/schedule-name=daily": forbidden
        ])
    else {
      Issue.record("no failure")
      return
    }
    #expect(trouble.reason == .permission)
  }

  @Test func passwordsInAddressesAreNotRepeated() {
    let said = reply(
      "", errors: "Fatal: rest:https://u:p@w/x@host:8000/r: denied\n\u{1b}[1mat https://host:80/a")
    #expect(said.complaint() == "Fatal: rest:https://***@host:8000/r: denied / [1mat https://host:80/a")
    let settings = ResticSettings(
      basics: basics(), program: ToolProgram(path: "/r"), repository: .location("rest:https://u:p@host"))
    #expect(settings.basics.repo == "host")
  }

  @Test func theSeriesIsJudged() {
    func snapshot(_ id: String, _ hours: Double, _ size: UInt64? = 100) -> ToolSnapshot {
      var made = ToolSnapshot(id: id, time: now - .seconds(hours * 3600))
      made.size = size
      return made
    }
    var basics = basics()
    basics.sizeRatio = 0.5...2
    var child = snapshot("child", 1)
    child.needs = ["gone"]
    child.isFull = false
    var heir = snapshot("heir", 0.5)
    heir.needs = ["child"]
    let found = SnapshotSeries.assess(
      [
        snapshot("a", 120), snapshot("b", 96), snapshot("c", 40), snapshot("small", 20, 10),
        snapshot("void", 10, 0),
        snapshot("future", -1), snapshot("unknown", 15, nil), child, heir,
      ], basics, now: now)
    #expect(
      found.rejections == [
        "small": .sizeRatio, "void": .empty, "future": .future, "child": .incompleteChain,
        "heir": .incompleteChain,
      ])
    #expect(found.lastSuccess == now - .seconds(15 * 3600) && found.lastSize == nil && found.gaps == 1)
    #expect(found.oldestRestorable == now - .seconds(120 * 3600) && found.clockSkew == .seconds(3600))
  }

  /// A tool that hangs costs its own time-out; secrets reach it by its environment and nobody else.
  @Test func aToolThatHangsAndOneThatTalks() async throws {
    let folder = try TemporaryDirectory()
    let clients = CollectorClients(userAgent: "test")
    defer { clients.shutdown() }
    var program = ToolProgram(path: try folder.write("hang", "#!/bin/sh\nexec sleep 60\n", mode: 0o755))
    var hung = BarmanSettings(basics: basics(timeout: .milliseconds(300)), program: program, server: "main")
    let outcome = await collected(try hung.makeCollector(clients))
    #expect(outcome.reason == .timeout && outcome.took < .seconds(5))
    #expect(outcome.value(BackupFamilies.up) == 0 && outcome.value(BackupFamilies.objectiveAge) == 86_400)

    let talk = "#!/bin/sh\necho \"no luck with $WORD\" >&2\nexit 3\n"
    program.path = try folder.write("talk", talk, mode: 0o755)
    program.secrets["WORD"] = .file(try folder.write("word", "correct horse\n"))
    hung.program = program
    let told = await collected(try hung.makeCollector(clients))
    #expect(told.detail.contains("no luck with ***") && !told.detail.contains("horse"), "\(told.detail)")
    hung.program.secrets["WORD"] = .file(folder.file("none"))
    #expect(await collected(try hung.makeCollector(clients)).reason == .missing)
    hung.program.path = try folder.write("long", "#!/bin/sh\nhead -c 100000 /dev/zero\n", mode: 0o755)
    hung.program.secrets = [:]
    hung.program.outputLimit = 1000
    #expect(await collected(try hung.makeCollector(clients)).reason == .limit)
  }
}
