internal import Crypto
internal import FoundationEssentials
package import Model

/// An entry at its place in the journal.
package struct JournalRecord: Hashable, Sendable {
  /// From 1, without gaps.
  package var sequence: Int
  package var entry: JournalEntry

  package init(sequence: Int, entry: JournalEntry) {
    self.sequence = sequence
    self.entry = entry
  }
}

/// An entry as it is stored: one line of JSON whose last two members chain it to the entry before.
///
///     {"version":1,"sequence":7,"at":1767225600000,"kind":"firing", … ,"previous":"<64 digits>","hash":"<64 digits>"}
///
/// `hash` is SHA-256, in hexadecimal digits, over the digits of `previous` followed by everything before `,"previous"`:
/// anybody can check it with `sha256sum`. Times are milliseconds since 1970.
package enum JournalRow {
  /// Hexadecimal digits of a hash.
  typealias Digest = [UInt8]

  /// What the first entry names as the hash before it.
  static let genesis = Digest(repeating: UInt8(ascii: "0"), count: 64)

  /// The least bytes come first: keys sort as their numbers do.
  package static func key(_ sequence: Int) -> String { padded(sequence, 20) }

  /// nil when `key` is none of ``key(_:)``.
  package static func sequence(ofKey key: String) -> Int? {
    guard key.utf8.count == 20, key.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int(key).flatMap { isPossible($0) ? $0 : nil }
  }

  /// Far from where counting on would overflow.
  static func isPossible(_ sequence: Int) -> Bool { (0..<Int.max / 2).contains(sequence) }

  // MARK: Writing

  static func encode(_ record: JournalRecord, after previous: Digest) -> (value: [UInt8], hash: Digest) {
    var out: [UInt8] = []
    out.reserveCapacity(512)
    let entry = record.entry
    out.append(#"{"version":1,"sequence":"#)
    out.append("\(record.sequence)")
    out.append(#","at":"#)
    out.append("\(entry.at.milliseconds)")
    out.append(#","kind":""#)
    out.append(entry.kind.rawValue)
    out.append(#"""#)
    if let identity = entry.identity {
      out.append(#","identity":"#)
      out.append(quoted: identity)
    }
    if let labels = entry.labels {
      out.append(#","labels":"#)
      out.append(pairs: labels.entries.lazy.map { ($0.name, $0.value) })
    }
    if let startsAt = entry.startsAt {
      out.append(#","startsAt":"#)
      out.append("\(startsAt.milliseconds)")
    }
    if !entry.detail.isEmpty {
      out.append(#","detail":"#)
      out.append(pairs: entry.detail.sorted { $0.key < $1.key }.lazy.map { ($0.key, $0.value) })
    }
    let hash = digest(of: out[...], after: previous)
    out.append(beforePrevious)
    out += previous
    out.append(beforeHash)
    out += hash
    out.append(ending)
    return (out, hash)
  }

  static func digest(of body: ArraySlice<UInt8>, after previous: Digest) -> Digest {
    var hash = SHA256()
    previous.withUnsafeBytes { hash.update(bufferPointer: $0) }
    body.withUnsafeBytes { hash.update(bufferPointer: $0) }
    var digits = Digest()
    digits.reserveCapacity(64)
    for byte in hash.finalize() {
      digits.append(hexadecimalDigit(byte >> 4))
      digits.append(hexadecimalDigit(byte & 15))
    }
    return digits
  }

  // MARK: Reading

  private static let beforePrevious = #","previous":""#
  private static let beforeHash = #"","hash":""#
  private static let ending = #""}"#
  private static let tailLength =
    beforePrevious.utf8.count + 64 + beforeHash.utf8.count + 64 + ending.utf8.count

  /// The three parts of a stored row; nil when it has not the shape of one.
  static func parts(_ value: [UInt8]) -> (body: ArraySlice<UInt8>, previous: Digest, hash: Digest)? {
    guard value.count > tailLength else { return nil }
    let body = value[..<(value.count - tailLength)]
    var rest = value[body.endIndex...]
    func take(_ text: String) -> Bool {
      guard rest.starts(with: text.utf8) else { return false }
      rest = rest.dropFirst(text.utf8.count)
      return true
    }
    func takeDigest() -> Digest {
      defer { rest = rest.dropFirst(64) }
      return Digest(rest.prefix(64))
    }
    guard take(beforePrevious) else { return nil }
    let previous = takeDigest()
    guard take(beforeHash) else { return nil }
    let hash = takeDigest()
    guard take(ending) else { return nil }
    return (body, previous, hash)
  }

  /// The first members, without reading the others: what decides whether a row is asked for.
  package struct Head: Hashable, Sendable {
    package var sequence: Int
    package var at: Timestamp
    package var kind: JournalEntry.Kind
  }

  /// nil when the row is damaged or of a version or kind that this release does not know.
  package static func head(_ value: [UInt8]) -> Head? {
    var rest = value[...]
    func take(_ text: String) -> Bool {
      guard rest.starts(with: text.utf8) else { return false }
      rest = rest.dropFirst(text.utf8.count)
      return true
    }
    func number() -> Int64? {
      let digits = rest.prefix { (0x30...0x39).contains($0) || $0 == 0x2d }
      rest = rest.dropFirst(digits.count)
      return digits.count > 20 ? nil : Int64(String(decoding: digits, as: UTF8.self))
    }
    guard take(#"{"version":1,"sequence":"#), let sequence = number(), take(#","at":"#), let at = number(),
      take(#","kind":""#)
    else { return nil }
    let word = rest.prefix { $0 != UInt8(ascii: "\"") }
    guard word.count <= 40, let kind = JournalEntry.Kind(rawValue: String(decoding: word, as: UTF8.self))
    else {
      return nil
    }
    return Head(sequence: Int(sequence), at: Timestamp(milliseconds: at), kind: kind)
  }

  private struct Stored: Decodable {
    var identity: String?
    var labels: [String: String]?
    var startsAt: Int64?
    var detail: [String: String]?
  }

  /// nil when the row is damaged or of a version or kind that this release does not know.
  package static func decode(_ value: [UInt8]) -> JournalRecord? {
    guard let head = head(value), let stored = try? JSONDecoder().decode(Stored.self, from: Data(value))
    else {
      return nil
    }
    let entry = JournalEntry(
      at: head.at, kind: head.kind, identity: stored.identity, labels: stored.labels.map { Labels($0) },
      startsAt: stored.startsAt.map { Timestamp(milliseconds: $0) }, detail: stored.detail ?? [:])
    return JournalRecord(sequence: head.sequence, entry: entry)
  }
}

func hexadecimalDigit(_ value: UInt8) -> UInt8 {
  value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
}

extension [UInt8] {
  mutating func append(_ text: String) { append(contentsOf: text.utf8) }

  /// `text` as a JSON string.
  mutating func append(quoted text: String) {
    append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        append(UInt8(ascii: "\\"))
        append(byte)
      case 0..<0x20:
        append("\\u00")
        append(hexadecimalDigit(byte >> 4))
        append(hexadecimalDigit(byte & 15))
      default: append(byte)
      }
    }
    append(UInt8(ascii: "\""))
  }

  mutating func append(pairs: some Sequence<(String, String)>) {
    append(UInt8(ascii: "{"))
    var isFirst = true
    for (name, value) in pairs {
      if !isFirst { append(UInt8(ascii: ",")) }
      isFirst = false
      append(quoted: name)
      append(UInt8(ascii: ":"))
      append(quoted: value)
    }
    append(UInt8(ascii: "}"))
  }
}
