import Model

/// A remote-write 1.0 request body: protocol buffers in a snappy block, written by hand because a test needs no more
/// than this one message. The snappy block holds literals only, which every reader must accept.
enum RemoteWrite {
  static func body(_ series: [(labels: Labels, samples: [Sample])]) -> [UInt8] {
    var message: [UInt8] = []
    for one in series {
      var entry: [UInt8] = []
      for label in one.labels.entries {
        append(field: 1, text(1, label.name) + text(2, label.value), to: &entry)
      }
      for sample in one.samples {
        var bytes: [UInt8] = [0x09]
        withUnsafeBytes(of: sample.value.bitPattern.littleEndian) { bytes += $0 }
        bytes.append(0x10)
        append(varint: UInt64(bitPattern: sample.timestamp.milliseconds), to: &bytes)
        append(field: 2, bytes, to: &entry)
      }
      append(field: 1, entry, to: &message)
    }
    return snappy(message)
  }

  private static func text(_ field: UInt8, _ text: String) -> [UInt8] {
    var out: [UInt8] = []
    append(field: field, Array(text.utf8), to: &out)
    return out
  }

  private static func append(field: UInt8, _ bytes: [UInt8], to out: inout [UInt8]) {
    out.append(field << 3 | 2)
    append(varint: UInt64(bytes.count), to: &out)
    out += bytes
  }

  private static func append(varint value: UInt64, to out: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
      out.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    out.append(UInt8(rest))
  }

  private static func snappy(_ message: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    append(varint: UInt64(message.count), to: &out)
    var place = 0
    while place < message.count {
      let length = min(65_536, message.count - place)
      // A literal whose length less one stands in the two bytes that follow.
      out += [61 << 2, UInt8((length - 1) & 0xff), UInt8((length - 1) >> 8)]
      out += message[place..<place + length]
      place += length
    }
    return out
  }
}
