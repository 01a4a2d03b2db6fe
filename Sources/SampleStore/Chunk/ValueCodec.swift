/// XOR-compressed values (Gorilla, VLDB 2015).
///
///     0                    the same bits as before
///     10 + bits            the XOR lies within the window of the one before
///     11 + 5 + 6 + bits    zeros before it (at most 31), length less one, then the XOR itself
///
/// The first value stands outside of the stream, and a stream without a bit means that every value equals it: most
/// series of a healthy world never change.
struct ValueCodec {
  /// Zeros before and behind the window of the last XOR; `leading` 255 before there is one.
  private var leading: UInt8 = 255
  private var trailing: UInt8 = 0

  @inline(__always)
  mutating func write(_ value: UInt64, after last: UInt64, to bits: inout BitBuffer) {
    let xor = value ^ last
    if xor == 0 { return bits.append(0, 1) }
    let zerosBefore = UInt8(min(31, xor.leadingZeroBitCount))
    let zerosBehind = UInt8(xor.trailingZeroBitCount)
    if leading != 255, zerosBefore >= leading, zerosBehind >= trailing {
      let width = 64 - Int(leading) - Int(trailing)
      // A window much wider than what is in it is left for a new one.
      if width <= 64 - Int(zerosBefore) - Int(zerosBehind) + 11 {
        bits.append(0b10, 2)
        return bits.append(xor >> UInt64(trailing), width)
      }
    }
    leading = zerosBefore
    trailing = zerosBehind
    let width = 64 - Int(leading) - Int(trailing)
    bits.append(0b11 << 11 | UInt64(leading) << 6 | UInt64(width - 1), 13)
    bits.append(xor >> UInt64(trailing), width)
  }

  /// nil when the bits make no sense.
  @inline(__always)
  mutating func read(after last: UInt64, _ bits: inout BitReader) -> UInt64? {
    if bits.read(1) == 0 { return last }
    if bits.read(1) == 1 {
      let before = Int(bits.read(5))
      let width = Int(bits.read(6)) + 1
      guard before + width <= 64 else { return nil }
      leading = UInt8(before)
      trailing = UInt8(64 - before - width)
    } else if leading == 255 {
      return nil
    }
    let width = 64 - Int(leading) - Int(trailing)
    let xor: UInt64
    if width <= 57 {
      xor = bits.read(width)
    } else {
      let high = bits.read(width - 32)
      xor = high << 32 | bits.read(32)
    }
    return last ^ (xor << UInt64(trailing))
  }
}
