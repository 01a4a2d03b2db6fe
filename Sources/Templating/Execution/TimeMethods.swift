internal import Model

/// The methods of Go's `time.Time` and `time.Duration` that rule files use.
enum TimeMethods {
  /// nil when the value has no such method.
  static func call(
    _ name: String, of value: TemplateValue, _ arguments: [TemplateValue]
  ) throws(TemplateFailure) -> TemplateValue? {
    switch value {
    case .time(let time):
      if name == "Format" {
        guard case .string(let layout)? = arguments.first, arguments.count == 1 else {
          throw TemplateFailure("wrong type or number of args: want one string")
        }
        return .string(TimeText.format(time, layout))
      }
      if name == "Sub", case .time(let other)? = arguments.first, arguments.count == 1 {
        return .duration(time - other)
      }
      return arguments.isEmpty ? part(name, of: time) : nil
    case .duration(let duration):
      guard arguments.isEmpty else { return nil }
      switch name {
      case "Seconds": return .float(duration.inSeconds)
      case "Minutes": return .float(duration.inSeconds / 60)
      case "Hours": return .float(duration.inSeconds / 3600)
      case "String": return .string(TimeText.format(duration))
      default: return nil
      }
    default: return nil
    }
  }

  private static func part(_ name: String, of time: Timestamp) -> TemplateValue? {
    let civil = time.civil
    switch name {
    case "Year": return .int(civil.year)
    case "Month": return .int(civil.month)
    case "Day": return .int(civil.day)
    case "Hour": return .int(civil.hour)
    case "Minute": return .int(civil.minute)
    case "Second": return .int(civil.second)
    case "Unix": return .int(Int((time.seconds).rounded(.down)))
    case "UnixMilli": return .int(Int(time.milliseconds))
    // Go's zero time: the first moment of the year 1.
    case "IsZero": return .bool(time == Timestamp(year: 1, month: 1, day: 1))
    case "UTC": return .time(time)
    case "String": return .string(TimeText.format(time))
    case "Weekday": return .string(TimeText.weekdays[civil.weekday])
    default: return nil
    }
  }
}
