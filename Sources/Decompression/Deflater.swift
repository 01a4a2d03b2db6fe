internal import CZlib

/// Compresses pieces of gzip members, each by itself, so that one that did not change is never compressed again. zlib
/// has one owner, so it stands here.
///
/// Confined to one thread at a time.
package final class Deflater {
  // zlib keeps a pointer to the stream in its own state, so the stream must never move.
  private let stream: UnsafeMutablePointer<z_stream>

  /// - Parameter level: 1 (fast) to 9. nil when zlib finds no memory.
  package init?(level: Int32) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // A negative window: bare deflate, without a head of its own.
    guard farwatch_deflate_init(stream, level, -15) == Z_OK else {
      stream.deallocate()
      return nil
    }
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
  }

  /// `bytes`, compressed without regard to anything before them; nil when they are too many for zlib (4 GiB) or it fails.
  package func deflate(_ bytes: UnsafeRawBufferPointer) -> DeflatedPart? {
    guard let length = UInt32(exactly: bytes.count), deflateReset(stream) == Z_OK else { return nil }
    // Room for all in one call: the bound, and the empty block that a flush ends with.
    let bound = Int(deflateBound(stream, UInt(length))) + 16
    var isDone = false
    let blocks = [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
      stream.pointee.next_in = UnsafeMutablePointer(
        mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
      stream.pointee.avail_in = length
      stream.pointee.next_out = buffer.baseAddress
      stream.pointee.avail_out = UInt32(clamping: bound)
      let code = CZlib.deflate(stream, Z_SYNC_FLUSH)
      isDone = code == Z_OK && stream.pointee.avail_in == 0 && stream.pointee.avail_out > 0
      count = isDone ? bound - Int(stream.pointee.avail_out) : 0
      stream.pointee.next_in = nil
      stream.pointee.next_out = nil
    }
    guard isDone else { return nil }
    return DeflatedPart(
      // Hold no more than is needed.
      blocks: blocks.withUnsafeBufferPointer { Array($0) }, crc32: Checksum.crc32(bytes),
      plainBytes: bytes.count)
  }
}
