#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// Bytes written one after the other into memory that becomes a ``PageSegment`` without a copy.
///
/// Owns its memory until ``finish()``; without that call it frees it.
struct ByteWriter: ~Copyable {
  private var base: UnsafeMutableRawPointer
  private var capacity: Int
  private(set) var count = 0

  init(capacity: Int) {
    self.capacity = max(capacity, 256)
    base = Self.resize(nil, to: self.capacity)
  }

  deinit { free(base) }

  @inline(__always)
  mutating func append(_ byte: UInt8) {
    reserve(1)
    base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    count += 1
  }

  @inline(__always)
  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress else { return }
    reserve(bytes.count)
    memcpy(base + count, source, bytes.count)
    count += bytes.count
  }

  @inline(__always)
  mutating func append(_ text: StaticString) {
    append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  mutating func append(_ text: String) {
    var text = text
    text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
  }

  /// `text` with backslash and line feed escaped, and the double quote too if `quotes`.
  mutating func append(escaping text: String, quotes: Bool) {
    var text = text
    text.withUTF8 { bytes in
      // Few texts need an escape: look first, and copy in one go.
      if bytes.allSatisfy({ !Self.isEscaped($0, quotes) }) {
        append(UnsafeRawBufferPointer(bytes))
        return
      }
      for byte in bytes {
        if Self.isEscaped(byte, quotes) { append(UInt8(ascii: "\\")) }
        append(byte == UInt8(ascii: "\n") ? UInt8(ascii: "n") : byte)
      }
    }
  }

  @inline(__always)
  private static func isEscaped(_ byte: UInt8, _ quotes: Bool) -> Bool {
    byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "\n") || (quotes && byte == UInt8(ascii: "\""))
  }

  /// Writes over what stands at `place`; what does not stand there is passed over.
  mutating func overwrite(at place: Int, with bytes: [UInt8]) {
    guard place >= 0, place + bytes.count <= count else { return }
    bytes.withUnsafeBytes { source in
      if let start = source.baseAddress { memcpy(base + place, start, source.count) }
    }
  }

  /// What was written from `start` on, at most `most` bytes of it.
  func bytes(from start: Int, most: Int = .max) -> [UInt8] {
    Array(UnsafeRawBufferPointer(start: base, count: count)[min(start, count)...].prefix(most))
  }

  /// Takes back what was written from `place` on.
  mutating func truncate(to place: Int) { count = min(count, place) }

  /// The bytes written from `start` on, as an immutable segment that holds hardly more memory than they need.
  consuming func finish(from start: Int = 0) -> PageSegment {
    if capacity - count > count / 8 {
      capacity = max(count, 1)
      base = Self.resize(base, to: capacity)
    }
    let start = min(start, count)
    let segment = PageSegment(
      owning: base, UnsafeRawBufferPointer(start: base + start, count: count - start))
    discard self
    return segment
  }

  // MARK: Without looking, where `reserve` made room

  @inline(__always)
  mutating func put(_ byte: UInt8) {
    base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    count += 1
  }

  /// At `place` behind the end, which ``advance(_:)`` then moves.
  @inline(__always)
  func set(_ byte: UInt8, at place: Int) {
    base.storeBytes(of: byte, toByteOffset: count + place, as: UInt8.self)
  }

  @inline(__always)
  mutating func advance(_ bytes: Int) { count += bytes }

  @inline(__always)
  mutating func reserve(_ more: Int) {
    if capacity - count < more { grow(more) }
  }

  @inline(never)
  private mutating func grow(_ more: Int) {
    capacity = max(capacity * 2, count + more)
    base = Self.resize(base, to: capacity)
  }

  private static func resize(_ old: UnsafeMutableRawPointer?, to size: Int) -> UnsafeMutableRawPointer {
    // Like every allocation of Swift's own, this one has no way to go on without memory.
    guard let new = realloc(old, size) else {
      fatalError("out of memory: \(size) bytes for the metrics page")
    }
    return new
  }
}
