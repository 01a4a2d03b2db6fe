internal import Decompression
internal import Synchronization
internal import Zstandard

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// The rendered bytes of one family: immutable, so that any number of scrapes may share them and send them from where
/// they lie.
///
/// `@unchecked Sendable`: the bytes are never written after init and are freed only in deinit.
package final class PageSegment: @unchecked Sendable {
  /// Valid for as long as the segment lives.
  package let storage: UnsafeRawBufferPointer
  /// What `malloc` gave; the bytes may begin behind it.
  private let base: UnsafeMutableRawPointer?
  /// No other segment of this process has it, and hardly one of another process.
  let serial: UInt64
  private let codings = Mutex<Codings>(Codings())

  private struct Codings {
    var deflated: DeflatedPart?
    var frame: [UInt8]?
  }

  private static let serials = Atomic<UInt64>(.random(in: 0 ... .max))
  private static let held = Atomic<Int>(0)

  /// Of all segments that live, with their codings: those of pages that are kept, and those that answers under way
  /// still hold.
  package static var heldBytes: Int { held.load(ordering: .relaxed) }

  /// Takes over memory from `malloc`, of which the bytes between `storage`'s bounds are meant.
  init(owning base: UnsafeMutableRawPointer?, _ storage: UnsafeRawBufferPointer) {
    self.base = base
    self.storage = storage
    serial = Self.serials.add(1, ordering: .relaxed).newValue
    Self.held.add(storage.count, ordering: .relaxed)
  }

  deinit {
    let coded = codings.withLock { ($0.deflated?.blocks.count ?? 0) + ($0.frame?.count ?? 0) }
    Self.held.subtract(storage.count + coded, ordering: .relaxed)
    free(base)
  }

  /// The bytes as a part of a gzip member, compressed when first asked for. nil: that failed.
  func deflated(by deflater: () -> Deflater?) -> DeflatedPart? {
    codings.withLock { codings in
      if let known = codings.deflated { return known }
      codings.deflated = deflater()?.deflate(storage)
      Self.held.add(codings.deflated?.blocks.count ?? 0, ordering: .relaxed)
      return codings.deflated
    }
  }

  /// The bytes as a Zstandard frame, compressed when first asked for. nil: that failed.
  func frame() -> [UInt8]? {
    codings.withLock { codings in
      if let known = codings.frame { return known }
      codings.frame = ZstandardFrame.compress(storage, level: 3)
      Self.held.add(codings.frame?.count ?? 0, ordering: .relaxed)
      return codings.frame
    }
  }
}
