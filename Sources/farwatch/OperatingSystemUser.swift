#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// Who the operating system says runs this program.
enum OperatingSystemUser {
  /// Of the effective user; nil when the machine knows no name for it, as in many containers.
  static var name: String? {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    // Names and directories of one user; what is longer has no name here.
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16 << 10) { room in
      guard let bytes = room.baseAddress,
        getpwuid_r(geteuid(), &entry, bytes, room.count, &found) == 0, found != nil, let name = entry.pw_name
      else { return nil }
      let text = String(cString: name)
      return text.isEmpty ? nil : text
    }
  }
}
