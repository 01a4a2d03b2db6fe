/// A piece of a gzip member: what was compressed by itself, and what joining it with others needs to know of it.
package struct DeflatedPart: Sendable {
  /// Whole deflate blocks, none of them marked as the last; ends on a byte.
  package let blocks: [UInt8]
  /// Of the bytes that it decompresses to.
  package let crc32: UInt32
  package let plainBytes: Int
}

extension DeflatedPart {
  /// What stands before the first part of a member: no name, no time, so that equal parts make equal members.
  package static let memberHead: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]

  /// What stands behind the last one: an empty last block, the checksum and the length of all.
  package static func memberTail(of parts: some Sequence<DeflatedPart>) -> [UInt8] {
    var crc: UInt32 = 0
    var length: UInt32 = 0
    for part in parts {
      crc = Checksum.crc32(crc, joining: part.crc32, of: part.plainBytes)
      length &+= UInt32(truncatingIfNeeded: part.plainBytes)
    }
    var tail: [UInt8] = [3, 0]
    for number in [crc, length] {
      for shift in stride(from: 0, through: 24, by: 8) {
        tail.append(UInt8(truncatingIfNeeded: number >> UInt32(shift)))
      }
    }
    return tail
  }
}
