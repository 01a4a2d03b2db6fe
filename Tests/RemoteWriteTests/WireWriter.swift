import Model

/// Writes messages of Protocol Buffers, and Snappy blocks of literals, for requests that no real sender makes.
struct WireWriter {
  var bytes: [UInt8] = []

  mutating func varint(_ number: UInt64) {
    var rest = number
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  mutating func integer(_ field: UInt64, _ number: UInt64) {
    varint(field << 3)
    varint(number)
  }

  mutating func signed(_ field: UInt64, _ number: Int64) { integer(field, Self.zigzag(number)) }

  mutating func double(_ field: UInt64, _ number: Double) {
    varint(field << 3 | 1)
    withUnsafeBytes(of: number.bitPattern.littleEndian) { bytes += Array($0) }
  }

  mutating func bytes(_ field: UInt64, _ content: [UInt8]) {
    varint(field << 3 | 2)
    varint(UInt64(content.count))
    bytes += content
  }

  mutating func text(_ field: UInt64, _ text: String) { bytes(field, Array(text.utf8)) }

  mutating func message(_ field: UInt64, _ body: (inout WireWriter) -> Void) {
    var inner = WireWriter()
    body(&inner)
    bytes(field, inner.bytes)
  }

  mutating func packed(_ field: UInt64, _ numbers: [UInt64]) {
    message(field) { for number in numbers { $0.varint(number) } }
  }

  static func zigzag(_ number: Int64) -> UInt64 { UInt64(bitPattern: (number << 1) ^ (number >> 63)) }

  /// As a Snappy block that compresses nothing.
  var block: [UInt8] {
    var block = WireWriter()
    block.varint(UInt64(bytes.count))
    var rest = bytes[...]
    while !rest.isEmpty {
      let part = rest.prefix(1 << 16)
      block.bytes += [61 << 2, UInt8((part.count - 1) & 0xff), UInt8((part.count - 1) >> 8)]
      block.bytes += part
      rest = rest.dropFirst(part.count)
    }
    return block.bytes
  }
}

extension WireWriter {
  /// A series of version 1.
  mutating func series1(_ labels: [(String, String)], _ samples: [(Int64, Double)]) {
    message(1) { series in
      for (name, value) in labels {
        series.message(1) {
          $0.text(1, name)
          $0.text(2, value)
        }
      }
      for sample in samples { series.sample(sample) }
    }
  }

  mutating func sample(_ sample: (Int64, Double)) {
    message(2) {
      $0.double(1, sample.1)
      $0.integer(2, UInt64(bitPattern: sample.0))
    }
  }
}
