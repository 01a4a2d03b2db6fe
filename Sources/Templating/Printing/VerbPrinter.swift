internal import Model

/// One verb of a format, applied to one value.
struct VerbPrinter {
  let verb: Unicode.Scalar
  let flags: GoFormat.Flags

  func printed(_ value: TemplateValue) throws(TemplateFailure) -> String {
    // Go fills up to a width and writes digits up to a precision of a million; a text must fit the output.
    try TextLimit.check(max(flags.width ?? 0, flags.precision ?? 0))
    if verb == "T" { return padded(value.typeName) }
    switch value {
    case .missing, .null: return verb == "v" ? padded("<nil>") : "%!\(verb)(<nil>)"
    case .bool(let value):
      return verb == "v" || verb == "t" ? padded(value ? "true" : "false") : wrong(.bool(value))
    case .int(let number): return try integer(number) ?? wrong(value)
    case .float(let number): return try float(number) ?? wrong(value)
    case .string(let text): return string(text) ?? wrong(value)
    case .time(let time): return string(TimeText.format(time)) ?? wrong(value)
    case .duration(let duration):
      if verb == "d" { return try integer(Int(duration.nanoseconds)) ?? "" }
      return string(TimeText.format(duration)) ?? wrong(value)
    case .list(let list):
      return "[" + (try joined(list) { element throws(TemplateFailure) in try printed(element) }) + "]"
    case .map(let map), .record(let map):
      let entries = try joined(map.sorted) { entry throws(TemplateFailure) in
        try printed(.string(entry.key)) + ":" + printed(entry.value)
      }
      return "map[" + entries + "]"
    case .labels(let labels):
      let entries = try joined(labels.entries) { label throws(TemplateFailure) in
        try printed(.string(label.name)) + ":" + printed(.string(label.value))
      }
      return "map[" + entries + "]"
    case .pairs, .collection: return try printed(value.withoutMethods)
    case .sample: return padded(try ValuePrinter.printed(value))
    }
  }

  /// With a space between, and checked on the way: a width counts for every element.
  private func joined<Element>(
    _ elements: [Element], _ print: (Element) throws(TemplateFailure) -> String
  ) throws(TemplateFailure) -> String {
    var out = ""
    for (place, element) in elements.enumerated() {
      out += (place > 0 ? " " : "") + (try print(element))
      try TextLimit.check(out.utf8.count)
    }
    return out
  }

  /// `%!d(string=x)`: the value as `%v` shows it with the same width and flags.
  private func wrong(_ value: TemplateValue) -> String {
    let shown = (try? VerbPrinter(verb: "v", flags: flags).printed(value)) ?? "…"
    return "%!\(verb)(\(value.typeName)=\(shown))"
  }

  // MARK: Strings

  private func string(_ text: String) -> String? {
    switch verb {
    case "v" where flags.sharp: return padded(GoQuoting.quoted(truncated(text)))
    case "v", "s": return padded(truncated(text))
    case "q":
      let text = truncated(text)
      let isRaw = flags.sharp && !text.unicodeScalars.contains { $0 == "`" || ($0.value < 32 && $0 != "\t") }
      return padded(isRaw ? "`\(text)`" : GoQuoting.quoted(text, asciiOnly: flags.plus))
    case "x", "X":
      var digits = ""
      for byte in text.utf8.prefix(flags.precision ?? .max) {
        if flags.space, !digits.isEmpty { digits += " " }
        if flags.sharp, digits.isEmpty || flags.space { digits += "0x" }
        digits += GoQuoting.hexadecimal(UInt32(byte), 2)
      }
      return padded(verb == "X" ? digits.uppercased() : digits)
    default: return nil
    }
  }

  private func truncated(_ text: String) -> String {
    guard let precision = flags.precision else { return text }
    var out = String.UnicodeScalarView()
    out.append(contentsOf: text.unicodeScalars.prefix(precision))
    return String(out)
  }

  // MARK: Integers

  private func integer(_ value: Int) throws(TemplateFailure) -> String? {
    switch verb {
    case "v", "d": return whole(value, radix: 10)
    case "b": return whole(value, radix: 2, prefix: "0b")
    case "o": return whole(value, radix: 8, prefix: "0")
    case "O": return whole(value, radix: 8, prefix: "0o", always: true)
    case "x": return whole(value, radix: 16, prefix: "0x")
    case "X": return whole(value, radix: 16, prefix: "0X", uppercase: true)
    case "c": return padded(String(Character(scalar(value))))
    case "q":
      return padded(GoQuoting.quoted(String(Character(scalar(value))), by: "'", asciiOnly: flags.plus))
    case "U":
      return padded("U+" + GoQuoting.hexadecimal(UInt32(truncatingIfNeeded: value), 4).uppercased())
    default: return nil
    }
  }

  private func scalar(_ value: Int) -> Unicode.Scalar {
    UInt32(exactly: value).flatMap { Unicode.Scalar($0) } ?? "\u{fffd}"
  }

  private func whole(
    _ value: Int, radix: Int, prefix: String = "", always: Bool = false, uppercase: Bool = false
  ) -> String {
    var digits = String(value.magnitude, radix: radix, uppercase: uppercase)
    if let precision = flags.precision {
      if precision == 0, value == 0 { return padded("", zero: false) }
      digits = String(repeating: "0", count: max(0, precision - digits.count)) + digits
    }
    let sign = value < 0 ? "-" : flags.plus ? "+" : flags.space ? " " : ""
    let lead = sign + (flags.sharp || always ? prefix : "")
    if flags.zero, !flags.minus, flags.precision == nil, let width = flags.width {
      digits = String(repeating: "0", count: max(0, width - sign.count - digits.count)) + digits
    }
    return padded(lead + digits, zero: false)
  }

  // MARK: Floating point

  private func float(_ value: Double) throws(TemplateFailure) -> String? {
    var text: String
    switch verb {
    case "v", "g", "G":
      text = flags.precision.map { CFormat.number(value, $0, "g") } ?? NumberText.shortest(value)
    case "e", "E": text = CFormat.number(value, flags.precision ?? 6, "e")
    case "x", "X":
      text = CFormat.hexadecimal(value, flags.precision)
      if verb == "X", value.isFinite { text = text.uppercased() }
    case "f", "F": text = CFormat.number(value, flags.precision ?? 6, "f")
    default: return nil
    }
    if verb == "E" || verb == "G", value.isFinite { text = text.uppercased() }
    var sign = ""
    if let first = text.first, first == "-" || first == "+" {
      sign = String(first)
      text.removeFirst()
    }
    if sign != "-" {
      // An infinity keeps its plus only where a sign was asked for, or where there is no precision to speak of.
      let keepsPlus = flags.plus || (value.isInfinite && !flags.space)
      sign = keepsPlus ? "+" : flags.space ? " " : ""
      if value.isNaN, !flags.plus, !flags.space { sign = "" }
    }
    if flags.zero, !flags.minus, value.isFinite, let width = flags.width {
      text = String(repeating: "0", count: max(0, width - sign.count - text.count)) + text
    }
    return padded(sign + text, zero: false)
  }

  // MARK: Width

  private func padded(_ text: String, zero: Bool = true) -> String {
    guard let width = flags.width else { return text }
    let count = text.unicodeScalars.count
    guard count < width else { return text }
    let fill = String(repeating: zero && flags.zero && !flags.minus ? "0" : " ", count: width - count)
    return flags.minus ? text + fill : fill + text
  }
}
