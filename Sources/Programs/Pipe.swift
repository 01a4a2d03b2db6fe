#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
internal import Synchronization

/// The two ends of a pipe, both close-on-exec.
///
/// Swift does not see `pipe2`, so there is a moment in which a new pipe could be inherited. It is passed under a lock
/// that ``SpawnedProcess`` takes as well, and nothing else in the daemon starts programs.
struct Pipe {
  let reading: CInt
  let writing: CInt

  static let spawning = Mutex(())

  /// nil when no descriptor is left.
  static func open() -> Pipe? {
    spawning.withLock { _ in
      var ends: [CInt] = [-1, -1]
      guard pipe(&ends) == 0 else { return nil }
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      return Pipe(reading: ends[0], writing: ends[1])
    }
  }

  func close() {
    closeDescriptor(reading)
    closeDescriptor(writing)
  }
}

/// The system's `close`, but for numbers that stand for none.
func closeDescriptor(_ descriptor: CInt) { if descriptor >= 0 { _ = close(descriptor) } }

/// The system's words for an error number.
func errorText(_ code: CInt) -> String { String(cString: strerror(code)) }
