internal import Model

/// The wire format of Protocol Buffers, as much of it as `io.prometheus.client.MetricFamily` needs.
extension ByteWriter {
  /// Room for the length of a message that is not written yet.
  static let lengthRoom = 5

  mutating func append(varint number: UInt64) {
    var rest = number
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(truncatingIfNeeded: rest))
  }

  static func varintBytes(_ number: Int) -> Int { max(1, (64 - number.leadingZeroBitCount + 6) / 7) }

  /// A field of text or of a message that follows.
  mutating func append(tag field: UInt8, length: Int) {
    append(field << 3 | 2)
    append(varint: UInt64(length))
  }

  mutating func append(tag field: UInt8, text: String) {
    append(tag: field, length: text.utf8.count)
    append(text)
  }

  mutating func append(tag field: UInt8, number: Double) {
    append(field << 3 | 1)
    append(bits: number)
  }

  @inline(__always)
  mutating func append(bits number: Double) {
    withUnsafeBytes(of: number.bitPattern.littleEndian) { append($0) }
  }

  /// Name, help, kind and unit, behind room for the length of all.
  mutating func appendProtobufHead(of written: WrittenFamily) {
    for _ in 0..<Self.lengthRoom { append(UInt8(0)) }
    append(tag: 1, text: written.name)
    append(tag: 2, text: written.family.help)
    let kind: UInt8 =
      switch written.family.kind {
      case .counter: 0
      case .gauge: 1
      case .summary: 2
      case .untyped: 3
      case .histogram: 4
      }
    append(UInt8(3 << 3))
    append(kind)
    if !written.unit.isEmpty { append(tag: 5, text: written.unit) }
  }

  /// Puts the length of what follows `start` into the room before it. Returns where the message now begins.
  mutating func closeProtobuf() -> Int {
    let length = count - Self.lengthRoom
    guard length >= 0 else { return count }
    let start = Self.lengthRoom - Self.varintBytes(length)
    var prefix: [UInt8] = []
    var rest = length
    while rest >= 0x80 {
      prefix.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    prefix.append(UInt8(truncatingIfNeeded: rest))
    overwrite(at: start, with: prefix)
    return start
  }

  /// A metric up to its labels; `more` bytes of it stand behind them.
  mutating func appendProtobufMetric(_ labels: [Label], more: Int) {
    append(tag: 4, length: Self.bytes(of: labels) + more)
    append(labels)
  }

  /// A metric of one value up to the eight bytes of that value; `more` bytes of the metric stand behind them.
  mutating func appendProtobufSeries(_ labels: [Label], _ kind: MetricFamily.Kind, more: Int = 0) {
    appendProtobufMetric(labels, more: 11 + more)
    let field: UInt8 =
      switch kind {
      case .counter: 3
      case .gauge: 2
      case .untyped, .histogram, .summary: 5
      }
    append(tag: field, length: 9)
    append(UInt8(1 << 3 | 1))
  }

  /// A metric of several samples.
  mutating func append(_ group: SampleGroup, _ labels: [Label], _ kind: MetricFamily.Kind) {
    var inner = ByteWriter(capacity: 64 + group.points.count * 24)
    let last = group.points.last.map(\.value) ?? 0
    inner.append(UInt8(1 << 3))
    inner.append(varint: Self.count(group.count ?? (kind == .histogram ? last : 0)))
    if let sum = group.sum { inner.append(tag: 2, number: sum) }
    for point in group.points {
      let cumulative = Self.count(point.value)
      if kind == .summary {
        inner.append(tag: 3, length: 18)
        inner.append(tag: 1, number: point.bound)
        inner.append(tag: 2, number: point.value)
      } else {
        inner.append(tag: 3, length: 10 + Self.varintBytes(Int(clamping: cumulative)))
        inner.append(UInt8(1 << 3))
        inner.append(varint: min(cumulative, UInt64(Int.max)))
        inner.append(tag: 2, number: point.bound)
      }
    }
    let bytes = inner.bytes(from: 0)
    append(
      tag: 4, length: Self.bytes(of: labels) + 1 + Self.varintBytes(bytes.count) + bytes.count)
    append(labels)
    append(tag: kind == .histogram ? 7 : 4, length: bytes.count)
    bytes.withUnsafeBytes { append($0) }
  }

  private static func count(_ value: Double) -> UInt64 {
    value >= 0 ? (value < 0x1p63 ? UInt64(value) : UInt64(Int.max)) : 0
  }

  private mutating func append(_ labels: [Label]) {
    for label in labels {
      append(tag: 1, length: Self.bytes(of: label))
      append(tag: 1, text: label.name)
      append(tag: 2, text: label.value)
    }
  }

  private static func bytes(of label: Label) -> Int {
    let (name, value) = (label.name.utf8.count, label.value.utf8.count)
    return 2 + varintBytes(name) + name + varintBytes(value) + value
  }

  private static func bytes(of labels: [Label]) -> Int {
    labels.reduce(0) { sum, label in
      let own = bytes(of: label)
      return sum + 1 + varintBytes(own) + own
    }
  }
}
