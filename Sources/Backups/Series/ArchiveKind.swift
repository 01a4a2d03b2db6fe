internal import Decompression

/// A form of archive or compression, and what its first and last bytes tell about being whole.
///
/// Facts are from the formats' specifications: RFC 1952, PKWARE's APPNOTE 6.3, POSIX' ustar, the xz file format 1.1,
/// bzip2's block format, RFC 8878.
package enum ArchiveKind: String, Hashable, Sendable, CaseIterable {
  /// Weak: gzip's end has no mark of its own. Proves the beginning, and that the end is not absurd.
  case gzip
  /// Strong: the directory of all members stands at the end, and must lie inside of the file.
  case zip
  /// Strong: two blocks of zeros end it. For `.tar` itself; a compressed one has its compression's end.
  case tar
  /// Strong: a footer with a checksum of its own.
  case xz
  /// Strong: a mark of 48 bits before the last checksum.
  case bzip2
  /// Weak: proves the beginning alone.
  case zstd

  package static let headBytes = 512
  /// Where a zip's comment has its greatest length, its directory's end is this far from the file's.
  package var tailBytes: Int { self == .zip ? 22 + 65_535 : 4096 }

  /// What speaks against a file of `size` bytes; nil when nothing does.
  package func problem(head: [UInt8], tail: [UInt8], size: UInt64) -> BackupRejection? {
    if !begins(head) { return .corrupt }
    return ends(head, tail, size) ? nil : .truncated
  }

  private func begins(_ head: [UInt8]) -> Bool {
    switch self {
    case .gzip: head.count >= 4 && head.starts(with: [0x1f, 0x8b, 0x08]) && head[3] & 0xe0 == 0
    case .zip: head.starts(with: [0x50, 0x4b, 0x03, 0x04]) || head.starts(with: [0x50, 0x4b, 0x05, 0x06])
    case .tar: Self.isTarHeader(head) || head.count == 512 && head.allSatisfy { $0 == 0 }
    case .xz: head.starts(with: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])
    case .bzip2: head.count >= 4 && head.starts(with: Array("BZh".utf8)) && (0x31...0x39).contains(head[3])
    case .zstd:
      head.starts(with: [0x28, 0xb5, 0x2f, 0xfd])
        || head.count >= 4 && head[0] & 0xf0 == 0x50 && head[1...3].elementsEqual([0x2a, 0x4d, 0x18])
    }
  }

  private func ends(_ head: [UInt8], _ tail: [UInt8], _ size: UInt64) -> Bool {
    switch self {
    case .gzip: Self.gzipEnds(tail, size)
    case .zip: Self.zipEnds(tail, size)
    case .tar: size % 512 == 0 && tail.count >= 1024 && tail.suffix(1024).allSatisfy { $0 == 0 }
    case .xz: Self.xzEnds(tail)
    case .bzip2: Self.bzip2Ends(tail)
    case .zstd: size >= 9
    }
  }

  /// No byte of deflate stands for more than 1032.
  private static func gzipEnds(_ tail: [UInt8], _ size: UInt64) -> Bool {
    guard size >= 18, tail.count >= 4 else { return false }
    let length = UInt64(littleEndian(tail.suffix(4)))
    let (most, overflow) = size.multipliedReportingOverflow(by: 1032)
    return overflow || most >= 1 << 32 || length <= most
  }

  private static func zipEnds(_ tail: [UInt8], _ size: UInt64) -> Bool {
    guard tail.count >= 22 else { return false }
    for start in stride(from: tail.count - 22, through: 0, by: -1)
    where tail[start..<start + 4].elementsEqual([0x50, 0x4b, 0x05, 0x06]) {
      let comment = Int(tail[start + 20]) | Int(tail[start + 21]) << 8
      guard start + 22 + comment == tail.count else { continue }
      let length = littleEndian(tail[(start + 12)..<(start + 16)])
      let offset = littleEndian(tail[(start + 16)..<(start + 20)])
      let place = size - UInt64(tail.count - start)
      if length == .max || offset == .max {
        // Zip64: the locator of the real end stands right before this one.
        return start >= 20 && tail[(start - 20)..<(start - 16)].elementsEqual([0x50, 0x4b, 0x06, 0x07])
      }
      return UInt64(length) + UInt64(offset) <= place
    }
    return false
  }

  private static func xzEnds(_ tail: [UInt8]) -> Bool {
    var rest = tail[...]
    while rest.count >= 16, rest.suffix(4).allSatisfy({ $0 == 0 }) { rest = rest.dropLast(4) }
    guard rest.count >= 12, rest.suffix(2).elementsEqual("YZ".utf8) else { return false }
    let footer = Array(rest.suffix(12))
    return Checksum.crc32(Array(footer[4..<10])) == littleEndian(footer[0..<4])
  }

  /// The mark 0x177245385090 and 32 bits of checksum, then 0 to 7 bits of filling.
  private static func bzip2Ends(_ tail: [UInt8]) -> Bool {
    let last = Array(tail.suffix(11))
    guard last.count == 11 else { return false }
    var high: UInt64 = 0
    for byte in last.prefix(7) { high = high << 8 | UInt64(byte) }
    // The mark may begin in any bit of the first byte, or at the second byte.
    for shift in 0...8 where (high >> UInt64(8 - shift)) & 0xffff_ffff_ffff == 0x1772_4538_5090 {
      return true
    }
    return false
  }

  /// The checksum of a header is the sum of its bytes, its own field taken as blanks.
  private static func isTarHeader(_ head: [UInt8]) -> Bool {
    guard head.count >= 512 else { return false }
    var told = 0
    for byte in head[148..<156] where (0x30...0x37).contains(byte) { told = told * 8 + Int(byte - 0x30) }
    let sum = head[0..<512].enumerated().reduce(0) { sum, item in
      sum + ((148..<156).contains(item.offset) ? 0x20 : Int(item.element))
    }
    return told == sum
  }

  private static func littleEndian(_ bytes: some Collection<UInt8>) -> UInt32 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }
}
