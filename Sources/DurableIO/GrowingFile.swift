#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// A file that is written from its beginning to its end by one thread.
///
/// `@unchecked Sendable`: it holds a descriptor and a count; its owner hands it over, never shares it.
package final class GrowingFile: @unchecked Sendable {
  package let path: String
  let raw: Int32
  package private(set) var size: Int

  /// Makes the file, which must not be there yet, or with `appending` goes on at the end of one that is.
  package init(_ path: String, appending: Bool = false, mode: UInt32 = 0o600) throws(IOFailure) {
    self.path = path
    let how = appending ? O_APPEND : O_EXCL
    raw = retrying { open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | how, mode_t(mode)) }
    guard raw >= 0 else { throw IOFailure(.open, path) }
    let end = lseek(raw, 0, SEEK_END)
    size = Int(max(0, end))
  }

  package func write(_ bytes: [UInt8]) throws(IOFailure) {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        retrying { Self.write(raw, buffer.baseAddress?.advanced(by: done), buffer.count - done) }
      }
      guard count > 0 else { throw IOFailure(.write, path) }
      done += count
      size += count
    }
  }

  /// Returns when the data is on the medium.
  package func sync() throws(IOFailure) {
    guard retrying({ fdatasync(raw) }) == 0 else { throw IOFailure(.sync, path) }
  }

  /// Drops what is behind `size`: a half-written record after a failed write.
  package func truncate(to size: Int) throws(IOFailure) {
    guard retrying({ ftruncate(raw, off_t(size)) }) == 0 else { throw IOFailure(.write, path) }
    self.size = size
  }

  private static func write(_ raw: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    #if canImport(Glibc)
      Glibc.write(raw, bytes, count)
    #else
      Musl.write(raw, bytes, count)
    #endif
  }

  deinit { close(raw) }
}

/// What stands in a directory, and moving it about.
package enum Folder {
  /// Names and sizes of the regular files in `path`, in order of name.
  package static func files(_ path: String) throws(IOFailure) -> [(name: String, size: Int)] {
    guard let directory = opendir(path) else { throw IOFailure(.open, path) }
    defer { closedir(directory) }
    var found: [(name: String, size: Int)] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      var facts = stat()
      guard lstat("\(path)/\(name)", &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { continue }
      found.append((name, Int(facts.st_size)))
    }
    return found.sorted { $0.name < $1.name }
  }

  /// Renames within one directory; durable when this returns.
  package static func rename(_ from: String, to: String) throws(IOFailure) {
    let code = retrying {
      #if canImport(Glibc)
        Glibc.rename(from, to)
      #else
        Musl.rename(from, to)
      #endif
    }
    guard code == 0 else { throw IOFailure(.rename, from) }
    try syncDirectory(parentDirectory(of: to))
  }

  /// Removes a file; one that is not there is no failure.
  @discardableResult
  package static func remove(_ path: String) -> Bool { unlink(path) == 0 || errno == ENOENT }
}
