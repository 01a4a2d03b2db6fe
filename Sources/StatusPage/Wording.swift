package import Model

/// Numbers, times and states in words.
extension StatusPage {
  static func word(_ verdict: StatusSnapshot.Verdict) -> String {
    switch verdict {
    case .good: "up"
    case .bad: "down"
    case .degraded: "degraded"
    case .unknown: "unknown"
    }
  }

  /// `2026-11-21 18:00:13 UTC`
  package static func time(_ moment: Timestamp) -> String {
    String(moment.iso8601.prefix(19)).replacing("T", with: " ") + " UTC"
  }

  package static func age(_ from: Timestamp, _ to: Timestamp) -> String { text(max(.zero, to - from)) }

  /// Two units at most, which is what a person reads: `3d4h`, `2m5s`, `1.2s`.
  package static func text(_ duration: Duration) -> String {
    let seconds = Int(duration.milliseconds / 1000)
    switch duration.milliseconds {
    case ..<1000: return "\(duration.milliseconds)ms"
    case ..<60_000:
      let tenths = duration.milliseconds / 100
      return tenths % 10 == 0 ? "\(tenths / 10)s" : "\(tenths / 10).\(tenths % 10)s"
    case ..<3_600_000: return pair(seconds / 60, "m", seconds % 60, "s")
    case ..<86_400_000: return pair(seconds / 3600, "h", seconds / 60 % 60, "m")
    default: return pair(seconds / 86_400, "d", seconds / 3600 % 24, "h")
    }
  }

  private static func pair(_ large: Int, _ unit: String, _ small: Int, _ smallUnit: String) -> String {
    small == 0 ? "\(large)\(unit)" : "\(large)\(unit)\(small)\(smallUnit)"
  }

  /// `0.8 ms`; nothing foreign traps here: what is no number says so.
  static func milliseconds(_ seconds: Double) -> String {
    "\(NumberText.plain((seconds * 10_000).rounded() / 10)) ms"
  }

  static func bytes(_ count: Double) -> String {
    var value = count
    for unit in ["B", "kB", "MB", "GB"] {
      if value < 1000 { return "\(NumberText.plain((value * 10).rounded() / 10)) \(unit)" }
      value /= 1000
    }
    return "\(NumberText.plain((value * 10).rounded() / 10)) TB"
  }

  static func percent(_ share: Double) -> String { "\(NumberText.plain((share * 1000).rounded() / 10)) %" }

  /// `1 alert`, `2 alerts`.
  static func count(_ number: Int, _ noun: String) -> String {
    number == 1 ? "1 \(noun)" : "\(number) \(noun)s"
  }
}
