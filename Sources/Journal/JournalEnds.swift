internal import FoundationEssentials
internal import Model

/// Where the stored journal begins and ends: what tells rows that were removed by age from rows that somebody removed.
/// Written with every commit of entries, under a key that sorts before them.
struct JournalEnds: Equatable {
  /// A place in the chain: an entry and its hash.
  struct Link: Equatable {
    var sequence: Int
    /// nil: not known, so that the entry behind it cannot be held against it.
    var hash: JournalRow.Digest?
  }

  static let key = JournalRow.key(0)

  /// The last entry that retention removed.
  var removed = Link(sequence: 0, hash: JournalRow.genesis)
  /// The newest entry.
  var last = Link(sequence: 0, hash: JournalRow.genesis)

  private struct Stored: Codable {
    struct Link: Codable {
      var sequence: Int
      var hash: String?
    }
    var version: Int
    var removed: Link
    var last: Link
  }

  init() {}

  init?(_ value: [UInt8]) {
    guard let stored = try? JSONDecoder().decode(Stored.self, from: Data(value)), stored.version == 1,
      JournalRow.isPossible(stored.removed.sequence), JournalRow.isPossible(stored.last.sequence),
      stored.last.sequence >= stored.removed.sequence
    else { return nil }
    removed = Link(stored.removed.sequence, stored.removed.hash)
    last = Link(stored.last.sequence, stored.last.hash)
  }

  var value: [UInt8] {
    var out: [UInt8] = []
    out.append(#"{"version":1,"removed":"#)
    out.append(removed)
    out.append(#","last":"#)
    out.append(last)
    out.append("}")
    return out
  }
}

extension JournalEnds.Link {
  fileprivate init(_ sequence: Int, _ hash: String?) {
    self.init(sequence: sequence, hash: hash.map { Array($0.utf8) })
  }
}

extension [UInt8] {
  fileprivate mutating func append(_ link: JournalEnds.Link) {
    append(#"{"sequence":"#)
    append("\(link.sequence)")
    if let hash = link.hash {
      append(#","hash":"#)
      append(quoted: String(decoding: hash, as: UTF8.self))
    }
    append("}")
  }
}

/// Beginnings of stretches of the journal. Retention removes whole stretches: of each the time of its beginning and the
/// hash before it are known, which of any other entry they are not once it is out of memory.
struct JournalMarks: Equatable {
  struct Mark: Equatable {
    /// The stretch's first entry.
    var sequence: Int
    /// When it was written: everything before is not younger.
    var at: Timestamp
    /// Of the entry before.
    var hash: JournalRow.Digest
  }

  static let key = JournalRow.key(0) + "-marks"

  /// Oldest first.
  var list: [Mark] = []

  private struct Stored: Codable {
    struct Mark: Codable {
      var sequence: Int
      var at: Int64
      var hash: String
    }
    var version: Int
    var marks: [Mark]
  }

  init() {}

  init?(_ value: [UInt8]) {
    guard let stored = try? JSONDecoder().decode(Stored.self, from: Data(value)), stored.version == 1 else {
      return nil
    }
    list = stored.marks.map {
      Mark(sequence: $0.sequence, at: Timestamp(milliseconds: $0.at), hash: Array($0.hash.utf8))
    }
    guard list.allSatisfy({ JournalRow.isPossible($0.sequence) }) else { return nil }
    for (a, b) in zip(list, list.dropFirst()) where a.sequence >= b.sequence { return nil }
  }

  var value: [UInt8] {
    var out: [UInt8] = []
    out.append(#"{"version":1,"marks":["#)
    for (place, mark) in list.enumerated() {
      if place > 0 { out.append(",") }
      out.append(#"{"sequence":"#)
      out.append("\(mark.sequence)")
      out.append(#","at":"#)
      out.append("\(mark.at.milliseconds)")
      out.append(#","hash":"#)
      out.append(quoted: String(decoding: mark.hash, as: UTF8.self))
      out.append("}")
    }
    out.append("]}")
    return out
  }
}
