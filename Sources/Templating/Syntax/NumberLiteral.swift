/// Numbers as Go writes them: `12`, `1_000`, `0x1F`, `0o17`, `017`, `0b11`, `1.5`, `1e3`, `.5`.
enum NumberLiteral {
  /// nil when `text` is not a number or an integer does not fit.
  static func read(_ text: String) -> Token.Kind? {
    var rest = Substring(text)
    var sign = ""
    if let first = rest.first, first == "-" || first == "+" {
      sign = String(first)
      rest = rest.dropFirst()
    }
    let digits = rest.replacing("_", with: "").lowercased()
    guard digits.utf8.first.map({ $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "+") }) ?? false else {
      return nil
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where digits.hasPrefix(prefix) {
      if let value = Int(sign + digits.dropFirst(2), radix: radix) { return .int(value) }
      return radix == 16 && digits.contains("p") ? Double(sign + digits).map { .float($0) } : nil
    }
    if digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
      let isOctal = digits.count > 1 && digits.hasPrefix("0")
      return Int(sign + digits, radix: isOctal ? 8 : 10).map { .int($0) }
    }
    // Swift reads words such as "nan" too, and no number of Go's ends in a point's exponent alone.
    guard digits.utf8.allSatisfy({ "0123456789.e+-".utf8.contains($0) }) else { return nil }
    let completed = digits.hasPrefix(".") ? "0" + digits : digits
    guard let value = Double(sign + completed.replacing(".e", with: ".0e")) ?? Double(sign + completed + "0")
    else { return nil }
    return value.isFinite ? .float(value) : nil
  }
}
