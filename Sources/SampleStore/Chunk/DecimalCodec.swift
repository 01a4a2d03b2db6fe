/// Values that are whole multiples of a power of ten, as measured durations (microseconds) and counters are: the
/// differences of those whole numbers take a third of the bits that XOR takes. An idea of ALP (SIGMOD 2024).
///
/// Chosen when a chunk goes into a file, if it is the shorter one. Stream: 8 bits exponent, then for each value after
/// the first its zigzagged difference: 0 for none, else a 1, 6 bits of width less one, and the bits.
/// Only values that come back with the very same bits are written so: no -0, no NaN, nothing rounded.
enum DecimalCodec {
  private static let powers: [Double] = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9]
  /// Whole numbers beyond are not exact as Double.
  private static let largest = Double(1 << 52)

  /// nil when a value cannot be written, or nothing is won.
  static func compress(_ chunk: SealedChunk) -> [UInt8]? {
    guard !chunk.values.isEmpty, !chunk.isHistogram else { return nil }
    var bits: [UInt64] = []
    bits.reserveCapacity(chunk.count)
    guard
      chunk.forEach({
        bits.append($1); return true
      }), bits.count == chunk.count
    else { return nil }
    var exponent = 0
    var numbers: [Int64] = []
    numbers.reserveCapacity(bits.count)
    for value in bits {
      guard let number = number(value, &exponent) else { return nil }
      numbers.append(number)
    }
    // The exponent may have grown on the way: the first ones are computed again.
    numbers.removeAll(keepingCapacity: true)
    for value in bits {
      guard let number = exact(value, exponent) else { return nil }
      numbers.append(number)
    }
    var out = BitBuffer()
    out.append(UInt64(exponent), 8)
    for (last, next) in zip(numbers, numbers.dropFirst()) {
      let difference = next &- last
      let zigzag = UInt64(bitPattern: (difference << 1) ^ (difference >> 63))
      guard zigzag != 0 else {
        out.append(0, 1)
        continue
      }
      let width = 64 - zigzag.leadingZeroBitCount
      out.append(1 << 6 | UInt64(width - 1), 7)
      out.append(zigzag, width)
    }
    return out.bytes.count < chunk.values.count ? out.bytes : nil
  }

  private static func number(_ bits: UInt64, _ exponent: inout Int) -> Int64? {
    while exponent < powers.count {
      if let number = exact(bits, exponent) { return number }
      exponent += 1
    }
    return nil
  }

  private static func exact(_ bits: UInt64, _ exponent: Int) -> Int64? {
    let scaled = (Double(bitPattern: bits) * powers[exponent]).rounded()
    guard scaled.magnitude <= largest, (scaled / powers[exponent]).bitPattern == bits else { return nil }
    return Int64(exactly: scaled)
  }

  /// As ``SealedChunk/forEach(_:)``; the samples are handed over only when all of them make sense.
  static func forEach(
    _ entry: ChunkEntry, _ timeBytes: UnsafeBufferPointer<UInt8>, _ valueBytes: UnsafeBufferPointer<UInt8>,
    _ body: (_ time: Int64, _ bits: UInt64) -> Bool
  ) -> Bool {
    var values = BitReader(valueBytes)
    let exponent = Int(values.read(8))
    guard exponent < powers.count, var number = exact(entry.firstBits, exponent) else { return false }
    // Only the times are walked by this: it sees a constant.
    var times = ChunkCursor(
      firstTime: entry.firstTime, firstBits: entry.firstBits, count: Int(entry.count), times: timeBytes,
      values: UnsafeBufferPointer(start: nil, count: 0))
    guard times.next() else { return !times.isBroken }
    var bits = entry.firstBits
    while true {
      if !body(times.time, bits) { return true }
      guard times.next() else { return !times.isBroken }
      if values.read(1) == 1 {
        let width = Int(values.read(6)) + 1
        let zigzag = width <= 57 ? values.read(width) : values.read(width - 32) << 32 | values.read(32)
        number = number &+ (Int64(bitPattern: zigzag >> 1) ^ -Int64(bitPattern: zigzag & 1))
        bits = (Double(number) / powers[exponent]).bitPattern
      }
      guard !values.isExhausted else { return false }
    }
  }
}
