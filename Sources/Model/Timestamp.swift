/// A moment of wall-clock time, in whole milliseconds since 1970-01-01T00:00:00Z (may be negative).
///
/// Milliseconds are the resolution that Prometheus stores; everything that is measured, kept or compared
/// across machines uses this type. Schedules use ``MonotonicInstant``.
package struct Timestamp: Hashable, Comparable, Sendable, Codable {
  package var milliseconds: Int64

  package init(milliseconds: Int64) { self.milliseconds = milliseconds }

  /// Rounds to the nearest millisecond; values beyond the range of `Int64` are clamped, NaN becomes 0.
  package init(seconds: Double) {
    let scaled = (seconds * 1000).rounded()
    milliseconds = scaled.isNaN ? 0 : Int64(exactly: scaled) ?? (scaled < 0 ? .min : .max)
  }

  package var seconds: Double { Double(milliseconds) / 1000 }

  package static func < (a: Self, b: Self) -> Bool { a.milliseconds < b.milliseconds }
  package static func + (a: Self, b: Duration) -> Self {
    .init(milliseconds: a.milliseconds &+ b.milliseconds)
  }
  package static func - (a: Self, b: Duration) -> Self {
    .init(milliseconds: a.milliseconds &- b.milliseconds)
  }
  package static func - (a: Self, b: Self) -> Duration { .milliseconds(a.milliseconds &- b.milliseconds) }

  /// From an ISO 8601 date and time of a proleptic Gregorian calendar in UTC.
  package init(
    year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0, millisecond: Int = 0
  ) {
    // Days since the epoch, after Howard Hinnant's "days from civil".
    let y = month <= 2 ? year - 1 : year
    let era = (y >= 0 ? y : y - 399) / 400
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    let days = era * 146_097 + dayOfEra - 719_468
    let total = ((days * 24 + hour) * 60 + minute) * 60 + second
    milliseconds = Int64(total) * 1000 + Int64(millisecond)
  }

  /// Calendar fields in UTC.
  package var civil:
    (year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int, millisecond: Int, weekday: Int)
  {
    func floorDivide(_ a: Int64, _ b: Int64) -> (Int64, Int64) {
      let (q, r) = a.quotientAndRemainder(dividingBy: b)
      return r < 0 ? (q - 1, r + b) : (q, r)
    }
    let (totalSeconds, ms) = floorDivide(milliseconds, 1000)
    let (days, secondOfDay) = floorDivide(totalSeconds, 86_400)
    let z = Int(days) + 719_468
    let era = (z >= 0 ? z : z - 146_096) / 146_097
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shifted + 2) / 5 + 1
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    let second = Int(secondOfDay)
    let weekday = Int(((days % 7) + 11) % 7)  // 1970-01-01 was a Thursday; 0 = Sunday
    return (year, month, day, second / 3600, second / 60 % 60, second % 60, Int(ms), weekday)
  }

  /// `2012-05-02T00:54:06.655Z`: the form SNS and Alertmanager write.
  package var iso8601: String {
    let c = civil
    return "\(padded(c.year, 4))-\(padded(c.month, 2))-\(padded(c.day, 2))T\(padded(c.hour, 2)):"
      + "\(padded(c.minute, 2)):\(padded(c.second, 2)).\(padded(c.millisecond, 3))Z"
  }
}

extension Timestamp {
  /// `2012-05-02T00:54:06.65Z`: no more digits of the second than there are, as Go's RFC3339Nano.
  package var rfc3339: String {
    var text = iso8601.dropLast()
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text + "Z"
  }
}

/// Decimal digits of `value`, filled with zeros on the left up to `width`.
package func padded(_ value: Int, _ width: Int) -> String {
  let digits = String(value.magnitude)
  let fill = String(repeating: "0", count: max(0, width - digits.count))
  return (value < 0 ? "-" : "") + fill + digits
}

extension Duration {
  /// Whole milliseconds, rounded towards zero.
  package var milliseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds &* 1000 &+ attoseconds / 1_000_000_000_000_000
  }

  /// Seconds as a floating-point number.
  package var inSeconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + Double(attoseconds) / 1e18
  }

  /// Whole nanoseconds, rounded towards zero.
  package var nanoseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000
  }
}
