extension ZoneOffsets {
  /// The zone of a name such as `Europe/Berlin`, from the system's time zone database.
  ///
  /// `read` gives the bytes of a file by its path below the database's directory; nil: there is none. `UTC` needs no
  /// file. `Local`, the zone of this host, is asked for as `localtime`.
  package static func named(
    _ name: String, read: (_ file: String) -> [UInt8]?
  ) throws(ZoneProblem) -> ZoneOffsets {
    if name == "UTC" { return .utc }
    let unknown = ZoneProblem(
      description: "unknown time zone \"\(name)\"; zones are named as Europe/Berlin, America/New_York or UTC")
    // It becomes a path: nothing that leads out of the directory.
    let isName =
      name.utf8.count <= 255
      && name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
        !$0.isEmpty && !$0.hasPrefix(".") && $0.utf8.allSatisfy(isPartOfName)
      }
    guard isName, let bytes = read(name == "Local" ? "localtime" : name) else { throw unknown }
    do throws(ZoneProblem) {
      return try ZoneOffsets(name: name, tzif: bytes)
    } catch {
      throw ZoneProblem(description: "the file of the time zone \"\(name)\" \(error)")
    }
  }

  private static func isPartOfName(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "+"): true
    default: false
    }
  }
}
