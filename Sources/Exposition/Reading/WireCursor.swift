/// Goes through the wire format of Protocol Buffers, field by field. Every bound is checked; what it cannot read is nil.
struct WireCursor {
  enum Value {
    case varint(UInt64)
    /// 64 bits, as they stand.
    case fixed(UInt64)
    /// A text, or a message: where its bytes stand.
    case bytes(Range<Int>)
    /// 32 bits, which none of our messages has.
    case skipped

    /// Of a `double` field.
    var double: Double? {
      if case .fixed(let bits) = self { Double(bitPattern: bits) } else { nil }
    }
    var range: Range<Int>? {
      if case .bytes(let range) = self { range } else { nil }
    }
    var number: UInt64? {
      if case .varint(let number) = self { number } else { nil }
    }
  }

  private(set) var place: Int
  let end: Int

  init(_ range: Range<Int>) {
    place = range.lowerBound
    end = range.upperBound
  }

  var isAtEnd: Bool { place >= end }

  mutating func varint(_ bytes: Span<UInt8>) -> UInt64? {
    var number: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard place < end else { return nil }
      let byte = bytes[place]
      place += 1
      number |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return number }
    }
    return nil
  }

  /// Bytes that follow their length.
  mutating func delimited(_ bytes: Span<UInt8>) -> Range<Int>? {
    guard let length = varint(bytes).flatMap({ Int(exactly: $0) }), length <= end - place else { return nil }
    let range = place..<place + length
    place = range.upperBound
    return range
  }

  /// The next field; nil: the message is malformed here, or older than wire types are.
  mutating func field(_ bytes: Span<UInt8>) -> (number: UInt64, value: Value)? {
    guard let key = varint(bytes), key >> 3 > 0 else { return nil }
    switch key & 7 {
    case 0: return varint(bytes).map { (key >> 3, .varint($0)) }
    case 1:
      guard end - place >= 8 else { return nil }
      var bits: UInt64 = 0
      for offset in 0..<8 { bits |= UInt64(bytes[place + offset]) << UInt64(8 * offset) }
      place += 8
      return (key >> 3, .fixed(bits))
    case 2: return delimited(bytes).map { (key >> 3, .bytes($0)) }
    case 5:
      guard end - place >= 4 else { return nil }
      place += 4
      return (key >> 3, .skipped)
    default: return nil
    }
  }
}
