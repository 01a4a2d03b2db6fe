internal import Model

/// The text of one family at one version, with what is needed to write the next version cheaply.
///
/// The previous text is the cache: a series whose value stayed is one copy of its line, a series whose value changed is
/// a copy of what stands before the value. A series that is gone is simply not copied.
struct RenderedFamily {
  /// Where a series stands in the text.
  private struct Line {
    var series: SeriesID
    /// Bytes before the value; 0 for a series that cannot be written.
    var headBytes: UInt32
    var start: Int
    var bytes: Int
    /// The value by its bits, so that a NaN equals itself.
    var bits: UInt64
  }

  let version: UInt64
  let segment: PageSegment
  private let lines: [Line]
  /// Series that cannot be written: a bad label name, or a name that does not belong to the family.
  let refused: Int

  var seriesCount: Int { lines.count - refused }

  init(_ family: MetricFamily, from reader: any FamilyReader, after previous: RenderedFamily?) {
    var current: [(series: SeriesID, labels: Labels, value: Double)] = []
    current.reserveCapacity((previous?.lines.count ?? 0) + 16)
    version = reader.readFamily(family) { current.append(($0, $1, $2)) }

    var writer = ByteWriter(capacity: (previous?.segment.storage.count ?? 0) + current.count * 8 + 512)
    var lines: [Line] = []
    lines.reserveCapacity(current.count)
    var finder = LineFinder(previous?.lines.map(\.series) ?? [])
    var digits: [UInt8] = []
    var refused = 0
    if !current.isEmpty { writer.appendHead(of: family) }
    for (series, labels, value) in current {
      var line = Line(series: series, headBytes: 0, start: writer.count, bytes: 0, bits: value.bitPattern)
      if let previous, let place = finder.find(series) {
        let old = previous.lines[place]
        line.headBytes = old.headBytes
        let unchanged = old.bits == line.bits
        if old.headBytes > 0 {
          let end = old.start + (unchanged ? old.bytes : Int(old.headBytes))
          writer.append(UnsafeRawBufferPointer(rebasing: previous.segment.storage[old.start..<end]))
          if !unchanged { writer.appendValue(value, using: &digits) }
        }
      } else if writer.appendSeries(labels, of: family) {
        line.headBytes = UInt32(clamping: writer.count - line.start)
        writer.appendValue(value, using: &digits)
      }
      line.bytes = writer.count - line.start
      if line.headBytes == 0 { refused += 1 }
      lines.append(line)
    }
    // A head without a series says nothing.
    if refused == lines.count { writer.truncate(to: 0) }
    self.lines = lines
    self.refused = refused
    segment = writer.finish()
  }
}

/// Finds series in a former order. As the order hardly changes, the next one is nearly always where the last one ended.
private struct LineFinder {
  private let former: [SeriesID]
  private var next = 0
  /// Built when the orders differ for the first time.
  private var places: [SeriesID: Int]?

  init(_ former: [SeriesID]) { self.former = former }

  mutating func find(_ series: SeriesID) -> Int? {
    if next < former.count, former[next] == series {
      next += 1
      return next - 1
    }
    if former.isEmpty { return nil }
    let places =
      places ?? Dictionary(former.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    self.places = places
    guard let place = places[series] else { return nil }
    next = place + 1
    return place
  }
}

extension ByteWriter {
  /// The value and the end of the line. `digits` is memory to work in.
  @inline(__always)
  fileprivate mutating func appendValue(_ value: Double, using digits: inout [UInt8]) {
    digits.removeAll(keepingCapacity: true)
    NumberText.append(value, to: &digits)
    digits.append(UInt8(ascii: "\n"))
    digits.withUnsafeBytes { append($0) }
  }
}
