internal import Decompression

/// Checksummed records behind each other: magic (4), length (4), CRC-32 of the payload (4), payload.
///
/// A reader that meets damage goes on at the next place where a whole record stands, so that a flipped bit costs one
/// record and a torn end nothing else.
enum RecordLog {
  private static let magic: UInt32 = 0x3152_5746
  private static let headerSize = 12

  static func frame(_ payload: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(payload.count + headerSize)
    out.put(magic)
    out.put(UInt32(truncatingIfNeeded: payload.count))
    out.put(Checksum.crc32(payload))
    out.append(contentsOf: payload)
    return out
  }

  struct Report: Equatable {
    var records = 0
    /// Stretches that are no records, and no record that merely was not finished.
    var damaged = 0
    /// Bytes behind the last whole record that are the beginning of one: what a crash left half-written.
    var tornBytes = 0
  }

  /// Calls `body` with each whole record.
  static func read(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) -> Report {
    var report = Report()
    var place = 0
    var damageStart: Int?
    while place < bytes.count {
      guard let payload = record(bytes, at: place) else {
        if damageStart == nil { damageStart = place }
        place = nextMagic(bytes, from: place + 1)
        continue
      }
      if damageStart != nil {
        report.damaged += 1
        damageStart = nil
      }
      body(UnsafeRawBufferPointer(rebasing: bytes[payload]))
      report.records += 1
      place = payload.upperBound
    }
    if let damageStart {
      if isTorn(bytes, from: damageStart) {
        report.tornBytes = bytes.count - damageStart
      } else {
        report.damaged += 1
      }
    }
    return report
  }

  /// Whether a single write that was cut short explains the end: a record's beginning, or room that was made for it
  /// and is still zero.
  private static func isTorn(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Bool {
    let end = bytes[start...]
    if end.allSatisfy({ $0 == 0 }) { return true }
    let mark = withUnsafeBytes(of: magic.littleEndian) { Array($0) }
    guard end.count >= headerSize else { return end.starts(with: mark) || mark.starts(with: end) }
    var reader = ByteReader(bytes, from: start)
    guard reader.number() == magic, let length = reader.number(UInt32.self) else { return false }
    // No journal takes more at once.
    return Int(length) > end.count - headerSize && Int(length) <= 2 * JournalBuffer.limit
  }

  private static func record(_ bytes: UnsafeRawBufferPointer, at place: Int) -> Range<Int>? {
    var reader = ByteReader(bytes, from: place)
    guard reader.number() == magic, let length = reader.number(UInt32.self),
      let crc = reader.number(UInt32.self),
      bytes.count - reader.place >= Int(length)
    else { return nil }
    let payload = reader.place..<reader.place + Int(length)
    return Checksum.crc32(UnsafeRawBufferPointer(rebasing: bytes[payload])) == crc ? payload : nil
  }

  private static func nextMagic(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
    var place = start
    while place + headerSize <= bytes.count {
      if bytes[place] == UInt8(truncatingIfNeeded: magic),
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)) == magic
      {
        return place
      }
      place += 1
    }
    return bytes.count
  }
}
