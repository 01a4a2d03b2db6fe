#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// The rendered text of one family: immutable bytes that any number of scrapes may share and send from where they lie.
///
/// `@unchecked Sendable`: the bytes are never written after init and are freed only in deinit.
package final class PageSegment: @unchecked Sendable {
  /// Valid for as long as the segment lives.
  package let storage: UnsafeRawBufferPointer

  /// Takes over memory from `malloc`.
  init(owning storage: UnsafeRawBufferPointer) { self.storage = storage }

  deinit { free(UnsafeMutableRawPointer(mutating: storage.baseAddress)) }
}

/// The metrics page as it stood at one moment.
package struct MetricsPage: Sendable {
  /// Send them one after the other.
  package let segments: [PageSegment]
  package let contentType: String

  /// The length of the whole page in bytes.
  package var count: Int { segments.reduce(0) { $0 + $1.storage.count } }
}
