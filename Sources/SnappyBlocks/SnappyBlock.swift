internal import CSnappy

/// Why bytes are not taken for a Snappy block.
package enum SnappyFault: Error, Hashable, Sendable, CustomStringConvertible {
  case malformed
  /// The block says that it would be so long.
  case tooLong(Int, limit: Int)

  package var description: String {
    switch self {
    case .malformed: "the bytes are no Snappy block"
    case .tooLong(let length, let limit):
      "the Snappy block would be \(length) bytes long; at most \(limit) are taken"
    }
  }
}

/// Snappy's block format, as remote write uses it: no framing, no checksum, the decoded length in front.
package enum SnappyBlock {
  /// What `block` holds. The length is checked before any memory is taken for it.
  package static func decode(_ block: [UInt8], limit: Int) throws(SnappyFault) -> [UInt8] {
    var decoded: [UInt8] = []
    var fault: SnappyFault?
    block.withUnsafeBytes { raw in
      let input = raw.assumingMemoryBound(to: CChar.self)
      var length = 0
      guard let base = input.baseAddress, snappy_uncompressed_length(base, input.count, &length) == SNAPPY_OK
      else {
        fault = .malformed
        return
      }
      guard length <= limit else {
        fault = .tooLong(Int(clamping: length), limit: limit)
        return
      }
      // One byte more: an empty block needs an address, too.
      decoded = [UInt8](unsafeUninitializedCapacity: Int(length) + 1) { buffer, count in
        buffer.withMemoryRebound(to: CChar.self) { output in
          var written = length
          guard let target = output.baseAddress,
            snappy_uncompress(base, input.count, target, &written) == SNAPPY_OK
          else {
            fault = .malformed
            return
          }
          count = Int(written)
        }
      }
    }
    if let fault { throw fault }
    return decoded
  }
}
