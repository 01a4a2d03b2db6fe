/// Delta-of-delta times (Gorilla, VLDB 2015), in milliseconds.
///
/// The buckets are our own: probes are dated when their answer arrives, so the second difference is nearly always a
/// few milliseconds and seldom 0; six bits hold it. The first time stands outside of the stream, so that a whole
/// chunk can be moved in time without touching a bit.
///
///     0            the same distance again
///     10   + 6     differs by -32…31
///     110  + 10    by -512…511
///     1110 + 18    by -131,072…131,071
///     1111 + 64    by anything
enum TimeCodec {
  @inline(__always)
  static func write(_ difference: Int64, to bits: inout BitBuffer) {
    let raw = UInt64(bitPattern: difference)
    switch difference {
    case 0: bits.append(0, 1)
    case -32...31: bits.append(0b10 << 6 | raw & 0x3f, 8)
    case -512...511: bits.append(0b110 << 10 | raw & 0x3ff, 13)
    case -131_072...131_071: bits.append(0b1110 << 18 | raw & 0x3_ffff, 22)
    default:
      bits.append(0b1111, 4)
      bits.append(raw, 64)
    }
  }

  @inline(__always)
  static func read(_ bits: inout BitReader) -> Int64 {
    if bits.read(1) == 0 { return 0 }
    if bits.read(1) == 0 { return signed(bits.read(6), 6) }
    if bits.read(1) == 0 { return signed(bits.read(10), 10) }
    if bits.read(1) == 0 { return signed(bits.read(18), 18) }
    return Int64(bitPattern: bits.read64())
  }

  @inline(__always)
  private static func signed(_ raw: UInt64, _ width: UInt64) -> Int64 {
    Int64(bitPattern: raw << (64 - width)) >> Int64(64 - width)
  }
}
