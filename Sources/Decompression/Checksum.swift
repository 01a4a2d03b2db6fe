internal import CZlib

/// Checksums that find damage, not malice.
package enum Checksum {
  /// CRC-32 (the one of gzip and zip) of `bytes`, behind bytes whose CRC-32 is `before`.
  package static func crc32(_ bytes: UnsafeRawBufferPointer, after before: UInt32 = 0) -> UInt32 {
    guard let base = bytes.baseAddress, !bytes.isEmpty else { return before }
    return UInt32(
      truncatingIfNeeded: crc32_z(
        UInt(before), base.assumingMemoryBound(to: UInt8.self), bytes.count))
  }

  package static func crc32(_ bytes: [UInt8], after before: UInt32 = 0) -> UInt32 {
    bytes.withUnsafeBytes { crc32($0, after: before) }
  }

  /// The CRC-32 of bytes whose CRC-32 is `before` with `length` bytes behind them whose CRC-32 is `after`.
  package static func crc32(_ before: UInt32, joining after: UInt32, of length: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: crc32_combine(UInt(before), UInt(after), length))
  }
}
