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
    if value.sign == .minus { out.append(UInt8(ascii: "-")) }
    var text = value.magnitude.description
    text.withUTF8 {
      appendShortest($0, exponential: value.magnitude < 1e-4 || value.magnitude >= 1e6, to: &out)
    }
  }

  /// Go's form of `text`, which is Swift's: the same shortest digits, but an exponent elsewhere.
  ///
  /// With the shortest digits, Go's 'g' decides as if the precision were 6: an exponent below 1e-4 and from 1e6 on.
  private static func appendShortest(
    _ text: UnsafeBufferPointer<UInt8>, exponential: Bool, to out: inout [UInt8]
  ) {
    let zero = UInt8(ascii: "0")
    let point = UInt8(ascii: ".")
    guard exponential, text.first != zero else {
      // From 1e-4 to 1e6, and 0, both write the same, but for the ".0" of whole numbers.
      out.append(contentsOf: text.hasSuffix(".0") ? text.dropLast(2) : text[...])
      return
    }
    let mantissa = text.prefix { $0 != UInt8(ascii: "e") }
    let written = text.dropFirst(mantissa.count + 1)
    let beforePoint = mantissa.firstIndex(of: point) ?? mantissa.count
    let exponent = (Int(String(decoding: written, as: UTF8.self)) ?? 0) + beforePoint - 1
    out.append(text[0])
    out.append(point)
    let fraction = out.count
    for byte in mantissa.dropFirst() where byte != point { out.append(byte) }
    while out.count > fraction, out.last == zero { out.removeLast() }
    if out.count == fraction { out.removeLast() }
    out.append(UInt8(ascii: "e"))
    out.append(UInt8(ascii: exponent < 0 ? "-" : "+"))
    if abs(exponent) < 10 { out.append(zero) }
    appendInteger(Int64(abs(exponent)), to: &out)
  }

  /// Format 'f': never an exponent, as in the values of Prometheus' JSON: `1000000`, `0.00001`.
  package static func plain(_ value: Double) -> String {
    guard value.isFinite else { return shortest(value) }
    let (negative, digits, exponent) = decimal(value)
    var out: [UInt8] = negative ? [UInt8(ascii: "-")] : []
    appendPlain(digits, exponent, to: &out)
    return String(decoding: out, as: UTF8.self)
  }

  /// Format 'e': always an exponent, as in the values of Prometheus' alerts: `1e+00`, `2.5e-01`.
  package static func exponential(_ value: Double) -> String {
    guard value.isFinite else { return shortest(value) }
    let (negative, digits, exponent) = decimal(value)
    var out: [UInt8] = negative ? [UInt8(ascii: "-")] : []
    out.append(digits[0])
    if digits.count > 1 { out += [UInt8(ascii: ".")] + digits[1...] }
    out += Array((value == 0 || exponent >= 0 ? "e+" : "e-").utf8)
    if abs(exponent) < 10 { out.append(UInt8(ascii: "0")) }
    appendInteger(Int64(abs(exponent)), to: &out)
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
}

extension UnsafeBufferPointer<UInt8> {
  fileprivate func hasSuffix(_ suffix: StaticString) -> Bool {
    count >= suffix.utf8CodeUnitCount
      && suffix.withUTF8Buffer { self.suffix($0.count).elementsEqual($0) }
  }
}
