internal import Paging

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// The system's time zone database.
enum ZoneDirectory {
  static let path = "/usr/share/zoneinfo"

  static func zone(named name: String) throws(ZoneProblem) -> ZoneOffsets {
    if name != "UTC", access(path, R_OK) != 0 {
      throw ZoneProblem(description: "there is no time zone database in \(path) (the package tzdata)")
    }
    return try ZoneOffsets.named(name) { file in
      read(file == "localtime" ? "/etc/localtime" : "\(path)/\(file)")
    }
  }

  /// nil when there is no such file, or when it is larger than any of the database.
  private static func read(_ file: String) -> [UInt8]? {
    guard let stream = fopen(file, "re") else { return nil }
    defer { fclose(stream) }
    var bytes = [UInt8](repeating: 0, count: ZoneOffsets.maximumBytes + 1)
    let count = fread(&bytes, 1, bytes.count, stream)
    guard ferror(stream) == 0, count <= ZoneOffsets.maximumBytes else { return nil }
    return Array(bytes[..<count])
  }
}
