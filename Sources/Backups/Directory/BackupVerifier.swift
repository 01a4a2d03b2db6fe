internal import Decompression

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// Reads one backup file and says whether its content is whole. Blocks.
enum BackupVerifier {
  /// nil when nothing was learnt: cancelled, or the file changed or vanished meanwhile.
  ///
  /// `proceed` is asked before each 64 KiB, with the bytes read so far.
  static func verify(
    _ path: String, _ key: FileKey, _ settings: DirectoryBackupSettings.Verification,
    proceed: (UInt64) -> Bool
  ) -> BackupContent? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return errno == ENOENT ? nil : .bad(.unreadable) }
    defer { close(descriptor) }
    // The file that was judged, not one that took its name since.
    guard currentKey(descriptor) == key, let content = read(descriptor, key, settings, proceed) else {
      return nil
    }
    return currentKey(descriptor) == key ? content : nil
  }

  private static func currentKey(_ descriptor: Int32) -> FileKey? {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? FileKey(status) : nil
  }

  private static func read(
    _ descriptor: Int32, _ key: FileKey, _ settings: DirectoryBackupSettings.Verification,
    _ proceed: (UInt64) -> Bool
  ) -> BackupContent? {
    let tail: [UInt8]
    if settings.gzip {
      let limits = GzipFile.Limits(
        tailBytes: DumpTrailer.tailBytes, decompressedBytes: settings.decompressedLimit)
      let report = GzipFile.check(descriptor: descriptor, limits: limits, proceed: proceed)
      // Read once and never again: the pages should not push a database's own out of the cache.
      posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
      switch report.verdict {
      case .complete: tail = report.tail
      case .truncated: return .bad(.truncated)
      case .corrupt, .trailingGarbage: return .bad(.corrupt)
      case .limit: return .bad(.limit)
      case .unreadable: return .bad(.unreadable)
      case .cancelled: return nil
      }
    } else if !settings.isNeeded {
      return .good
    } else {
      let wanted = max(DumpTrailer.tailBytes, settings.archive?.tailBytes ?? 0)
      let from = key.size > UInt64(wanted) ? key.size - UInt64(wanted) : 0
      guard let end = readPart(descriptor, from, wanted),
        let head = readPart(descriptor, 0, settings.archive == nil ? 0 : ArchiveKind.headBytes)
      else { return .bad(.unreadable) }
      if let problem = settings.archive?.problem(head: head, tail: end, size: key.size) {
        return .bad(problem)
      }
      tail = Array(end.suffix(DumpTrailer.tailBytes))
    }
    // A cut gzip file can still decompress to its trailer, and a cut dump can be whole gzip: both must be right.
    return settings.trailer.isPresent(in: tail) ? .good : .bad(.noTrailer)
  }

  /// At most `count` bytes of the file from `start` on; nil when it cannot be read.
  private static func readPart(_ descriptor: Int32, _ start: UInt64, _ count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < bytes.count {
      let place = off_t(clamping: start) + off_t(done)
      let count = bytes.withUnsafeMutableBytes { buffer in
        pread(descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done, place)
      }
      if count < 0, errno == EINTR { continue }
      if count < 0 { return nil }
      if count == 0 { break }
      done += count
    }
    return Array(bytes[..<done])
  }
}
