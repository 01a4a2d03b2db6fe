internal import Decompression
internal import Zstandard

extension ContentCoding {
  private static let pieceBytes = 1 << 20

  /// `bytes` in this coding; nil: they are to be sent as they are, because this is ``identity`` or memory is short.
  ///
  /// Made a mebibyte at a time, each by itself; `proceed` is called before each, and what it throws ends the work.
  package func encode<Failure>(
    _ bytes: [UInt8], _ proceed: () throws(Failure) -> Void
  ) throws(Failure) -> [UInt8]? {
    switch self {
    case .identity: return nil
    case .gzip:
      guard let deflater = Deflater(level: 5) else { return nil }
      var parts: [DeflatedPart] = []
      for piece in Self.pieces(bytes) {
        try proceed()
        guard let part = bytes.withUnsafeBytes({ deflater.deflate(.init(rebasing: $0[piece])) }) else {
          return nil
        }
        parts.append(part)
      }
      return DeflatedPart.memberHead + parts.flatMap(\.blocks) + DeflatedPart.memberTail(of: parts)
    case .zstandard:
      var out: [UInt8] = []
      for piece in Self.pieces(bytes) {
        try proceed()
        guard
          let frame = bytes.withUnsafeBytes({
            ZstandardFrame.compress(.init(rebasing: $0[piece]), level: 3)
          })
        else { return nil }
        out += frame
      }
      return out
    }
  }

  private static func pieces(_ bytes: [UInt8]) -> [Range<Int>] {
    stride(from: 0, to: bytes.count, by: pieceBytes).map { $0..<min($0 + pieceBytes, bytes.count) }
  }
}
