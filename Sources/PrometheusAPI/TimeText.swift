internal import Model

/// Times and durations as Prometheus' parameters write them.
enum TimeText {
  struct Fault: Error {
    let message: String
  }

  /// Unix seconds, with a fraction that is rounded to milliseconds, or RFC 3339. nil: neither, or a time that
  /// milliseconds in 64 bits cannot hold.
  static func time(_ text: String) -> Timestamp? {
    if let seconds = GoNumber.float(text) {
      guard seconds.magnitude < 9e15 else { return nil }
      let whole = seconds.rounded(.towardZero)
      let fraction = ((seconds - whole) * 1000).rounded(.toNearestOrAwayFromZero)
      return Int64(exactly: whole).flatMap { whole in
        Int64(exactly: fraction).map { Timestamp(milliseconds: whole * 1000 + $0) }
      }
    }
    switch text {
    // The first and the last moment that Go can hold, as clients send them for "everything".
    case "-292273086-05-16T16:47:06Z": return Timestamp(milliseconds: .min)
    case "292277025-08-18T07:12:54.999999999Z": return Timestamp(milliseconds: .max)
    default: return Timestamp(rfc3339: text)
    }
  }

  /// Seconds with a fraction, or `1h30m`; in nanoseconds.
  static func nanoseconds(_ text: String) -> Result<Int64, Fault> {
    if let seconds = GoNumber.float(text) {
      let scaled = (seconds * 1e9).rounded(.towardZero)
      return Int64(exactly: scaled).map { .success($0) }
        ?? .failure(Fault(message: "cannot parse \(quoted(text)) to a valid duration. It overflows int64"))
    }
    guard !text.isEmpty, let duration = DurationText.parse(text) else {
      return .failure(Fault(message: "cannot parse \(quoted(text)) to a valid duration"))
    }
    return .success(duration.nanoseconds)
  }
}
