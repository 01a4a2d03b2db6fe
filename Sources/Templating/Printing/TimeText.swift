internal import Model

/// Times and durations as Go prints them.
enum TimeText {
  static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
  static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
  ]

  /// `2009-02-13 23:31:30.5 +0000 UTC`.
  static func format(_ time: Timestamp) -> String {
    let c = time.civil
    var fraction = c.millisecond == 0 ? "" : "." + padded(c.millisecond, 3)
    while fraction.hasSuffix("0") { fraction.removeLast() }
    return "\(padded(c.year, 4))-\(padded(c.month, 2))-\(padded(c.day, 2)) "
      + "\(padded(c.hour, 2)):\(padded(c.minute, 2)):\(padded(c.second, 2))\(fraction) +0000 UTC"
  }

  /// `1h2m3.5s`, `250ms`, `0s`.
  static func format(_ duration: Duration) -> String {
    let nanoseconds = duration.nanoseconds
    if nanoseconds == 0 { return "0s" }
    let sign = nanoseconds < 0 ? "-" : ""
    let size = nanoseconds.magnitude
    if size < 1_000_000_000 {
      let (unit, name): (UInt64, String) =
        size < 1000 ? (1, "ns") : size < 1_000_000 ? (1000, "µs") : (1_000_000, "ms")
      return sign + decimal(size, unit) + name
    }
    let minutes = size / 60_000_000_000
    let seconds = decimal(size % 60_000_000_000, 1_000_000_000) + "s"
    if minutes == 0 { return sign + seconds }
    if minutes < 60 { return "\(sign)\(minutes)m\(seconds)" }
    return "\(sign)\(minutes / 60)h\(minutes % 60)m\(seconds)"
  }

  private static func decimal(_ amount: UInt64, _ unit: UInt64) -> String {
    var fraction = String(amount % unit + unit).dropFirst()
    while fraction.hasSuffix("0") { fraction.removeLast() }
    return "\(amount / unit)" + (fraction.isEmpty ? "" : "." + fraction)
  }

  /// By a layout of Go's: the reference moment `Mon Jan 2 15:04:05 MST 2006` shows the form. Always in UTC.
  static func format(_ time: Timestamp, _ layout: String) -> String {
    let c = time.civil
    let hour12 = c.hour % 12 == 0 ? 12 : c.hour % 12
    let parts: [(String, String)] = [
      ("January", months[c.month - 1]), ("Jan", String(months[c.month - 1].prefix(3))),
      ("Monday", weekdays[c.weekday]), ("Mon", String(weekdays[c.weekday].prefix(3))), ("MST", "UTC"),
      ("2006", padded(c.year, 4)), ("-07:00", "+00:00"), ("-0700", "+0000"), ("Z07:00", "Z"),
      (".000", "." + padded(c.millisecond, 3)), ("01", padded(c.month, 2)), ("02", padded(c.day, 2)),
      ("03", padded(hour12, 2)), ("04", padded(c.minute, 2)), ("05", padded(c.second, 2)),
      ("06", padded(c.year % 100, 2)), ("15", padded(c.hour, 2)), ("PM", c.hour < 12 ? "AM" : "PM"),
      ("pm", c.hour < 12 ? "am" : "pm"), ("_2", c.day < 10 ? " \(c.day)" : "\(c.day)"), ("1", "\(c.month)"),
      ("2", "\(c.day)"), ("3", "\(hour12)"), ("4", "\(c.minute)"), ("5", "\(c.second)"),
    ]
    var out = ""
    var rest = Substring(layout)
    while let first = rest.first {
      if let (pattern, text) = parts.first(where: { rest.hasPrefix($0.0) }) {
        out += text
        rest = rest.dropFirst(pattern.count)
      } else {
        out.append(first)
        rest = rest.dropFirst()
      }
    }
    return out
  }
}
