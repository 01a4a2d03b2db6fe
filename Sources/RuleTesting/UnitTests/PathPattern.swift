#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// A path with `*`, `?` and `[…]`, as rule files are named by.
struct PathPattern {
  private let pattern: String

  /// nil when a bracket is not closed: `glob` would take it for a letter, promtool refuses it.
  init?(_ pattern: String) {
    var isOpen = false
    var isEscaped = false
    for byte in pattern.utf8 {
      switch byte {
      case _ where isEscaped: isEscaped = false
      case UInt8(ascii: "\\"): isEscaped = true
      case UInt8(ascii: "["): isOpen = true
      case UInt8(ascii: "]"): isOpen = false
      default: break
      }
    }
    guard !isOpen, !isEscaped else { return nil }
    self.pattern = pattern
  }

  /// The files that are there, in order of name.
  var matches: [String] {
    var result = glob_t()
    defer { globfree(&result) }
    guard glob(pattern, 0, nil, &result) == 0 else { return [] }
    return (0..<Int(result.gl_pathc)).compactMap { result.gl_pathv[$0].map { String(cString: $0) } }
  }
}
