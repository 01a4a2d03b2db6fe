internal import CZstd

/// Zstandard frames (RFC 8878).
package enum ZstandardFrame {
  /// One whole frame with its length in front and no checksum; nil when there is no memory. Frames that stand one after
  /// the other decompress to their contents one after the other.
  ///
  /// - Parameter level: 1 (fast) to 19.
  package static func compress(_ bytes: UnsafeRawBufferPointer, level: Int32) -> [UInt8]? {
    let bound = ZSTD_compressBound(bytes.count)
    guard ZSTD_isError(bound) == 0 else { return nil }
    var written = 0
    let frame = [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
      let result = ZSTD_compress(buffer.baseAddress, bound, bytes.baseAddress, bytes.count, level)
      if ZSTD_isError(result) == 0 { written = result }
      count = written
    }
    // The bound is far above what text needs: hold no more than that.
    return written > 0 ? frame.withUnsafeBufferPointer { Array($0) } : nil
  }
}
