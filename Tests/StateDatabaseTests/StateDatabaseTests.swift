import FarwatchTesting
import Foundation
import Model
import StateDatabase
import Synchronization
import Testing

@Suite struct StateDatabaseTests {
  @Test func rowsAreBackAfterReopening() throws {
    let scratch = try Scratch()
    let (database, findings) = try StateDatabase.open(path: scratch.database)
    #expect(findings == [.created(path: scratch.database)])
    let text = #"{"name":"größe \u0041","n":1}"#
    try database.commitAndWait([
      StateChange(.alerts, "b", Array(text.utf8)), StateChange(.alerts, "a", Array("1".utf8)),
      StateChange(.outbox, "a", Array("[]".utf8)),
    ])
    try database.commitAndWait([
      StateChange(.alerts, "a", Array("2".utf8)), StateChange(.outbox, "a", nil),
    ])
    database.close()
    database.close()
    let (again, second) = try StateDatabase.open(path: scratch.database)
    defer { again.close() }
    #expect(second.isEmpty)
    let rows = try again.load(.alerts)
    #expect(rows.map(\.key) == ["a", "b"])
    #expect(rows.map { String(decoding: $0.value, as: UTF8.self) } == ["2", text])
    #expect(try again.load(.outbox).isEmpty)
  }

  @Test func everyTableOfTheModelIsThere() throws {
    let scratch = try Scratch()
    let (database, _) = try StateDatabase.open(path: scratch.database)
    defer { database.close() }
    try database.commitAndWait(StateChange.Table.allCases.map { StateChange($0, "k", Array("0".utf8)) })
    for table in StateChange.Table.allCases { #expect(try database.load(table).count == 1) }
  }

  @Test func onlyTheOwnerMayRead() throws {
    let scratch = try Scratch()
    #expect(FileManager.default.createFile(atPath: scratch.database, contents: nil))
    #expect(chmod(scratch.database, 0o644) == 0)
    let (database, _) = try StateDatabase.open(path: scratch.database)
    defer { database.close() }
    try database.commitAndWait([StateChange(.settings, "k", Array("0".utf8))])
    for name in try scratch.names() {
      let attributes = try FileManager.default.attributesOfItem(atPath: scratch.path + "/" + name)
      #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
    }
  }

  @Test func aCommitOfWhatIsNotTextIsRefusedWhole() throws {
    let scratch = try Scratch()
    let (database, _) = try StateDatabase.open(path: scratch.database)
    defer { database.close() }
    for bad in [StateChange(.alerts, "k", [0xff, 0xfe]), StateChange(.alerts, "a\0b", nil)] {
      let error = #expect(throws: StateDatabaseError.self) {
        try database.commitAndWait([StateChange(.alerts, "good", Array("1".utf8)), bad])
      }
      #expect(error?.reason == .text)
    }
    #expect(try database.load(.alerts).isEmpty)
  }

  @Test func afterCloseCommitsAreRefusedAndNothingHangs() throws {
    let scratch = try Scratch()
    let (database, _) = try StateDatabase.open(path: scratch.database)
    let answered = Atomic<Int>(0)
    for n in 0..<100 {
      database.commit([StateChange(.alerts, "\(n)", Array("1".utf8))]) { result in
        if case .success = result { answered.add(1, ordering: .relaxed) }
      }
    }
    database.close()
    #expect(answered.load(ordering: .relaxed) == 100)
    #expect(throws: StateDatabaseError.self) { try database.commitAndWait([]) }
    #expect(throws: StateDatabaseError.self) { try database.load(.alerts) }
  }

  @Test func whatQueuesDuringATransactionGoesIntoTheNextOneInOrder() throws {
    let scratch = try Scratch()
    let (database, _) = try StateDatabase.open(path: scratch.database)
    defer { database.close() }
    let order = Mutex<[Int]>([])
    let gate = DispatchSemaphore(value: 0)
    // The writer stands in the first completion while the others queue up.
    database.commit([StateChange(.alerts, "k", Array("-1".utf8))]) { _ in gate.wait() }
    for n in 0..<500 {
      database.commit([StateChange(.alerts, "k", Array("\(n)".utf8))]) { _ in
        order.withLock { $0.append(n) }
      }
    }
    gate.signal()
    try database.commitAndWait([])
    #expect(order.withLock { $0 } == Array(0..<500))
    #expect(try database.load(.alerts).map { String(decoding: $0.value, as: UTF8.self) } == ["499"])
    let statistics = database.statistics
    #expect(statistics.transactions <= 3)
    #expect(statistics.commits == 502)
    #expect(statistics.queueDepth == 0)
    #expect(statistics.lastCommitDuration.map { $0 > .zero } == true)
  }

  @Test func beyondTheQueueLimitTheNewestValueWinsAndNothingIsOvertaken() throws {
    let scratch = try Scratch()
    let (database, _) = try StateDatabase.open(path: scratch.database, queueLimit: 3)
    defer { database.close() }
    let gate = DispatchSemaphore(value: 0)
    let entered = DispatchSemaphore(value: 0)
    database.commit([]) { _ in
      entered.signal()
      gate.wait()
    }
    entered.wait()
    let overloaded = Atomic<Int>(0)
    func commit(_ value: String) {
      database.commit([StateChange(.alerts, "k", Array(value.utf8)), StateChange(.alerts, value, nil)]) {
        if case .failure(let error) = $0, error.reason == .overloaded {
          overloaded.add(1, ordering: .relaxed)
        }
      }
    }
    for n in 0..<4 { commit("\(n)") }
    // Would fit, but must not be written before those that were merged.
    database.commit([StateChange(.alerts, "k", Array("last".utf8))]) { _ in }
    #expect(overloaded.load(ordering: .relaxed) == 3)
    #expect(database.statistics.unsavedKeys == 4)
    gate.signal()
    while database.statistics.unsavedKeys > 0 { usleep(1000) }
    try database.commitAndWait([])
    #expect(try database.load(.alerts).map { String(decoding: $0.value, as: UTF8.self) } == ["last"])
  }

  @Test func aMissingDirectoryIsAnErrorThatNamesIt() {
    let error = #expect(throws: StateDatabaseError.self) {
      try StateDatabase.open(path: "/nowhere/state.db")
    }
    #expect(error?.reason == .open)
    #expect(error?.detail.contains("/nowhere/state.db: No such file") == true)
  }
}

@Suite struct DamagedFileTests {
  @Test(arguments: ["rubbish", "page", "shortened"])
  func isSetAsideAndAnEmptyOneBegins(kind: String) throws {
    let scratch = try Scratch()
    let (database, _) = try StateDatabase.open(path: scratch.database)
    let value = Array(#""\#(String(repeating: "x", count: 300))""#.utf8)
    for n in 0..<200 { try database.commitAndWait([StateChange(.alerts, "\(n)", value)]) }
    database.close()
    let file = URL(fileURLWithPath: scratch.database)
    var bytes = try Data(contentsOf: file)
    switch kind {
    case "rubbish": bytes = Data(repeating: 0x41, count: 10_000)
    case "page": bytes.replaceSubrange(9000..<30_000, with: Data(repeating: 0xa5, count: 21_000))
    default: bytes = bytes.prefix(bytes.count / 2)
    }
    try bytes.write(to: file)
    let time = ManualTime()
    let (again, findings) = try StateDatabase.open(path: scratch.database, time: time)
    defer { again.close() }
    let aside = scratch.database + ".corrupt-20260101T000000Z"
    guard case .setAside(aside, let reason)? = findings.first else {
      Issue.record("\(findings)")
      return
    }
    #expect(!reason.isEmpty)
    #expect(try Data(contentsOf: URL(fileURLWithPath: aside)) == bytes)
    #expect(try again.load(.alerts).isEmpty)
    try again.commitAndWait([StateChange(.alerts, "new", Array("1".utf8))])
  }

  @Test func aFileOfANewerReleaseIsNotTouched() throws {
    let scratch = try Scratch()
    let (database, _) = try StateDatabase.open(path: scratch.database)
    try database.commitAndWait([StateChange(.alerts, "k", Array("1".utf8))])
    database.close()
    // `PRAGMA user_version` is the big-endian word at byte 60 of the file.
    let file = URL(fileURLWithPath: scratch.database)
    var bytes = try Data(contentsOf: file)
    bytes[63] = 99
    try bytes.write(to: file)
    let error = #expect(throws: StateDatabaseError.self) { try StateDatabase.open(path: scratch.database) }
    #expect(error?.reason == .newerSchema)
    #expect(try scratch.names().filter { $0.contains("corrupt") }.isEmpty)
  }
}
