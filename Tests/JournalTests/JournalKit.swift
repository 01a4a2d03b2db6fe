import Model

@testable import Journal

let start = Timestamp(year: 2026, month: 1, day: 1)

/// The table as the disk has it.
struct Table {
  var rows: [String: [UInt8]] = [:]

  mutating func apply(_ changes: [StateChange]) {
    for change in changes where change.table == .journal { rows[change.key] = change.value }
  }

  var sorted: [(key: String, value: [UInt8])] {
    rows.sorted { byteOrder($0.key, $1.key) }.map { ($0.key, $0.value) }
  }

  /// What a start reads: the two rows that come first, and the newest.
  var newest: [(key: String, value: [UInt8])] {
    Array(sorted.prefix(2)) + sorted.dropFirst(2).suffix(JournalBook.newestLimit)
  }

  var entries: [(key: String, value: [UInt8])] {
    sorted.filter { JournalRow.sequence(ofKey: $0.key) ?? 0 > 0 }
  }
  var verdict: Result<JournalCheck.Extent, JournalCheck.Fault> { JournalCheck.verify(sorted) }

  func text(_ sequence: Int) -> String {
    rows[JournalRow.key(sequence)].map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}

func entry(_ number: Int, at time: Timestamp = start) -> JournalEntry {
  JournalEntry(
    at: time, kind: JournalEntry.Kind.allCases[number % JournalEntry.Kind.allCases.count],
    identity: "rule/\(number)",
    labels: ["alertname": "RegionDown", "region": "r\(number)", "note": "é \"quoted\" \\ \u{1}\n"],
    startsAt: time - .seconds(30), detail: ["receiver": "pager", "by": "someone\u{0}"])
}
