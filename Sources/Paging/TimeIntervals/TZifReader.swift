/// Reads the parts of a TZif file (RFC 8536), each within its bounds.
struct TZifReader {
  struct Header {
    var version: UInt8
    var utcIndicators, standardIndicators, leapSeconds, changes, types, characters: Int

    /// Of the block behind the header.
    func bytes(timeBytes: Int) -> Int {
      changes * (timeBytes + 1) + types * 6 + characters + leapSeconds * (timeBytes + 4) + standardIndicators
        + utcIndicators
    }
  }

  struct Table {
    /// Seconds since 1970.
    var starts: [Int] = []
    /// For each start the place of its offset.
    var types: [Int] = []
    /// At least one.
    var offsets: [(seconds: Int, isSummer: Bool)] = []
  }

  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  mutating func header() throws(ZoneProblem) -> Header {
    guard try take(4).elementsEqual("TZif".utf8) else {
      throw ZoneProblem(description: "is no time zone file (TZif)")
    }
    let version = try take(1).first ?? 0
    try skip(15)
    var counts: [Int] = []
    // No count is larger than the file, so sums of their products stay far from the ends of an integer.
    for _ in 0..<6 {
      let count = try number(4)
      guard (0...ZoneOffsets.maximumBytes).contains(count) else {
        throw ZoneProblem(description: "its header is damaged")
      }
      counts.append(count)
    }
    return Header(
      version: version, utcIndicators: counts[0], standardIndicators: counts[1], leapSeconds: counts[2],
      changes: counts[3], types: counts[4], characters: counts[5])
  }

  mutating func table(_ header: Header, timeBytes: Int) throws(ZoneProblem) -> Table {
    var block = TZifReader(Array(try take(header.bytes(timeBytes: timeBytes))))
    guard header.types > 0 else { throw ZoneProblem(description: "has no offsets") }
    var table = Table()
    for _ in 0..<header.changes { table.starts.append(try block.number(timeBytes)) }
    for type in try block.take(header.changes) {
      guard type < header.types else { throw ZoneProblem(description: "names an offset that it has not") }
      table.types.append(Int(type))
    }
    for _ in 0..<header.types {
      let seconds = try block.number(4)
      // RFC 8536, 3.2: no sane offset is larger than this.
      guard (-89_999...93_599).contains(seconds) else {
        throw ZoneProblem(description: "has an offset of \(seconds) seconds")
      }
      table.offsets.append((seconds, try block.take(2).first != 0))
    }
    return table
  }

  /// What stands between the two line ends at the end of the file.
  mutating func footer() throws(ZoneProblem) -> [UInt8] {
    let newline = UInt8(ascii: "\n")
    guard rest.first == newline, let end = rest.dropFirst().firstIndex(of: newline) else {
      throw ZoneProblem(description: "ends without its rule")
    }
    return Array(rest[(rest.startIndex + 1)..<end])
  }

  mutating func skip(_ count: Int) throws(ZoneProblem) { _ = try take(count) }

  private mutating func take(_ count: Int) throws(ZoneProblem) -> ArraySlice<UInt8> {
    guard rest.count >= count else { throw ZoneProblem(description: "ends too early") }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  /// Big-endian, with a sign.
  private mutating func number(_ count: Int) throws(ZoneProblem) -> Int {
    let bytes = try take(count)
    let isNegative = (bytes.first ?? 0) & 0x80 != 0
    return bytes.reduce(isNegative ? -1 : 0) { $0 << 8 | Int($1) }
  }
}
