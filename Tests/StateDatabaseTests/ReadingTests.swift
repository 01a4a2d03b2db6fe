import Foundation
import Model
import Testing

@testable import StateDatabase

@Suite struct ReadingTests {
  private func filled(_ scratch: Scratch) throws -> StateDatabase {
    let (database, _) = try StateDatabase.open(path: scratch.database)
    let changes = (1...50).map { StateChange(.journal, padded($0, 20), Array("{\"n\":\($0)}".utf8)) }
    try database.commitAndWait(changes)
    return database
  }

  @Test func aRangeIsReadFromEitherEnd() throws {
    let scratch = try Scratch()
    let database = try filled(scratch)
    func numbers(_ rows: [(key: String, value: [UInt8])]) -> [Int] { rows.compactMap { Int($0.key) } }
    #expect(numbers(try database.load(.journal, from: nil, limit: 3)) == [1, 2, 3])
    #expect(numbers(try database.load(.journal, from: nil, limit: 3, newestFirst: true)) == [50, 49, 48])
    #expect(numbers(try database.load(.journal, from: padded(10, 20), limit: 2)) == [10, 11])
    #expect(
      numbers(try database.load(.journal, from: padded(10, 20), limit: 2, newestFirst: true)) == [10, 9])
    #expect(numbers(try database.load(.journal, from: "x", limit: 2)).isEmpty)
    #expect(try database.load(.journal, from: nil, limit: -1).isEmpty)
    #expect(numbers(try database.load(.journal, from: "000000000000000000111", limit: 100)).first == 12)
    database.close()
    #expect(throws: StateDatabaseError.self) { try database.load(.journal, from: nil, limit: 1) }
  }

  @Test func aReaderSeesWhatIsDurableAndDisturbsNobody() throws {
    let scratch = try Scratch()
    let database = try filled(scratch)
    let reader = try StateReader(path: scratch.database)
    var seen = 0
    try reader.scan(.journal, newestFirst: true) { key, _ in
      if seen == 0 { try? database.commitAndWait([StateChange(.journal, padded(51, 20), Array("{}".utf8))]) }
      seen += 1
      return Int(key) ?? 0 > 11
    }
    #expect(seen == 40, "a row that is written meanwhile is not seen")
    database.close()
    // And of a daemon that is stopped.
    var last = ""
    try StateReader(path: scratch.database).scan(.journal) { key, _ in
      last = key
      return true
    }
    #expect(last == padded(51, 20))
  }

  @Test func whatIsNoStateDatabaseIsRefusedAndLeftAlone() throws {
    let scratch = try Scratch()
    #expect(throws: StateDatabaseError.self) { try StateReader(path: scratch.database) }
    #expect(try scratch.names() == [])
    try Data("no database at all, only text".utf8).write(to: URL(filePath: scratch.database))
    #expect(throws: StateDatabaseError.self) { try StateReader(path: scratch.database) }
    #expect(try Data(contentsOf: URL(filePath: scratch.database)).count == 29)
  }
}
