import FarwatchTesting
import Foundation
import HTTPServer
import Journal
import Model
import StateDatabase
import Testing

@testable import FarwatchApp

private func record(_ sequence: Int, _ alert: String = "A", at: Timestamp? = nil) -> JournalEntry {
  JournalEntry(
    at: at ?? dayStart + .seconds(sequence), kind: sequence.isMultiple(of: 2) ? .firing : .resolved,
    identity: "i", labels: ["alertname": alert, "region": sequence.isMultiple(of: 3) ? "taiwan" : "japan"],
    detail: ["n": String(sequence)])
}

@Suite struct EventsQueryTests {
  private let now = dayStart + .seconds(7200)
  private func query(_ items: (String, String)...) throws -> EventsQuery {
    try EventsQuery(items.map { ($0.0, $0.1) }, now: now)
  }

  @Test func everyParameterIsRead() throws {
    let all = try query(
      ("since", "1h"), ("until", "2026-01-01T01:30:00+00:00"), ("after", "7"), ("limit", "10"),
      ("kind", "firing,resolved"), ("kind", "given_up"), ("alert", "A"), ("label", "region=taiwan"),
      ("label", "expr=a=b"), ("order", "asc"), ("verify", "true"), ("format", "lines"))
    #expect(all.since == now - .seconds(3600) && all.until == dayStart + .seconds(5400) && all.after == 7)
    #expect(all.limit == 10 && all.kinds == [.firing, .resolved, .givenUp] && all.alert == "A")
    #expect(all.labels == [Label("region", "taiwan"), Label("expr", "a=b")])
    #expect(all.isAscending && all.verifies && all.asLines)
    #expect(try query() == EventsQuery() && EventsQuery().limit == 200)
    // And what is written is read again as the same.
    let parts = all.target.split(separator: "?")[1].split(separator: "&").map { $0.split(separator: "=") }
    let items = parts.map { (String($0[0]), String($0[1]).removingPercentEncoding ?? "") }
    #expect(try EventsQuery(items.map { ($0.0, $0.1) }, now: now) == all)
  }

  @Test(arguments: [
    ("since", "yesterday", "since:"), ("until", "2026-13-01T00:00:00Z", "until:"),
    ("limit", "0", "from 1 to 10000"),
    ("limit", "10001", "from 1 to 10000"), ("limit", "many", "limit:"), ("after", "-1", "after:"),
    ("kind", "fire", "there are pending"), ("label", "region", "NAME=VALUE"), ("label", "=x", "NAME=VALUE"),
    ("order", "up", "neither asc nor desc"), ("verify", "yes", "verify:"),
    ("colour", "red", "unknown parameter"),
  ]) func aWrongParameterIsNamed(_ name: String, _ value: String, _ said: String) {
    #expect { try query((name, value)) } throws: { "\($0)".contains(said) }
  }

  @Test func foreignQueriesNeverCrash() {
    let seed = UInt64.random(in: 1 ... .max)
    var random = SeededNumbers(seed: seed)
    print("EventsQueryTests.foreignQueriesNeverCrash: seed \(seed)")
    let pieces = [
      "2026-01-01T00:00:00Z", "9223372036854775807", "-", "1h", "=", "é", "\u{0}", ".", "+99:99", "T",
    ]
    for _ in 0..<5000 {
      let name = random.pick(["since", "until", "after", "limit", "kind", "label", "order", "format", "x"])
      let value = (0..<Int.random(in: 0...4, using: &random)).map { _ in random.pick(pieces) }.joined()
      if let query = try? EventsQuery([(name, value)], now: now) { _ = query.target }
    }
  }
}

/// A journal of which the core has only the newest entries in memory, and the database all.
@Suite struct EventsSearchTests {
  private let directory: TemporaryDirectory
  private let newest: [JournalRecord]
  private static let count = 3000

  init() throws {
    directory = try TemporaryDirectory("farwatch-events")
    let (database, _) = try StateDatabase.open(path: directory.file("state.sqlite"))
    var book = JournalBook()
    for sequence in 1...Self.count {
      database.commit(book.append([record(sequence)], at: dayStart + .seconds(sequence))) { _ in }
    }
    database.close()
    newest = Array(book.newest.suffix(1000))
  }

  private func ask(
    _ items: (String, String)..., memory: Bool = true, database: Bool = true
  ) throws -> [Int] {
    let query = try EventsQuery(items.map { ($0.0, $0.1) }, now: dayStart + .seconds(Self.count))
    let answer = try EventsSearch(query: query, clock: SystemTime()).run(newest: memory ? newest : []) {
      () throws(EventsTrouble) in
      try opened(database ? "state.sqlite" : "not-to-be-asked")
    }
    guard case .entries(let records, false) = answer else { return [-1] }
    return records.map(\.sequence)
  }

  private func opened(_ name: String) throws(EventsTrouble) -> StateReader {
    try EventsTrouble.reading { () throws(StateDatabaseError) in
      try StateReader(path: directory.file(name))
    }
  }

  @Test func memoryAndDatabaseAreOneJournal() throws {
    #expect(try ask(database: false) == Array((2801...3000).reversed()))
    #expect(try ask(("limit", "2500")) == Array((501...3000).reversed()))
    #expect(try ask(("limit", "2500"), memory: false) == Array((501...3000).reversed()))
    #expect(try ask(("limit", "2500"), ("order", "asc")) == Array(1...2500))
    #expect(try ask(("limit", "10000"), ("order", "asc")) == Array(1...3000))
    #expect(try ask(("limit", "10000"), ("order", "asc"), memory: false) == Array(1...3000))
    #expect(try ask(("after", "2995"), ("order", "asc"), database: false) == Array(2996...3000))
    #expect(try ask(("after", "2995"), database: false) == Array((2996...3000).reversed()))
    #expect(try ask(("after", "1995"), ("order", "asc"), ("limit", "10")) == Array(1996...2005))
    #expect(try ask(("after", "5000")).isEmpty)
  }

  @Test func filtersHoldInMemoryAndDatabase() throws {
    #expect(try ask(("kind", "firing"), ("label", "region=taiwan"), ("limit", "10000")).count == 500)
    #expect(try ask(("alert", "B")).isEmpty && ask(("label", "region=")).isEmpty)
    // Back from the newest entry: 100 s are 101 entries.
    #expect(try ask(("since", "100s"), ("limit", "10000")).count == 101)
    #expect(try ask(("since", "2000s"), ("until", "1500s"), ("limit", "10000")).count == 501)
    #expect(try ask(("since", "2000s"), ("until", "1500s"), ("order", "asc"), ("limit", "1")) == [1000])
  }

  @Test func theStoredChainIsVerified() throws {
    var query = EventsQuery()
    query.verifies = true
    let search = EventsSearch(query: query, clock: SystemTime())
    let answer = try search.run(newest: newest) { () throws(EventsTrouble) in
      try opened("state.sqlite")
    }
    guard case .verified(.success(let extent), false) = answer else {
      Issue.record("\(answer)")
      return
    }
    #expect(extent.count == Self.count && extent.last == Self.count)
    let json = EventsText.json(answer, asLines: false)
    #expect(json.hasPrefix(#"{"holds":true,"first":1,"last":3000,"entries":3000,"hash":""#))
    let fault = JournalCheck.Fault(kind: .removed, sequence: 5, detail: "d")
    #expect(
      EventsText.json(.verified(.failure(fault), isPartial: false), asLines: false)
        == #"{"holds":false,"fault":"removed","sequence":5,"detail":"d"}"# + "\n")
  }

  @Test func whatIsWrittenIsJSON() throws {
    var entry = record(1, "A \"b\"\n\u{1b}[2J")
    entry.startsAt = dayStart
    let records = [JournalRecord(sequence: 1, entry: entry), JournalRecord(sequence: 2, entry: record(2))]
    let array = EventsText.json(.entries(records, isPartial: false), asLines: false)
    let parsed = try #require(try JSONSerialization.jsonObject(with: Data(array.utf8)) as? [[String: Any]])
    #expect(parsed.count == 2 && parsed[0]["startsAt"] as? String == "2026-01-01T00:00:00.000Z")
    #expect((parsed[0]["labels"] as? [String: String])?["alertname"] == "A \"b\"\n\u{1b}[2J")
    let lines = EventsText.json(.entries(records, isPartial: false), asLines: true)
    #expect(lines.split(separator: "\n").count == 2)
    #expect(EventsText.json(.entries([], isPartial: false), asLines: true) == "")
    // On a terminal nothing foreign moves the cursor.
    let line = EventsText.line(records[0])
    #expect(!line.contains("\u{1b}") && !line.contains("\n") && line.contains("\\u{1b}[2J"))
    #expect(line.hasPrefix("2026-01-01T00:00:01.000Z  resolved      A"))
  }
}
