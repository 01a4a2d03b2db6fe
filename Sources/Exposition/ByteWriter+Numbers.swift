internal import Model

/// Numbers as ``NumberText/shortest(_:)`` writes them, straight into the page.
extension ByteWriter {
  /// - Parameter point: as OpenMetrics wants it: what would look like a whole number gets `.0` behind it.
  @inline(__always)
  mutating func append(number value: Double, point: Bool = false) {
    reserve(40)
    let magnitude = value.magnitude
    if magnitude < 1e15, let (digits, scale) = Self.shortDecimal(magnitude) {
      if value.sign == .minus { put(UInt8(ascii: "-")) }
      put(digits, scale: scale, point: point)
      return
    }
    appendSlowly(value, point: point)
  }

  /// What the quick way cannot tell: not a number, infinite, very large or small, or of more than 15 digits.
  @inline(never)
  private mutating func appendSlowly(_ value: Double, point: Bool) {
    var text: [UInt8] = []
    text.reserveCapacity(32)
    NumberText.append(value, to: &text)
    text.withUnsafeBytes { append($0) }
    if point, value.isFinite, !text.contains(where: { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "e") }) {
      append(".0")
    }
  }

  /// `magnitude` as digits / 10^scale, if there are at most 15 digits of which 9 stand behind the point: two such
  /// decimals are never one number, so that these, less the zeros at their end, are the shortest digits.
  @inline(__always)
  private static func shortDecimal(_ magnitude: Double) -> (digits: UInt64, scale: Int)? {
    let whole = UInt64(magnitude)
    if Double(whole) == magnitude { return (whole, 0) }
    let thousands = magnitude * 1e3
    if thousands < 1e15 {
      let digits = UInt64(thousands + 0.5)
      if Double(digits) / 1e3 == magnitude, digits < 1_000_000_000_000_000 { return (digits, 3) }
    }
    let billions = magnitude * 1e9
    if billions < 1e15 {
      let digits = UInt64(billions + 0.5)
      if Double(digits) / 1e9 == magnitude, digits < 1_000_000_000_000_000 { return (digits, 9) }
    }
    return nil
  }

  /// There is room for it.
  @inline(__always)
  private mutating func put(_ digits: UInt64, scale: Int, point: Bool) {
    var digits = digits
    var scale = scale
    while scale > 0, digits % 10 == 0 {
      digits /= 10
      scale -= 1
    }
    let count = Self.digitCount(digits)
    // Of the first digit.
    let exponent = count - 1 - scale
    if digits == 0 || (exponent >= -4 && exponent < 6) {
      putPlain(digits, count: count, scale: scale)
      if scale == 0, point { putPoint() }
      return
    }
    var significant = digits
    var length = count
    while significant % 10 == 0 {
      significant /= 10
      length -= 1
    }
    putPlain(significant, count: length, scale: length - 1)
    put(UInt8(ascii: "e"))
    put(exponent < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
    put(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: exponent.magnitude / 10))
    put(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: exponent.magnitude % 10))
  }

  /// `digits` with its last `scale` digits behind the point.
  @inline(__always)
  private mutating func putPlain(_ digits: UInt64, count: Int, scale: Int) {
    let hasPoint = scale > 0
    // Before the point stands one digit at least.
    let length = max(count, scale + 1) + (hasPoint ? 1 : 0)
    var rest = digits
    for place in stride(from: length - 1, through: 0, by: -1) {
      if hasPoint, place == length - 1 - scale {
        set(UInt8(ascii: "."), at: place)
      } else {
        let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
        set(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit), at: place)
        rest = quotient
      }
    }
    advance(length)
  }

  @inline(__always)
  private mutating func putPoint() {
    put(UInt8(ascii: "."))
    put(UInt8(ascii: "0"))
  }

  @inline(__always)
  private static func digitCount(_ number: UInt64) -> Int {
    var count = 1
    var bound: UInt64 = 10
    while count < 19, number >= bound {
      count += 1
      bound = bound &* 10
    }
    return count
  }
}
