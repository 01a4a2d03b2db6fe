/// What the last line of a complete dump says.
///
/// Facts from running mysqldump, mariadb-dump 10.11 and pg_dump 15: the first two end with `-- Dump completed`, unless
/// run with `--skip-comments`; pg_dump writes `\unrestrict` and blank lines after its own.
package enum DumpTrailer: Hashable, Sendable {
  case none
  case mysqldump
  case pgDump
  /// This text, anywhere in the last 4 KiB.
  case custom(String)

  /// Bytes from the end of the dump that ``isPresent(in:)`` wants to see.
  package static let tailBytes = 4096

  package func isPresent(in tail: [UInt8]) -> Bool {
    switch self {
    case .none: true
    case .mysqldump: Self.endsWithLine(tail, ["-- Dump completed"])
    case .pgDump:
      Self.endsWithLine(
        tail, ["-- PostgreSQL database dump complete", "-- PostgreSQL database cluster dump complete"])
    case .custom(let text): Self.contains(tail, Array(text.utf8))
    }
  }

  /// Whether a line begins with one of `trailers` and nothing but comments, blank lines and psql commands follow it.
  /// At the beginning of a line only: both tools write a newline inside of data as `\n`.
  private static func endsWithLine(_ tail: [UInt8], _ trailers: [String]) -> Bool {
    for line in tail.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).reversed() {
      if trailers.contains(where: { line.starts(with: $0.utf8) }) { return true }
      let blank = line.allSatisfy { $0 == 0x20 || $0 == 0x0d || $0 == 0x09 }
      guard blank || line.starts(with: "--".utf8) || line.starts(with: "\\unrestrict".utf8) else {
        return false
      }
    }
    return false
  }

  private static func contains(_ bytes: [UInt8], _ wanted: [UInt8]) -> Bool {
    guard let first = wanted.first, bytes.count >= wanted.count else { return wanted.isEmpty }
    for start in 0...(bytes.count - wanted.count) where bytes[start] == first {
      if bytes[start..<start + wanted.count].elementsEqual(wanted) { return true }
    }
    return false
  }
}
