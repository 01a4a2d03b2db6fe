internal import Model

/// What happened since the writer came by last, as the journal will have it.
///
/// Entries, each behind a byte that says what it is:
///
///     1  time           of the samples that follow, milliseconds, 8 bytes
///     2  sample         id (4), bits of the value (8)
///     3  family         exposed (1), name, help, kind
///     4  series         id (4), count of labels (4), names and values; its family is that of its name
///     5  shift          the past moved by so many milliseconds (8)
///     6  histogram      id (4), length (4), the bytes that ``HistogramCodec`` writes
///     7  begin          first of each journal: number of the journal before it (8), 0 when there is none
struct JournalBuffer {
  enum Tag: UInt8 { case time = 1, sample, family, series, shift, histogram, begin }

  /// Off without files, and while the disk refuses: a checkpoint then makes good for what is not here.
  var isOn = false
  private(set) var bytes: [UInt8] = []
  private var time: Int64?
  /// A disk that hangs must not eat the memory; the writer sees ``hasOverflowed``.
  static let limit = 64 << 20
  private(set) var hasOverflowed = false

  @inline(__always)
  mutating func sample(_ id: SeriesID, _ time: Int64, _ bits: UInt64) {
    guard isOn else { return }
    if self.time != time { begin(time) }
    bytes.put(Tag.sample.rawValue)
    bytes.put(id.raw)
    bytes.put(bits)
    if bytes.count > Self.limit { overflow() }
  }

  mutating func histogram(_ id: SeriesID, _ time: Int64, _ histogram: [UInt8]) {
    guard isOn else { return }
    if self.time != time { begin(time) }
    bytes.put(Tag.histogram.rawValue)
    bytes.put(id.raw)
    bytes.put(UInt32(truncatingIfNeeded: histogram.count))
    bytes.append(contentsOf: histogram)
    if bytes.count > Self.limit { overflow() }
  }

  private mutating func begin(_ time: Int64) {
    self.time = time
    bytes.put(Tag.time.rawValue)
    bytes.put(time)
  }

  mutating func family(_ family: StoredFamily) {
    guard isOn else { return }
    Self.write(family, to: &bytes)
  }

  mutating func series(_ id: SeriesID, _ labels: Labels) {
    guard isOn else { return }
    Self.write(id, labels, to: &bytes)
  }

  mutating func shift(_ milliseconds: Int64) {
    guard isOn else { return }
    bytes.put(Tag.shift.rawValue)
    bytes.put(milliseconds)
  }

  /// The first record of a journal. A missing predecessor shows by it.
  static func begin(after previous: UInt64) -> [UInt8] {
    var payload: [UInt8] = [Tag.begin.rawValue]
    payload.put(previous)
    return RecordLog.frame(payload)
  }

  static func write(_ family: StoredFamily, to bytes: inout [UInt8]) {
    bytes.put(Tag.family.rawValue)
    bytes.put(UInt8(family.exposed ? 1 : 0))
    bytes.put(text: family.family.name)
    bytes.put(text: family.family.help)
    bytes.put(text: family.family.kind.rawValue)
  }

  static func write(_ id: SeriesID, _ labels: Labels, to bytes: inout [UInt8]) {
    bytes.put(Tag.series.rawValue)
    bytes.put(id.raw)
    bytes.put(UInt32(labels.count))
    for label in labels.entries {
      bytes.put(text: label.name)
      bytes.put(text: label.value)
    }
  }

  private mutating func overflow() {
    hasOverflowed = true
    isOn = false
    bytes = []
  }

  /// Takes everything; the next entries stand on their own. `spare` becomes the new memory, unless it is much more
  /// than was needed now: the first entries name every series, those that follow bring samples.
  mutating func take(_ spare: inout [UInt8]) {
    swap(&bytes, &spare)
    bytes.removeAll(keepingCapacity: bytes.capacity <= max(64 << 10, 4 * spare.count))
    time = nil
    hasOverflowed = false
  }
}
