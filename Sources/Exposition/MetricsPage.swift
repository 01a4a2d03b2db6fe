internal import Decompression
package import Model
internal import Synchronization

/// The metrics page as it stood at one moment.
package struct MetricsPage: Sendable {
  /// Send them one after the other.
  package let segments: [PageSegment]
  package let contentType: String
  /// Of the family segments, in order; what follows them closes the page.
  private let families: [MetricFamily]
  private let bodies = Bodies()
  /// The length of the whole page in bytes.
  package let count: Int

  init(segments: [PageSegment], families: [MetricFamily], closing: PageSegment?, contentType: String) {
    self.segments = segments + (closing.map { [$0] } ?? [])
    count = self.segments.reduce(0) { $0 + $1.storage.count }
    self.families = families
    self.contentType = contentType
  }

  /// Only the families that `isWanted`.
  package func keeping(_ isWanted: (MetricFamily) -> Bool) -> MetricsPage {
    let kept = families.indices.filter { isWanted(families[$0]) }
    return MetricsPage(
      segments: kept.map { segments[$0] }, families: kept.map { families[$0] },
      closing: segments.count > families.count ? segments.last : nil, contentType: contentType)
  }

  /// A strong entity tag, quoted: two answers have the same one only if they have the same bytes and content type.
  package func entityTag(_ coding: ContentCoding) -> String {
    let stem = bodies.state.withLock { state in
      let stem = state.tagStem ?? tagStem()
      state.tagStem = stem
      return stem
    }
    return coding == .identity ? "\"\(stem)\"" : "\"\(stem)-\(coding.rawValue)\""
  }

  private func tagStem() -> String {
    var hash: UInt64 = 14_695_981_039_346_656_037
    func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211 }
    for byte in contentType.utf8 { add(byte) }
    for segment in segments {
      for shift in stride(from: UInt64(0), to: 64, by: 8) {
        add(UInt8(truncatingIfNeeded: segment.serial >> shift))
      }
    }
    return String(hash, radix: 16)
  }

  /// What to send for the page in a coding, and which one that is: the bare bytes where compressing failed.
  ///
  /// A family is compressed once however often it is sent: gzip joins the families' parts to one member, Zstandard has
  /// one frame for each. Bare bytes that are asked for again are joined, since one piece goes out without being copied.
  package func body(_ coding: ContentCoding) -> (segments: [PageSegment], coding: ContentCoding) {
    bodies.state.withLock { state in
      if let known = state.made[coding] { return ([known], coding) }
      switch coding {
      case .identity:
        if segments.count <= 1 { return (segments, coding) }
        guard state.wasAskedFor else {
          state.wasAskedFor = true
          return (segments, coding)
        }
        state.made[coding] = Self.join(segments.map(\.storage))
      case .gzip: state.made[coding] = gzipped()
      case .zstandard: state.made[coding] = framed()
      }
      return state.made[coding].map { ([$0], coding) } ?? (segments, .identity)
    }
  }

  private func gzipped() -> PageSegment? {
    var made: Deflater?
    var parts: [DeflatedPart] = []
    for segment in segments {
      let part = segment.deflated {
        if made == nil { made = Deflater(level: 5) }
        return made
      }
      guard let part else { return nil }
      parts.append(part)
    }
    return Self.join([DeflatedPart.memberHead] + parts.map(\.blocks) + [DeflatedPart.memberTail(of: parts)])
  }

  private func framed() -> PageSegment? {
    let frames = segments.compactMap { $0.frame() }
    return frames.count == segments.count ? Self.join(frames) : nil
  }

  private static func join(_ pieces: [[UInt8]]) -> PageSegment {
    var writer = ByteWriter(capacity: pieces.reduce(0) { $0 + $1.count })
    for piece in pieces { piece.withUnsafeBytes { writer.append($0) } }
    return writer.finish()
  }

  private static func join(_ pieces: [UnsafeRawBufferPointer]) -> PageSegment {
    var writer = ByteWriter(capacity: pieces.reduce(0) { $0 + $1.count })
    for piece in pieces { writer.append(piece) }
    return writer.finish()
  }

  /// What was made of the page for sending it, kept for as long as the page is.
  private final class Bodies: Sendable {
    struct State {
      var made: [ContentCoding: PageSegment] = [:]
      /// The bare bytes were.
      var wasAskedFor = false
      var tagStem: String?
    }

    let state = Mutex(State())
  }
}
