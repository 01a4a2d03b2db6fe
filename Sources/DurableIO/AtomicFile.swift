#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
internal import Synchronization

/// Whole files that are either the old or the new one, whatever happens in between.
package enum AtomicFile {
  private static let counter = Atomic<UInt64>(0)

  /// Puts `bytes` in place of the file at `path` and returns when that survives a power cut.
  ///
  /// Writes a temporary file `.NAME.PID.N.tmp` in the same directory, syncs it, renames it over `path` and syncs the
  /// directory. The file has exactly `mode` (the umask has no say) from before its first byte, so a key is never
  /// readable by others. On failure the old file is untouched and the temporary one removed; only a crash in between
  /// leaves one behind.
  package static func replace(_ path: String, with bytes: [UInt8], mode: UInt32 = 0o644) throws(IOFailure) {
    let directory = parentDirectory(of: path)
    let number = counter.add(1, ordering: .relaxed).newValue
    let temporary = "\(directory)/.\(lastComponent(of: path)).\(getpid()).\(number).tmp"
    // A process with our pid may have crashed here: its leftover is nobody's.
    unlink(temporary)
    do throws(IOFailure) {
      let file = try FileDescriptor(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: mode & 0o600)
      guard fchmod(file.raw, mode_t(mode)) == 0 else { throw IOFailure(.changeMode, temporary) }
      try file.writeAll(bytes)
      try file.sync()
    } catch {
      unlink(temporary)
      throw error
    }
    guard rename(temporary, path) == 0 else {
      let failure = IOFailure(.rename, path)
      unlink(temporary)
      throw failure
    }
    try syncDirectory(directory)
  }
}

/// The contents of the regular file at `path`.
///
/// A file of more than `limit` bytes, and anything that is not a regular file (a pipe would block), is refused with
/// code 0.
package func readFile(_ path: String, limit: Int) throws(IOFailure) -> [UInt8] {
  // Non-blocking, so that opening a pipe without a writer returns and can be refused.
  let file = try FileDescriptor(path, O_RDONLY | O_NONBLOCK)
  guard try file.status().st_mode & S_IFMT == S_IFREG else {
    throw IOFailure(path: path, operation: .read, code: 0, text: "not a regular file")
  }
  let bytes = try file.readAll(limit: limit)
  guard bytes.count <= limit else {
    throw IOFailure(path: path, operation: .read, code: 0, text: "larger than the limit of \(limit) bytes")
  }
  return bytes
}

/// Makes the directory at `path` and those above it that are missing, each with `mode` (less the umask), durably.
///
/// A directory that is already there is left as it is, whatever its mode.
package func makeDirectory(_ path: String, mode: UInt32 = 0o755) throws(IOFailure) {
  if mkdir(path, mode_t(mode)) == 0 {
    return try syncDirectory(parentDirectory(of: path))
  }
  let failure = IOFailure(.makeDirectory, path)
  switch failure.code {
  case ENOENT where parentDirectory(of: path) != path && !path.isEmpty:
    try makeDirectory(parentDirectory(of: path), mode: mode)
    // Once more, but never in a circle: a dangling link in the path keeps saying ENOENT.
    guard mkdir(path, mode_t(mode)) == 0 || errno == EEXIST else { throw IOFailure(.makeDirectory, path) }
    try syncDirectory(parentDirectory(of: path))
  case EEXIST:
    var information = stat()
    guard stat(path, &information) == 0 else { throw IOFailure(.status, path) }
    guard information.st_mode & S_IFMT == S_IFDIR else { throw failure }
  default:
    throw failure
  }
}
