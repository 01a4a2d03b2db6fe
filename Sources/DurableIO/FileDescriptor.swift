#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// An open file that closes itself. Every call retries when a signal interrupts it.
struct FileDescriptor: ~Copyable {
  let raw: Int32
  let path: String

  init(_ path: String, _ flags: Int32, mode: UInt32 = 0) throws(IOFailure) {
    // Close-on-exec always: a child that inherited the lock's descriptor would hold the lock.
    let descriptor = retrying { open(path, flags | O_CLOEXEC, mode_t(mode)) }
    guard descriptor >= 0 else { throw IOFailure(.open, path) }
    raw = descriptor
    self.path = path
  }

  deinit { close(raw) }

  func writeAll(_ bytes: [UInt8]) throws(IOFailure) {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        retrying { write(raw, buffer.baseAddress?.advanced(by: done), buffer.count - done) }
      }
      guard count >= 0 else { throw IOFailure(.write, path) }
      done += count
    }
  }

  /// Up to `limit` bytes from the current place to the end; one more than `limit` when there are more.
  func readAll(limit: Int) throws(IOFailure) -> [UInt8] {
    var out: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while out.count <= limit {
      let count = chunk.withUnsafeMutableBytes { buffer in
        retrying { read(raw, buffer.baseAddress, buffer.count) }
      }
      guard count >= 0 else { throw IOFailure(.read, path) }
      if count == 0 { break }
      out.append(contentsOf: chunk[..<min(count, limit + 1 - out.count)])
    }
    return out
  }

  /// Returns when the file's data and size are on the medium.
  func sync() throws(IOFailure) {
    guard retrying({ fsync(raw) }) == 0 else { throw IOFailure(.sync, path) }
  }

  func status() throws(IOFailure) -> stat {
    var information = stat()
    guard fstat(raw, &information) == 0 else { throw IOFailure(.status, path) }
    return information
  }
}

func retrying<Result: SignedInteger>(_ call: () -> Result) -> Result {
  while true {
    let result = call()
    if result != -1 || errno != EINTR { return result }
  }
}

/// The directory that holds `path`: `.` for a bare name.
func parentDirectory(of path: String) -> String {
  var trimmed = Substring(path)
  while trimmed.count > 1, trimmed.last == "/" { trimmed.removeLast() }
  guard let slash = trimmed.lastIndex(of: "/") else { return "." }
  return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
}

func lastComponent(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return path }
  return String(path[path.index(after: slash)...])
}

/// Makes the names inside `path` durable: a new or renamed file survives a power cut only after this.
func syncDirectory(_ path: String) throws(IOFailure) {
  let directory = try FileDescriptor(path, O_RDONLY | O_DIRECTORY)
  do throws(IOFailure) {
    try directory.sync()
  } catch  where error.code == EINVAL {
    // Some network and FUSE file systems cannot sync a directory; there is nothing better to do on them.
  }
}
