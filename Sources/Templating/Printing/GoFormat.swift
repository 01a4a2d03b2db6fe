internal import Model

/// `printf`, after the documentation of Go's package fmt: verbs, flags, widths, precisions, argument numbers,
/// and its error forms such as `%!d(string=x)`. It never fails but for the length of its output.
struct GoFormat {
  private let format: [Unicode.Scalar]
  private let arguments: [TemplateValue]
  private var at = 0
  private var nextArgument = 0
  private var reordered = false
  private var out = ""

  struct Flags {
    var plus = false
    var minus = false
    var sharp = false
    var space = false
    var zero = false
    var width: Int?
    var precision: Int?
  }

  static func print(_ format: String, _ arguments: [TemplateValue]) throws(TemplateFailure) -> String {
    var printer = GoFormat(format: Array(format.unicodeScalars), arguments: arguments)
    try printer.run()
    return printer.out
  }

  private init(format: [Unicode.Scalar], arguments: [TemplateValue]) {
    self.format = format
    self.arguments = arguments
  }

  private mutating func run() throws(TemplateFailure) {
    while at < format.count {
      let scalar = format[at]
      at += 1
      if scalar == "%" { try directive() } else { out.unicodeScalars.append(scalar) }
    }
    try TextLimit.check(out.utf8.count)
    guard !reordered, nextArgument < arguments.count else { return }
    out += "%!(EXTRA "
    for (place, argument) in arguments[nextArgument...].enumerated() {
      if place > 0 { out += ", " }
      if case .null = argument {
        out += "<nil>"
      } else {
        out += argument.typeName + "=" + (try ValuePrinter.printed(argument))
      }
      try TextLimit.check(out.utf8.count)
    }
    out += ")"
  }

  private mutating func directive() throws(TemplateFailure) {
    var flags = Flags()
    readFlags(&flags)
    var goodIndex = readIndex()
    if current == "*" {
      at += 1
      flags.width = star("%!(BADWIDTH)")
      if let width = flags.width, width < 0 {
        flags.minus = true
        flags.zero = false
        flags.width = -width
      }
    } else {
      flags.width = number()
      if flags.width == nil, hasDigits { out += "%!(BADWIDTH)" }
    }
    if current == "." {
      at += 1
      goodIndex = readIndex() && goodIndex
      if current == "*" {
        at += 1
        flags.precision = star("%!(BADPREC)")
        if let precision = flags.precision, precision < 0 { flags.precision = nil }
      } else {
        flags.precision = number() ?? 0
      }
    }
    goodIndex = readIndex() && goodIndex
    guard let verb = current else {
      out += "%!(NOVERB)"
      return
    }
    at += 1
    if verb == "%" {
      out += "%"
    } else if !goodIndex {
      out += "%!\(verb)(BADINDEX)"
    } else if nextArgument >= arguments.count {
      out += "%!\(verb)(MISSING)"
    } else {
      let argument = arguments[nextArgument]
      nextArgument += 1
      out += try VerbPrinter(verb: verb, flags: flags).printed(argument)
    }
    try TextLimit.check(out.utf8.count)
  }

  private var current: Unicode.Scalar? { at < format.count ? format[at] : nil }
  private var hasDigits: Bool { current.map { ("0"..."9").contains($0) } ?? false }

  private mutating func readFlags(_ flags: inout Flags) {
    while let flag = current {
      switch flag {
      case "+": flags.plus = true
      case "-":
        flags.minus = true
        flags.zero = false
      case "#": flags.sharp = true
      case " ": flags.space = true
      case "0": flags.zero = !flags.minus
      default: return
      }
      at += 1
    }
  }

  /// Digits as a number; nil when there is none. What is too large reads as the limit of a text.
  private mutating func number() -> Int? {
    guard hasDigits else { return nil }
    var value = 0
    while hasDigits, let digit = current {
      value = min(value * 10 + Int(digit.value - 48), 1_000_000)
      at += 1
    }
    return value
  }

  private mutating func star(_ complaint: String) -> Int? {
    guard nextArgument < arguments.count, case .int(let value) = arguments[nextArgument],
      (-1_000_000...1_000_000).contains(value)
    else {
      nextArgument += nextArgument < arguments.count ? 1 : 0
      out += complaint
      return nil
    }
    nextArgument += 1
    return value
  }

  /// `[3]`: which argument is next. False when it names none.
  private mutating func readIndex() -> Bool {
    guard current == "[" else { return true }
    reordered = true
    at += 1
    guard let close = format[at...].firstIndex(of: "]") else { return false }
    let index = number()
    let isWhole = at == close
    at = close + 1
    guard isWhole, let index, index >= 1, index <= arguments.count else { return false }
    nextArgument = index - 1
    return true
  }
}
