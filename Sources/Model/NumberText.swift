/// Numbers as Go prints them, because Prometheus' formats are defined by Go's `strconv.FormatFloat(x, …, -1, 64)`.
package enum NumberText {
  /// Format 'g': `1`, `0.25`, `1e+06`, `1e-05`, `NaN`, `+Inf`, `-Inf`. Exact: reading it gives the same bits.
  package static func shortest(_ value: Double) -> String {
    var bytes: [UInt8] = []
    append(value, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// ``shortest(_:)`` written behind `out` without an intermediate string for whole numbers.
  package static func append(_ value: Double, to out: inout [UInt8]) {
    if let whole = Int32(exactly: value), abs(Int64(whole)) < 1_000_000, value != 0 || value.sign == .plus {
      appendInteger(Int64(whole), to: &out)
      return
    }
    guard value.isFinite else {
      out.append(contentsOf: (value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf").utf8)
      return
    }
    let (negative, digits, exponent) = decimal(value)
    if negative { out.append(UInt8(ascii: "-")) }
    // With the shortest digits, Go's 'g' decides as if the precision were 6.
    if exponent < -4 || exponent >= 6 {
      appendScientific(digits, exponent, to: &out)
    } else {
      appendPlain(digits, exponent, to: &out)
    }
  }

  /// Format 'f': never an exponent, as in the values of Prometheus' JSON: `1000000`, `0.00001`.
  package static func plain(_ value: Double) -> String {
    guard value.isFinite else { return shortest(value) }
    let (negative, digits, exponent) = decimal(value)
    var out: [UInt8] = negative ? [UInt8(ascii: "-")] : []
    appendPlain(digits, exponent, to: &out)
    return String(decoding: out, as: UTF8.self)
  }

  /// Decimal digits of `value`.
  package static func appendInteger(_ value: Int64, to out: inout [UInt8]) {
    if value < 0 { out.append(UInt8(ascii: "-")) }
    let start = out.count
    var rest = value.magnitude
    repeat {
      out.append(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    } while rest > 0
    out[start...].reverse()
  }

  /// The shortest digits that identify `value` (finite) and the decimal exponent of the first of them.
  private static func decimal(_ value: Double) -> (negative: Bool, digits: [UInt8], exponent: Int) {
    if value == 0 { return (value.sign == .minus, [UInt8(ascii: "0")], 0) }
    var digits: [UInt8] = []
    var exponent = 0
    var pointSeen = false
    var beforePoint = 0
    var text = Substring(value.magnitude.description)
    if let e = text.firstIndex(where: { $0 == "e" }) {
      exponent = Int(text[text.index(after: e)...]) ?? 0
      text = text[..<e]
    }
    for byte in text.utf8 {
      if byte == UInt8(ascii: ".") {
        pointSeen = true
      } else {
        digits.append(byte)
        if !pointSeen { beforePoint += 1 }
      }
    }
    let leading = digits.prefix { $0 == UInt8(ascii: "0") }.count
    digits.removeFirst(leading)
    while digits.count > 1, digits.last == UInt8(ascii: "0") { digits.removeLast() }
    return (value < 0, digits, exponent + beforePoint - 1 - leading)
  }

  private static func appendPlain(_ digits: [UInt8], _ exponent: Int, to out: inout [UInt8]) {
    let zero = UInt8(ascii: "0")
    if exponent < 0 {
      out.append(zero)
      out.append(UInt8(ascii: "."))
      out.append(contentsOf: repeatElement(zero, count: -exponent - 1))
      out.append(contentsOf: digits)
      return
    }
    for place in 0...max(exponent, digits.count - 1) {
      if place == exponent + 1 { out.append(UInt8(ascii: ".")) }
      out.append(place < digits.count ? digits[place] : zero)
    }
  }

  private static func appendScientific(_ digits: [UInt8], _ exponent: Int, to out: inout [UInt8]) {
    out.append(digits[0])
    if digits.count > 1 {
      out.append(UInt8(ascii: "."))
      out.append(contentsOf: digits[1...])
    }
    out.append(UInt8(ascii: "e"))
    out.append(UInt8(ascii: exponent < 0 ? "-" : "+"))
    if abs(exponent) < 10 { out.append(UInt8(ascii: "0")) }
    appendInteger(Int64(abs(exponent)), to: &out)
  }
}
