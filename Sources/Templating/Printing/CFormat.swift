#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// Exactly rounded decimal digits by the C library, whose `%e`, `%f` and `%g` with a precision equal Go's.
enum CFormat {
  /// `verb` is `e`, `f` or `g`. Infinities and NaN as Go writes them.
  static func number(_ value: Double, _ precision: Int, _ verb: Character) -> String {
    guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf" }
    // The longest number has 309 digits before its point; with a precision of 0 there is still a sign.
    var buffer = [CChar](repeating: 0, count: precision + 400)
    let written = withVaList([Int32(clamping: precision), value]) {
      vsnprintf(&buffer, buffer.count, "%.*\(verb)", $0)
    }
    let length = min(max(0, Int(written)), buffer.count - 1)
    return String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// `0x1.cp+02`: C's form, but for Go's two digits of exponent.
  static func hexadecimal(_ value: Double, _ precision: Int?) -> String {
    guard value.isFinite else { return number(value, 0, "f") }
    var buffer = [CChar](repeating: 0, count: (precision ?? 0) + 40)
    let written = withVaList(precision.map { [Int32(clamping: $0), value] } ?? [value]) {
      vsnprintf(&buffer, buffer.count, precision == nil ? "%a" : "%.*a", $0)
    }
    let length = min(max(0, Int(written)), buffer.count - 1)
    var text = String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // Rounding up can leave a 2 before the point, where Go keeps a 1.
    if text.hasPrefix("0x2") || text.hasPrefix("-0x2"), let rounded = Double(text) {
      return hexadecimal(rounded, precision)
    }
    if let mark = text.lastIndex(of: "p"), text.distance(from: mark, to: text.endIndex) == 3 {
      text.insert("0", at: text.index(mark, offsetBy: 2))
    }
    return text
  }
}
