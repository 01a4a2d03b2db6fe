internal import Model

/// The bytes of one family at one version, with what is needed to write the next version cheaply.
///
/// The previous bytes are the cache: a series whose value stayed is one copy of its line, a series whose value changed is
/// a copy of what stands before the value. A series that is gone is simply not copied. Histograms and summaries, whose
/// samples belong together, and families with escaped names, of which two may become one, are written anew.
struct RenderedFamily {
  /// Where a series stands in the bytes.
  fileprivate struct Line {
    var series: SeriesID
    /// Bytes before the value; 0 for a series that cannot be written.
    var headBytes: UInt32
    /// Counted from the first byte that was written, which need not be the segment's.
    var start: Int
    var bytes: Int
    /// The value by its bits, so that a NaN equals itself.
    var bits: UInt64
  }

  fileprivate typealias Row = (series: SeriesID, labels: Labels, value: Double)

  let written: WrittenFamily
  let version: UInt64
  let segment: PageSegment
  fileprivate let content: Content

  var seriesCount: Int { content.seriesCount }
  /// Series that cannot be written: a bad label name, or a name that does not belong to the family.
  var refused: Int { content.refused }

  /// How `family` is written, if it is the one that was: a name alone does not tell.
  func writes(_ family: MetricFamily) -> WrittenFamily? {
    written.family.kind == family.kind && written.family.help == family.help ? written : nil
  }

  init(_ written: WrittenFamily, from reader: any FamilyReader, after previous: RenderedFamily?) {
    self.written = written
    var current: [Row] = []
    current.reserveCapacity((previous?.content.lines.count ?? 0) + 16)
    version = reader.readFamily(written.family) { current.append(($0, $1, $2)) }

    let isProtobuf = written.variant.syntax == .protobuf
    var writer = ByteWriter(capacity: (previous?.segment.storage.count ?? 0) + current.count * 8 + 512)
    if isProtobuf {
      writer.appendProtobufHead(of: written)
    } else {
      writer.appendTextHead(of: written)
    }
    var content = Content()
    switch written.family.kind {
    case .counter, .gauge, .untyped: content.writeLines(current, written, previous, into: &writer)
    case .histogram, .summary: content.writeGroups(current, written, into: &writer)
    }
    // A head without a series says nothing.
    if content.seriesCount == 0 {
      writer.truncate(to: 0)
      content.lines = []
    } else if isProtobuf {
      content.origin = writer.closeProtobuf()
    }
    segment = writer.finish(from: content.origin)
    self.content = content
  }
}

extension RenderedFamily {
  /// What stands where.
  fileprivate struct Content {
    var lines: [Line] = []
    /// Bytes of `lines` before the segment's first.
    var origin = 0
    var refused = 0
    var seriesCount = 0
  }

  /// Tells equal series of a family with escaped labels apart.
  fileprivate struct UniqueLines {
    /// From the first escaped label on.
    private(set) var isNeeded = false
    private var heads: Set<[UInt8]> = []

    /// Whether what the writer holds from `start` on has not been there yet.
    mutating func insert(_ writer: borrowing ByteWriter, from start: Int, _ before: [Line]) -> Bool {
      if !isNeeded {
        isNeeded = true
        for line in before where line.headBytes > 0 {
          heads.insert(writer.bytes(from: line.start, most: Int(line.headBytes)))
        }
      }
      return heads.insert(writer.bytes(from: start)).inserted
    }
  }
}

extension RenderedFamily.Content {
  fileprivate mutating func writeLines(
    _ current: [RenderedFamily.Row], _ written: WrittenFamily, _ previous: RenderedFamily?,
    into writer: inout ByteWriter
  ) {
    lines.reserveCapacity(current.count)
    let former = previous?.content
    var finder = LineFinder(former?.lines.map(\.series) ?? [])
    var unique = RenderedFamily.UniqueLines()
    let old = previous?.segment.storage
    for (series, labels, value) in current {
      var line = RenderedFamily.Line(
        series: series, headBytes: 0, start: writer.count, bytes: 0, bits: value.bitPattern)
      if let former, let old, let place = finder.find(series) {
        let known = former.lines[place]
        line.headBytes = known.headBytes
        if known.headBytes > 0 {
          let isUnchanged = known.bits == line.bits
          let start = known.start - former.origin
          let end = start + (isUnchanged ? known.bytes : Int(known.headBytes))
          writer.append(UnsafeRawBufferPointer(rebasing: old[start..<end]))
          if !isUnchanged { writer.append(value: value, of: written) }
        }
      } else if let isChanged = writer.appendSeries(labels, of: written) {
        if isChanged || unique.isNeeded, !unique.insert(writer, from: line.start, lines) {
          writer.truncate(to: line.start)
        } else {
          line.headBytes = UInt32(clamping: writer.count - line.start)
          writer.append(value: value, of: written)
        }
      }
      line.bytes = writer.count - line.start
      if line.headBytes == 0 { refused += 1 } else { seriesCount += 1 }
      lines.append(line)
    }
    // What was refused for another's sake might stand without it: nothing is taken over.
    if unique.isNeeded { lines = [] }
  }

  fileprivate mutating func writeGroups(
    _ current: [RenderedFamily.Row], _ written: WrittenFamily, into writer: inout ByteWriter
  ) {
    let (groups, strangers) = SampleGroup.groups(current, of: written.family)
    refused = strangers
    for group in groups {
      guard let (labels, _) = written.labels(group.labels) else {
        refused += group.samples
        continue
      }
      seriesCount += group.samples
      if written.variant.syntax == .protobuf {
        writer.append(group, labels, written.family.kind)
      } else {
        writer.appendText(group, labels, of: written)
      }
    }
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
  /// What stands before the value, and whether a name in it was escaped. Writes nothing and returns nil when that is no
  /// valid series of the family.
  fileprivate mutating func appendSeries(_ labels: Labels, of written: WrittenFamily) -> Bool? {
    let name = labels.metricName ?? written.family.name
    guard TextFormat.allows(name, in: written.family, labels: labels),
      let (entries, isChanged) = written.labels(labels)
    else { return nil }
    if written.variant.syntax == .protobuf {
      appendProtobufSeries(entries, written.family.kind)
    } else {
      let name = written.sampleName("")
      appendTextSeries(name, isQuoted: written.isQuoted, entries)
    }
    return isChanged
  }

  /// The value, and in text the end of the line.
  @inline(__always)
  fileprivate mutating func append(value: Double, of written: WrittenFamily) {
    switch written.variant.syntax {
    case .text: append(number: value)
    case .openMetrics: append(number: value, point: true)
    case .protobuf:
      append(bits: value)
      return
    }
    append(UInt8(ascii: "\n"))
  }

  fileprivate mutating func appendText(_ group: SampleGroup, _ labels: [Label], of written: WrittenFamily) {
    let isOpen = written.variant.syntax == .openMetrics
    let isHistogram = written.family.kind == .histogram
    for point in group.points {
      // OpenMetrics has one way to write a bound.
      var text = point.text
      if isOpen, !point.bound.isNaN {
        text = NumberText.shortest(point.bound)
        if point.bound.isFinite, !text.contains(where: { $0 == "." || $0 == "e" }) { text += ".0" }
      }
      appendTextSeries(
        written.sampleName(isHistogram ? "_bucket" : ""), isQuoted: written.isQuoted, labels,
        and: Label(isHistogram ? "le" : "quantile", text))
      append(number: point.value, point: isOpen && !isHistogram)
      append(UInt8(ascii: "\n"))
    }
    if let sum = group.sum {
      appendTextSeries(written.sampleName("_sum"), isQuoted: written.isQuoted, labels)
      append(number: sum, point: isOpen)
      append(UInt8(ascii: "\n"))
    }
    if let count = group.count {
      appendTextSeries(written.sampleName("_count"), isQuoted: written.isQuoted, labels)
      append(number: count)
      append(UInt8(ascii: "\n"))
    }
  }
}
