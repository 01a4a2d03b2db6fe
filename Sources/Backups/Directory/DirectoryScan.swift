#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
internal import Model

/// One version of one file: a file that is written again has another key.
struct FileKey: Hashable, Sendable {
  let device: UInt64
  let inode: UInt64
  let size: UInt64
  let modifiedNanoseconds: Int64

  init(_ status: stat) {
    device = UInt64(truncatingIfNeeded: status.st_dev)
    inode = UInt64(truncatingIfNeeded: status.st_ino)
    size = UInt64(clamping: status.st_size)
    // Wraps for a date beyond 2262: still a good key, and `modified` below is computed apart.
    modifiedNanoseconds =
      Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(truncatingIfNeeded: status.st_mtim.tv_nsec)
  }
}

/// The matching files of one directory at one moment. Blocking system calls: on a hung mount they may never return.
struct DirectoryScan {
  struct Entry {
    var name: String
    var key: FileKey
    var modified: Timestamp
    /// What speaks against the entry before its content is looked at.
    var problem: BackupRejection?
  }

  struct Failure: Error {
    let reason: FailureReason
    let detail: String
  }

  var entries: [Entry] = []
  /// Entries of the directory, matching or not.
  var seen = 0

  init(_ settings: DirectoryBackupSettings) throws(Failure) {
    guard let directory = opendir(settings.path) else { throw Self.failure(settings.path) }
    defer { closedir(directory) }
    let descriptor = dirfd(directory)
    var linked: [Entry] = []
    while true {
      errno = 0
      guard let next = readdir(directory) else { break }
      let bytes = withUnsafePointer(to: &next.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: UInt8.self, capacity: 256) { start in
          Array(UnsafeBufferPointer(start: start, count: strnlen(start, 256)))
        }
      }
      if bytes == [0x2e] || bytes == [0x2e, 0x2e] { continue }
      seen += 1
      guard seen <= settings.entriesLimit else {
        let detail = "\(settings.path) has more than \(settings.entriesLimit) entries"
        throw Failure(reason: .limit, detail: detail)
      }
      let name = String(decoding: bytes, as: UTF8.self)
      guard let backup = settings.members.map({ $0.split(name)?.backup }) ?? name,
        settings.naming.match.matches(backup)
      else { continue }
      let readable = name.utf8.elementsEqual(bytes)
      guard let (entry, isLink) = Self.entry(name, bytes, descriptor, settings.path) else { continue }
      var judged = entry
      if !readable, judged.problem == nil { judged.problem = .name }
      if isLink { linked.append(judged) } else { entries.append(judged) }
    }
    guard errno == 0 else { throw Self.failure(settings.path) }
    // `latest.sql.gz -> backup_….sql.gz` is no second backup.
    var known = Set(entries.map(\.key))
    for entry in linked where entry.problem != nil || known.insert(entry.key).inserted {
      entries.append(entry)
    }
  }

  /// nil when the entry vanished meanwhile.
  private static func entry(
    _ name: String, _ bytes: [UInt8], _ directory: Int32, _ path: String
  ) -> (Entry, isLink: Bool)? {
    var status = stat()
    let cName = bytes.map { CChar(bitPattern: $0) } + [0]
    guard fstatat(directory, cName, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
      return errno == ENOENT ? nil : (unreadable(name, status), false)
    }
    guard status.st_mode & S_IFMT == S_IFLNK else {
      return (Entry(name, status, problem: status.st_mode & S_IFMT == S_IFREG ? nil : .notAFile), false)
    }
    guard fstatat(directory, cName, &status, 0) == 0 else { return (unreadable(name, status), true) }
    let inside = status.st_mode & S_IFMT == S_IFREG && staysInside("\(path)/\(name)", of: path)
    return (Entry(name, status, problem: inside ? nil : .notAFile), true)
  }

  private static func unreadable(_ name: String, _ status: stat) -> Entry {
    Entry(name, status, problem: .unreadable)
  }

  private static func staysInside(_ link: String, of directory: String) -> Bool {
    guard let target = resolved(link), let root = resolved(directory) else { return false }
    return target.hasPrefix(root == "/" ? root : root + "/")
  }

  private static func resolved(_ path: String) -> String? {
    guard let answer = realpath(path, nil) else { return nil }
    defer { free(answer) }
    return String(cString: answer)
  }

  /// Takes the thread's `errno`.
  private static func failure(_ path: String) -> Failure {
    let code = errno
    let reason: FailureReason =
      switch code {
      case ENOENT: .missing
      case EACCES, EPERM: .permission
      case ENOTDIR, ELOOP, ENAMETOOLONG: .configuration
      default: .io
      }
    return Failure(reason: reason, detail: "\(path): \(String(cString: strerror(code)))")
  }
}

extension DirectoryScan.Entry {
  init(_ name: String, _ status: stat, problem: BackupRejection?) {
    self.name = name
    self.problem = problem
    key = FileKey(status)
    let (milliseconds, overflow) = Int64(status.st_mtim.tv_sec).multipliedReportingOverflow(by: 1000)
    modified = Timestamp(
      milliseconds: overflow ? .max / 4 : milliseconds &+ Int64(status.st_mtim.tv_nsec) / 1_000_000)
  }
}
