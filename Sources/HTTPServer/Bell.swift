internal import CMicroHTTPD

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// Wakes one waiting thread. It waits by the monotonic clock, which libdispatch's semaphores do not on Linux: there a
/// corrected wall clock would end a wait too early or hours too late.
final class Bell: Sendable {
  private let descriptor: Int32

  /// Throws when the process has no descriptor left.
  init() throws(HTTPServerError) {
    descriptor = farwatch_bell()
    guard descriptor >= 0 else {
      throw .cannotStart("no eventfd: \(strerror(errno).map { String(cString: $0) } ?? "error \(errno)")")
    }
  }

  deinit { close(descriptor) }

  /// Ends the wait under way, or else the next one.
  func ring() {
    var one: UInt64 = 1
    _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
  }

  /// Returns at a ring, at `deadline` (nil: never), or early for no reason.
  func wait(until deadline: ContinuousClock.Instant?) {
    var timeoutMilliseconds: Int32 = -1
    if let deadline {
      let (seconds, attoseconds) = max(.zero, deadline - .now).components
      // One more than whole ones, so that the last part of a wait is no busy loop.
      timeoutMilliseconds = Int32(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
    }
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&waiting, 1, timeoutMilliseconds) == 1 else { return }
    var rings: UInt64 = 0
    _ = read(descriptor, &rings, MemoryLayout<UInt64>.size)
  }
}
