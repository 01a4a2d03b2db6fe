package import Model

/// Reads RFC 3339, and what Alertmanager takes for it: a space for the T, and no offset for UTC.
package enum DateTimeText {
  /// Go's zero time, which clients send for "not given".
  package static let unset = Timestamp(year: 1, month: 1, day: 1)

  /// `2026-11-21T10:00:00.123456+02:00`; what is finer than a millisecond is cut off. nil: no such time.
  package static func parse(_ text: String) -> Timestamp? {
    var bytes = Array(text.utf8)
    guard bytes.count >= 19 else { return nil }
    if bytes[10] == UInt8(ascii: "t") || bytes[10] == UInt8(ascii: " ") { bytes[10] = UInt8(ascii: "T") }
    let hasOffset = bytes[19...].contains { "Zz+-".utf8.contains($0) }
    if bytes.last == UInt8(ascii: "z") { bytes.removeLast() }
    if bytes.count < text.utf8.count || !hasOffset { bytes.append(UInt8(ascii: "Z")) }
    return Timestamp(rfc3339: String(decoding: bytes, as: UTF8.self))
  }
}
