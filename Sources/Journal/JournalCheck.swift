internal import Model

/// Holds stored rows against their chain. Feed it every row in the order of keys, then ask for the result.
package struct JournalCheck: Sendable {
  /// What holds.
  package struct Extent: Hashable, Sendable {
    /// nil: the journal is empty.
    package var first: Int?
    package var last: Int
    package var count: Int
    /// Of the newest entry: equal to what was noted earlier means that nothing up to there is different.
    package var hash: String

    package init(first: Int?, last: Int, count: Int, hash: String) {
      self.first = first
      self.last = last
      self.count = count
      self.hash = hash
    }
  }

  /// The first place where the chain does not hold.
  package struct Fault: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: String, Sendable {
      /// A row is not what was written.
      case changed
      /// Rows that should be there are not.
      case removed
      /// A row is there that was not written.
      case inserted
    }

    package var kind: Kind
    /// The entry's number; nil when the row has none.
    package var sequence: Int?
    package var detail: String

    package init(kind: Kind, sequence: Int?, detail: String) {
      self.kind = kind
      self.sequence = sequence
      self.detail = detail
    }

    package var description: String {
      "\(sequence.map { "entry \($0)" } ?? "a row") was \(kind.rawValue): \(detail)"
    }
  }

  private var ends: JournalEnds?
  private var last: JournalEnds.Link?
  private var first: Int?
  private var count = 0
  private var fault: Fault?

  package init() {}

  /// Whether a fault was found, so that the other rows need not be read.
  package var isDecided: Bool { fault != nil }

  package mutating func take(key: String, value: [UInt8]) {
    guard fault == nil else { return }
    switch key {
    case JournalEnds.key:
      ends = JournalEnds(value)
      last = ends?.removed
      if ends == nil { fault = Fault(kind: .changed, sequence: nil, detail: "the row of the journal's ends") }
    case JournalMarks.key: break
    default: fault = check(key, value)
    }
  }

  private mutating func check(_ key: String, _ value: [UInt8]) -> Fault? {
    guard let sequence = JournalRow.sequence(ofKey: key) else {
      return Fault(kind: .inserted, sequence: nil, detail: "no entry has the key \(quoted(key))")
    }
    guard let ends, let last else {
      return Fault(kind: .removed, sequence: nil, detail: "the row of the journal's ends, which comes first")
    }
    let expected = last.sequence + 1
    if sequence < expected {
      return Fault(kind: .inserted, sequence: sequence, detail: "the journal begins at entry \(expected)")
    }
    if sequence > ends.last.sequence {
      return Fault(
        kind: .inserted, sequence: sequence, detail: "the journal ends at entry \(ends.last.sequence)")
    }
    if sequence > expected {
      return Fault(kind: .removed, sequence: expected, detail: "the next one that is there is \(sequence)")
    }
    guard let parts = JournalRow.parts(value) else {
      return Fault(kind: .changed, sequence: sequence, detail: "it has not the shape of an entry")
    }
    guard parts.body.starts(with: #"{"version":1,"sequence":\#(sequence),"#.utf8) else {
      return Fault(kind: .changed, sequence: sequence, detail: "it is another entry than its key says")
    }
    guard JournalRow.digest(of: parts.body, after: parts.previous) == parts.hash else {
      return Fault(kind: .changed, sequence: sequence, detail: "its hash is that of another text")
    }
    if let hash = last.hash, hash != parts.previous {
      return Fault(kind: .changed, sequence: sequence, detail: "it does not go on from the entry before it")
    }
    if first == nil { first = sequence }
    count += 1
    self.last = .init(sequence: sequence, hash: parts.hash)
    return nil
  }

  package func result() -> Result<Extent, Fault> {
    if let fault { return .failure(fault) }
    guard let ends, let last else {
      return .success(
        Extent(first: nil, last: 0, count: 0, hash: String(decoding: JournalRow.genesis, as: UTF8.self)))
    }
    if last.sequence < ends.last.sequence {
      return .failure(
        Fault(
          kind: .removed, sequence: last.sequence + 1,
          detail: "the journal ends at entry \(ends.last.sequence)"))
    }
    if last.hash != ends.last.hash {
      return .failure(
        Fault(kind: .changed, sequence: last.sequence, detail: "the newest entry is another one"))
    }
    let hash = String(decoding: last.hash ?? JournalRow.genesis, as: UTF8.self)
    return .success(Extent(first: first, last: last.sequence, count: count, hash: hash))
  }

  /// All rows at once.
  package static func verify(_ rows: [(key: String, value: [UInt8])]) -> Result<Extent, Fault> {
    var check = JournalCheck()
    for row in rows.sorted(by: { $0.key < $1.key }) where !check.isDecided {
      check.take(key: row.key, value: row.value)
    }
    return check.result()
  }
}
