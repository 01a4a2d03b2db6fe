/// Numbers and texts as the store's files have them: little-endian, texts behind their length.
extension [UInt8] {
  @inline(__always)
  mutating func put(_ number: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
  }

  mutating func put(text: String) {
    put(UInt32(truncatingIfNeeded: text.utf8.count))
    append(contentsOf: text.utf8)
  }
}

/// Reads what the extension of `[UInt8]` writes; every read is checked against the end.
struct ByteReader {
  private let bytes: UnsafeRawBufferPointer
  private(set) var place: Int

  /// `bytes` must outlive the reader.
  init(_ bytes: UnsafeRawBufferPointer, from place: Int = 0) {
    self.bytes = bytes
    self.place = place
  }

  var isAtEnd: Bool { place >= bytes.count }

  @inline(__always)
  mutating func number<Number: FixedWidthInteger>(_: Number.Type = Number.self) -> Number? {
    let size = MemoryLayout<Number>.size
    guard bytes.count - place >= size else { return nil }
    defer { place += size }
    return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: Number.self))
  }

  mutating func text() -> String? { block().flatMap { String(validating: $0, as: UTF8.self) } }

  /// Bytes behind their length.
  mutating func block() -> Slice<UnsafeRawBufferPointer>? {
    guard let length = number(UInt32.self), bytes.count - place >= Int(length) else { return nil }
    defer { place += Int(length) }
    return bytes[place..<place + Int(length)]
  }
}
