internal import Model

/// A WAL segment: its timeline and its place in the stream. A segment's file name is three numbers of eight hexadecimal
/// digits: timeline, the upper half of the address, and which part of those 4 GB it is.
struct WALSegment: Hashable, Comparable, Sendable {
  var timeline: UInt32
  /// Counted from the beginning of the stream, in segments.
  var number: UInt64

  static func < (a: Self, b: Self) -> Bool { (a.timeline, a.number) < (b.timeline, b.number) }

  func fileName(size: UInt64) -> String {
    let each = max(1, (1 << 32) / max(1, size))
    return [UInt64(timeline), number / each, number % each].map { part in
      let digits = String(part, radix: 16, uppercase: true)
      return String(repeating: "0", count: max(0, 8 - digits.utf8.count)) + digits
    }.joined()
  }
}

/// A segment's file name, whose meaning depends on how large segments are.
struct WALSegmentName: Hashable, Sendable {
  let timeline: UInt32
  let high: UInt32
  let low: UInt32

  /// The first 24 characters of `text`; nil when they are no upper-case hexadecimal digits.
  init?(_ text: Substring) {
    let bytes = Array(text.utf8.prefix(24))
    guard bytes.count == 24 else { return nil }
    var parts: [UInt32] = [0, 0, 0]
    for (place, byte) in bytes.enumerated() {
      let digit: UInt8
      switch byte {
      case 0x30...0x39: digit = byte - 0x30
      case 0x41...0x46: digit = byte - 0x41 + 10
      default: return nil
      }
      parts[place / 8] = parts[place / 8] << 4 | UInt32(digit)
    }
    (timeline, high, low) = (parts[0], parts[1], parts[2])
  }

  func segment(size: UInt64) -> WALSegment {
    let each = max(1, (1 << 32) / max(1, size))
    return WALSegment(timeline: timeline, number: UInt64(high) * each + UInt64(low))
  }
}

/// A place in the stream of WAL: `0/F00028`.
struct WALPosition: Hashable, Comparable, Sendable {
  let bytes: UInt64

  init(bytes: UInt64) { self.bytes = bytes }

  init?(_ text: some StringProtocol) {
    let halves = text.split(separator: "/", omittingEmptySubsequences: false)
    guard halves.count == 2, halves.allSatisfy({ (1...8).contains($0.utf8.count) && !$0.hasPrefix("+") }),
      let high = UInt32(halves[0], radix: 16), let low = UInt32(halves[1], radix: 16)
    else { return nil }
    bytes = UInt64(high) << 32 | UInt64(low)
  }

  static func < (a: Self, b: Self) -> Bool { a.bytes < b.bytes }
}

/// How large segments are: 1 MB to 1 GB, a power of two; `initdb --wal-segsize`.
enum WALSegmentSize {
  static let all: [UInt64] = (20...30).map { 1 << UInt64($0) }
  static let usual: UInt64 = 16 << 20

  /// What explains all that was seen: addresses with the names of the segments that they are in, the largest last part
  /// of a name, and sizes of files that are neither compressed nor encrypted. nil when nothing does.
  ///
  /// Where several do, the usual size wins.
  static func infer(
    from pairs: [(position: WALPosition, name: WALSegmentName)], largestLow: UInt32, plainSizes: Set<UInt64>
  ) -> UInt64? {
    let possible = all.filter { size in
      let parts = (1 << 32) / size
      return UInt64(largestLow) < parts
        && pairs.allSatisfy { pair in
          // An address at a segment's very beginning is the end of the one before.
          [pair.position.bytes, pair.position.bytes &- 1].contains { bytes in
            bytes >> 32 == UInt64(pair.name.high)
              && (bytes & 0xffff_ffff) / size == UInt64(pair.name.low)
          }
        }
    }
    if let seen = plainSizes.first(where: possible.contains), plainSizes.count == 1 { return seen }
    return possible.contains(usual) ? usual : possible.first
  }
}

/// Where timelines begin: the content of a `.history` file.
struct WALHistory: Hashable, Sendable {
  /// The ancestors, oldest first, and the address at which each was left.
  var switches: [(timeline: UInt32, at: WALPosition)]

  static let none = WALHistory(switches: [])

  init(switches: [(timeline: UInt32, at: WALPosition)]) { self.switches = switches }

  /// nil when it is no history: PostgreSQL writes `parent timeline`, `switch address` and a reason, parted by tabs.
  init?(_ text: String) {
    switches = []
    for line in text.split(whereSeparator: \.isNewline) {
      let fields = line.split(whereSeparator: { $0 == "\t" || $0 == " " })
      guard let first = fields.first, !first.hasPrefix("#") else { continue }
      guard fields.count >= 2, let timeline = UInt32(first), let at = WALPosition(fields[1]),
        switches.last.map({ $0.timeline < timeline && $0.at <= at }) ?? true
      else { return nil }
      switches.append((timeline, at))
    }
    if switches.isEmpty { return nil }
  }

  static func == (a: Self, b: Self) -> Bool { a.switches.elementsEqual(b.switches, by: ==) }

  func hash(into hasher: inout Hasher) {
    for item in switches {
      hasher.combine(item.timeline)
      hasher.combine(item.at)
    }
  }
}
