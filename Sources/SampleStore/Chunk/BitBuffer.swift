/// Bits behind each other, most significant first, in a byte buffer that grows by half.
struct BitBuffer {
  private(set) var bytes: [UInt8] = []
  /// Bits of the last byte that are not used yet.
  private var free = 0

  init() {}

  var bitCount: Int { bytes.count * 8 - free }
  var isEmpty: Bool { bytes.isEmpty }

  /// Goes on behind bit `bitCount` of `bytes`, which ends with it.
  init?(_ bytes: [UInt8], bitCount: Int) {
    guard (bitCount + 7) / 8 == bytes.count else { return nil }
    self.bytes = bytes
    free = bytes.count * 8 - bitCount
  }

  /// Appends the `count` (0…64) low bits of `bits`.
  @inline(__always)
  mutating func append(_ bits: UInt64, _ count: Int) {
    var left = count
    while left > 0 {
      if free == 0 {
        if bytes.count == bytes.capacity { bytes.reserveCapacity(bytes.count + max(16, bytes.count / 2)) }
        bytes.append(0)
        free = 8
      }
      let taken = min(left, free)
      let part = (bits >> UInt64(left - taken)) & ((1 << UInt64(taken)) - 1)
      bytes[bytes.count - 1] |= UInt8(truncatingIfNeeded: part << UInt64(free - taken))
      free -= taken
      left -= taken
    }
  }

  /// Only behind a whole byte, as a buffer that never had anything else has.
  mutating func append(bytes more: [UInt8]) {
    guard free == 0 else { return more.forEach { append(UInt64($0), 8) } }
    bytes.append(contentsOf: more)
  }

  mutating func appendZeros(_ count: Int) {
    var left = count
    while left > 0 {
      append(0, min(64, left))
      left -= 64
    }
  }
}

/// Reads bits from memory that it does not own. Behind the end there are zeros, and ``isExhausted`` says so.
struct BitReader {
  private let base: UnsafePointer<UInt8>?
  private let byteCount: Int
  private(set) var position = 0

  /// `bytes` must outlive the reader.
  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    base = bytes.baseAddress
    byteCount = bytes.count
  }

  /// Whether more was read than there is.
  var isExhausted: Bool { position > byteCount * 8 }

  /// The next `count` (0…57) bits.
  @inline(__always)
  mutating func read(_ count: Int) -> UInt64 {
    if count == 0 { return 0 }
    let byte = position >> 3
    let shift = UInt64(position & 7)
    position &+= count
    guard let base, byte < byteCount else { return 0 }
    var word: UInt64 = 0
    if byte &+ 8 <= byteCount {
      word = UnsafeRawPointer(base + byte).loadUnaligned(as: UInt64.self).bigEndian
    } else {
      for place in 0..<8 {
        word = word << 8 | (byte &+ place < byteCount ? UInt64(base[byte &+ place]) : 0)
      }
    }
    return (word << shift) >> UInt64(64 - count)
  }

  @inline(__always)
  mutating func read64() -> UInt64 {
    let high = read(32)
    return high << 32 | read(32)
  }
}
