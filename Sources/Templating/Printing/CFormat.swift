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
}
