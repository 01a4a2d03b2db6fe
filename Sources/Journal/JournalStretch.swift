/// A part of the journal, as somebody else was given it: rows word for word, without the database.
package struct JournalStretch: Hashable, Sendable {
  package struct Entry: Hashable, Sendable {
    package var record: JournalRecord
    package var hash: String
  }

  /// In order; at least one.
  package var entries: [Entry]
  /// The hash before the first entry: the journal's head then.
  package var previous: String
  /// Of the newest entry: the journal's head afterwards.
  package var hash: String { entries.last?.hash ?? previous }

  /// Reads `rows` and holds them against their chain: each must be what was hashed, and go on from the one before.
  package static func read(_ rows: [[UInt8]]) -> Result<JournalStretch, JournalCheck.Fault> {
    var stretch = JournalStretch(entries: [], previous: "")
    for row in rows {
      let expected = stretch.entries.last.map { $0.record.sequence + 1 }
      func fault(_ detail: String) -> Result<JournalStretch, JournalCheck.Fault> {
        .failure(JournalCheck.Fault(kind: .changed, sequence: expected, detail: detail))
      }
      guard let parts = JournalRow.parts(row), let record = JournalRow.decode(row) else {
        return fault("a row has not the shape of an entry")
      }
      if let expected, record.sequence != expected {
        let kind: JournalCheck.Fault.Kind = record.sequence > expected ? .removed : .inserted
        return .failure(
          .init(kind: kind, sequence: expected, detail: "entry \(record.sequence) stands there"))
      }
      guard JournalRow.digest(of: parts.body, after: parts.previous) == parts.hash else {
        return fault("the hash of entry \(record.sequence) is that of another text")
      }
      let previous = String(decoding: parts.previous, as: UTF8.self)
      if stretch.entries.isEmpty {
        stretch.previous = previous
      } else if previous != stretch.hash {
        return fault("entry \(record.sequence) does not go on from the one before it")
      }
      stretch.entries.append(Entry(record: record, hash: String(decoding: parts.hash, as: UTF8.self)))
    }
    guard !stretch.entries.isEmpty else {
      return .failure(.init(kind: .removed, sequence: nil, detail: "there is no entry"))
    }
    return .success(stretch)
  }
}
