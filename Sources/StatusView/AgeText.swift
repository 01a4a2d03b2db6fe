internal import Model

/// Durations and sizes as a person reads them: two units at most.
enum AgeText {
  static func between(_ from: Timestamp, _ to: Timestamp) -> String {
    seconds(Double(max(0, to.milliseconds &- from.milliseconds)) / 1000)
  }

  /// `3d4h`, `2m5s`, `1.2s`, `800ms`; what is no number is unknown.
  static func seconds(_ value: Double) -> String {
    guard value.isFinite else { return "unknown" }
    let milliseconds = Int64(min(max(value, 0), 1e12) * 1000)
    let seconds = milliseconds / 1000
    switch milliseconds {
    case 0: return "0s"
    case ..<1000: return "\(milliseconds)ms"
    case ..<60_000:
      let tenths = milliseconds / 100
      return tenths % 10 == 0 ? "\(tenths / 10)s" : "\(tenths / 10).\(tenths % 10)s"
    case ..<3_600_000: return pair(seconds / 60, "m", seconds % 60, "s")
    case ..<86_400_000: return pair(seconds / 3600, "h", seconds / 60 % 60, "m")
    default: return pair(seconds / 86_400, "d", seconds / 3600 % 24, "h")
    }
  }

  private static func pair(_ large: Int64, _ unit: String, _ small: Int64, _ smallUnit: String) -> String {
    small == 0 ? "\(large)\(unit)" : "\(large)\(unit)\(small)\(smallUnit)"
  }

  static func latency(_ seconds: Double) -> String {
    guard seconds.isFinite else { return "unknown" }
    return "\(NumberText.plain((seconds * 10_000).rounded() / 10)) ms"
  }

  static func bytes(_ count: Double) -> String {
    guard count.isFinite else { return "unknown" }
    var value = count
    for unit in ["B", "kB", "MB", "GB"] {
      if value.magnitude < 1000 { return "\(NumberText.plain((value * 10).rounded() / 10)) \(unit)" }
      value /= 1000
    }
    return "\(NumberText.plain((value * 10).rounded() / 10)) TB"
  }
}
