#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
internal import Model

/// The database file as the file system sees it: how it begins and how a damaged one leaves.
enum StateFile {
  /// Makes the file, empty, when it is missing; whether it did. SQLite gives its log the same mode.
  static func begin(_ path: String) throws -> Bool {
    let made = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    if made >= 0 {
      close(made)
      return true
    }
    guard errno == EEXIST else { throw systemError("create", path) }
    var information = stat()
    guard stat(path, &information) == 0 else { throw systemError("read the status of", path) }
    guard information.st_mode & S_IFMT == S_IFREG else {
      throw StateDatabaseError(reason: .open, detail: "\(path): not a regular file")
    }
    // Pages of an older or hand-made file may hold secrets that others could read.
    guard information.st_mode & 0o077 == 0 || chmod(path, 0o600) == 0 else {
      throw systemError("change the mode of", path)
    }
    return false
  }

  /// The file was removed or replaced while it was open.
  struct Gone: Error, CustomStringConvertible {
    let description = "the file was removed or replaced while in use; restart Farwatch"
  }

  /// The number of the file behind `path`; nil when there is none.
  static func identity(_ path: String) -> UInt64? {
    var information = stat()
    return stat(path, &information) == 0 ? UInt64(information.st_ino) : nil
  }

  /// A name beside `path` that nothing has.
  private static func asideName(_ path: String, at now: Timestamp) -> String {
    let c = now.civil
    let day = padded(c.year, 4) + padded(c.month, 2) + padded(c.day, 2)
    let base = "\(path).corrupt-\(day)T\(padded(c.hour, 2))\(padded(c.minute, 2))\(padded(c.second, 2))Z"
    var aside = base
    var number = 2
    // Two in one second: never over the evidence of the first.
    while access(aside, F_OK) == 0 || access("\(aside)-wal", F_OK) == 0, number < 100 {
      aside = "\(base)-\(number)"
      number += 1
    }
    return aside
  }

  /// SQLite takes a log that it cannot read for an empty one, and writes over it. One that does not begin as a log
  /// does is set aside instead; where it is now, or nil.
  static func setAsideForeignLog(_ path: String, at now: Timestamp) throws -> String? {
    let log = "\(path)-wal"
    let descriptor = open(log, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var header = [UInt8](repeating: 0, count: 32)
    guard read(descriptor, &header, 32) == 32, !isLogHeader(header) else { return nil }
    let aside = "\(asideName(path, at: now))-wal"
    guard rename(log, aside) == 0 else { throw systemError("rename", log) }
    guard unlink("\(path)-shm") == 0 || errno == ENOENT else { throw systemError("remove", "\(path)-shm") }
    return aside
  }

  /// Magic number and checksum as SQLite's file format describes them (section 4.1, "WAL File Format").
  private static func isLogHeader(_ bytes: [UInt8]) -> Bool {
    func word(_ place: Int, bigEndian: Bool) -> UInt32 {
      let word = bytes[place..<place + 4]
      return (bigEndian ? Array(word) : word.reversed()).reduce(0) { $0 << 8 | UInt32($1) }
    }
    let magic = word(0, bigEndian: true)
    guard magic | 1 == 0x377f_0683 else { return false }
    var (s0, s1): (UInt32, UInt32) = (0, 0)
    for place in stride(from: 0, to: 24, by: 8) {
      s0 = s0 &+ word(place, bigEndian: magic & 1 == 1) &+ s1
      s1 = s1 &+ word(place + 4, bigEndian: magic & 1 == 1) &+ s0
    }
    return s0 == word(24, bigEndian: true) && s1 == word(28, bigEndian: true)
  }

  static func setAside(_ path: String, at now: Timestamp) throws -> String {
    let aside = asideName(path, at: now)
    guard rename(path, aside) == 0 else { throw systemError("rename", path) }
    // The log belongs to the damaged file: left behind it would be replayed into the new one.
    guard rename("\(path)-wal", "\(aside)-wal") == 0 || errno == ENOENT else {
      throw systemError("rename", "\(path)-wal")
    }
    guard unlink("\(path)-shm") == 0 || errno == ENOENT else { throw systemError("remove", "\(path)-shm") }
    return aside
  }

  /// SQLite syncs the directory for its log but not for a database file that we made.
  static func syncDirectory(of path: String) throws {
    let slash = path.lastIndex(of: "/")
    let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw systemError("open", directory) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw systemError("sync", directory) }
  }

  private static func systemError(_ action: String, _ path: String) -> StateDatabaseError {
    let text = String(cString: strerror(errno))
    return StateDatabaseError(reason: .open, detail: "cannot \(action) \(path): \(text)")
  }
}
