internal import Model

/// Prometheus' functions that make numbers readable. Each takes a number or its text.
enum NumberFunctions {
  static let table: [String: TemplateFunction] = [
    "humanize": writing(humanize),
    "humanize1024": writing(humanize1024),
    "humanizeDuration": writing(humanizeDuration),
    "humanizePercentage": writing { significant($0 * 100) + "%" },
    "humanizeTimestamp": .init(1) { call throws(TemplateFailure) in
      let value = try call.number(0)
      return .string(value.isFinite ? TimeText.format(try time(value)) : significant(value))
    },
    "toTime": .init(1) { call throws(TemplateFailure) in .time(try time(try call.number(0))) },
    "toDuration": .init(1) { call throws(TemplateFailure) in
      let nanoseconds = try call.number(0) * 1e9
      guard let whole = Int64(exactly: nanoseconds.rounded(.towardZero)) else {
        throw TemplateFailure("\(NumberText.shortest(nanoseconds / 1e9)) seconds do not fit a duration")
      }
      return .duration(.nanoseconds(whole))
    },
    "now": .init(0) { call in .float(call.context.now.seconds) },
    "parseDuration": .init(1) { call throws(TemplateFailure) in
      let text = try call.string(0)
      guard let duration = DurationText.parse(text) else {
        throw TemplateFailure("not a valid duration string: \(GoQuoting.quoted(text))")
      }
      return .float(duration.inSeconds)
    },
  ]

  private static func writing(_ write: @escaping @Sendable (Double) -> String) -> TemplateFunction {
    .init(1) { call throws(TemplateFailure) in .string(write(try call.number(0))) }
  }

  /// Go's `%.4g`.
  private static func significant(_ value: Double) -> String { CFormat.number(value, 4, "g") }

  private static let large = ["k", "M", "G", "T", "P", "E", "Z", "Y"]
  private static let small = ["m", "u", "n", "p", "f", "a", "z", "y"]

  @Sendable private static func humanize(_ value: Double) -> String {
    guard value != 0, value.isFinite else { return significant(value) }
    guard value.magnitude >= 1 else { return scaledUp(value) }
    var (value, prefix) = (value, "")
    for next in large where value.magnitude >= 1000 {
      prefix = next
      value /= 1000
    }
    return significant(value) + prefix
  }

  @Sendable private static func humanize1024(_ value: Double) -> String {
    guard value.magnitude > 1, value.isFinite else { return significant(value) }
    var (value, prefix) = (value, "")
    for next in ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"] where value.magnitude >= 1024 {
      prefix = next
      value /= 1024
    }
    return significant(value) + prefix
  }

  @Sendable private static func humanizeDuration(_ value: Double) -> String {
    guard value.isFinite else { return significant(value) }
    if value == 0 { return significant(value) + "s" }
    guard value.magnitude >= 1 else { return scaledUp(value) + "s" }
    let sign = value < 0 ? "-" : ""
    // What no `Int64` holds is beyond every duration: then the plain number says more.
    guard let whole = Int64(exactly: value.magnitude.rounded(.down)) else { return significant(value) + "s" }
    let (seconds, minutes, hours, days) = (whole % 60, whole / 60 % 60, whole / 3600 % 24, whole / 86_400)
    if days != 0 { return "\(sign)\(days)d \(hours)h \(minutes)m \(seconds)s" }
    if hours != 0 { return "\(sign)\(hours)h \(minutes)m \(seconds)s" }
    if minutes != 0 { return "\(sign)\(minutes)m \(seconds)s" }
    return sign + significant(value.magnitude) + "s"
  }

  private static func scaledUp(_ value: Double) -> String {
    var (value, prefix) = (value, "")
    for next in small where value.magnitude < 1 {
      prefix = next
      value *= 1000
    }
    return significant(value) + prefix
  }

  /// Seconds since the epoch, cut to milliseconds as Prometheus does.
  private static func time(_ seconds: Double) throws(TemplateFailure) -> Timestamp {
    guard seconds.isFinite else { throw TemplateFailure("value is NaN or Inf") }
    guard let nanoseconds = Int64(exactly: (seconds * 1e9).rounded(.towardZero)) else {
      throw TemplateFailure(
        "\(NumberText.shortest(seconds * 1e9)) cannot be represented as a nanoseconds timestamp since it"
          + " overflows int64")
    }
    return Timestamp(milliseconds: nanoseconds / 1_000_000)
  }
}
