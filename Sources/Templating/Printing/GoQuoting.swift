internal import Model

/// Strings between quotes, as Go's `strconv.Quote` writes them.
enum GoQuoting {
  static func quoted(_ text: String, by quote: Unicode.Scalar = "\"", asciiOnly: Bool = false) -> String {
    var out = String(Character(quote))
    for scalar in text.unicodeScalars { append(scalar, quote, asciiOnly, to: &out) }
    out.unicodeScalars.append(quote)
    return out
  }

  private static func append(
    _ scalar: Unicode.Scalar, _ quote: Unicode.Scalar, _ asciiOnly: Bool, to out: inout String
  ) {
    switch scalar {
    case quote, "\\": out += "\\" + String(Character(scalar))
    case "\u{7}": out += "\\a"
    case "\u{8}": out += "\\b"
    case "\u{c}": out += "\\f"
    case "\n": out += "\\n"
    case "\r": out += "\\r"
    case "\t": out += "\\t"
    case "\u{b}": out += "\\v"
    case _ where scalar.value < 0x20 || scalar.value == 0x7f: out += "\\x" + hexadecimal(scalar.value, 2)
    case _ where scalar.isASCII || (!asciiOnly && isPrintable(scalar)): out.unicodeScalars.append(scalar)
    case _ where scalar.value < 0x10000: out += "\\u" + hexadecimal(scalar.value, 4)
    default: out += "\\U" + hexadecimal(scalar.value, 8)
    }
  }

  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
      .spaceSeparator:
      false
    default: true
    }
  }

  static func hexadecimal(_ value: UInt32, _ width: Int) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
