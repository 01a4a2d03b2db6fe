/// A place in a server's write-ahead log, in bytes from its beginning. Comparable within one timeline.
package struct WALPosition: Hashable, Comparable, Sendable {
  package let bytes: UInt64

  package init(bytes: UInt64) { self.bytes = bytes }

  /// PostgreSQL's form: two hexadecimal halves of 32 bits, `0/16B3748`. nil for anything else.
  package init?(_ text: String) {
    let halves = text.split(separator: "/", omittingEmptySubsequences: false)
    guard halves.count == 2, let high = UInt32(halves[0], radix: 16), let low = UInt32(halves[1], radix: 16)
    else {
      return nil
    }
    bytes = UInt64(high) << 32 | UInt64(low)
  }

  package static func < (a: Self, b: Self) -> Bool { a.bytes < b.bytes }

  /// Bytes from `earlier` to here; 0 when that is not earlier, as after a standby's restart.
  package func distance(from earlier: Self) -> UInt64 { self > earlier ? bytes - earlier.bytes : 0 }
}
