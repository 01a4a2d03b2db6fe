/// How names that are not of the old kind, `[a-zA-Z_:][a-zA-Z0-9_:]*`, are written, by Prometheus 3's escaping schemes.
/// A name of the old kind is never changed.
package enum NameEscaping: String, Hashable, Sendable, CaseIterable {
  /// As they are, between quotes.
  case allowUTF8 = "allow-utf-8"
  /// Each character that may not stand becomes `_`. Different names may become one.
  case underscores
  /// `.` becomes `_dot_`, `_` is doubled, and any other character that may not stand becomes `__`.
  case dots
  /// `U__` and then the name, `_` doubled and each character that may not stand as its code between underscores.
  case values

  /// `name`, or what stands for it.
  func apply(to name: String) -> String {
    if self == .allowUTF8 || name.isEmpty || TextFormat.isMetricName(name) { return name }
    var out = self == .values ? "U__" : ""
    for (place, scalar) in zip(0..., name.unicodeScalars) {
      if scalar == "_", self != .underscores {
        out += "__"
      } else if Self.isLegacy(scalar, first: place == 0) {
        out.unicodeScalars.append(scalar)
      } else {
        switch self {
        case .values: out += "_\(String(scalar.value, radix: 16))_"
        case .dots: out += scalar == "." ? "_dot_" : "__"
        case .underscores, .allowUTF8: out += "_"
        }
      }
    }
    return out
  }

  private static func isLegacy(_ scalar: Unicode.Scalar, first: Bool) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "_", ":": true
    case "0"..."9": !first
    default: false
    }
  }
}
