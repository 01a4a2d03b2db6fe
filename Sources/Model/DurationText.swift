/// Durations as Prometheus writes them: `1h30m`, `500ms`, `0`; units y, w, d, h, m, s, ms in falling order.
package enum DurationText {
  private static let units: [(suffix: String, milliseconds: Int64)] = [
    ("y", 31_536_000_000), ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000),
    ("s", 1000), ("ms", 1),
  ]

  /// Why a text is no duration that can be used.
  package enum Fault: Error, Hashable, Sendable {
    case notADuration
    /// More than 64 bits of nanoseconds hold (292 years): refused where Prometheus refuses it.
    case outOfRange
  }

  private static let longest = Int64.max / 1_000_000

  /// nil when `text` is not such a duration or is out of range; see ``read(_:)``.
  package static func parse(_ text: String) -> Duration? { try? read(text) }

  package static func read(_ text: String) throws(Fault) -> Duration {
    if text == "0" { return .zero }
    var rest = Substring(text)
    var total: Int64 = 0
    var nextUnit = 0
    var isTooLong = false
    guard !rest.isEmpty else { throw .notADuration }
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      guard !digits.isEmpty else { throw .notADuration }
      rest = rest.dropFirst(digits.count)
      let suffix = rest.prefix { $0.isASCII && $0.isLetter }
      rest = rest.dropFirst(suffix.count)
      guard let unit = units[nextUnit...].firstIndex(where: { $0.suffix == suffix }) else {
        throw .notADuration
      }
      // Digits that do not fit are too many; whether the rest is a duration at all still decides.
      let (part, overflow) = (Int64(digits) ?? .max).multipliedReportingOverflow(by: units[unit].milliseconds)
      let (sum, overflow2) = total.addingReportingOverflow(overflow ? longest : part)
      isTooLong = isTooLong || overflow || overflow2 || sum > longest
      total = isTooLong ? 0 : sum
      nextUnit = unit + 1
    }
    if isTooLong { throw .outOfRange }
    return .milliseconds(total)
  }

  /// The shortest exact form, as Prometheus prints it: `90s` becomes `1m30s`; years and weeks only when
  /// nothing is left.
  package static func format(_ duration: Duration) -> String {
    var left = duration.milliseconds
    if left == 0 { return "0s" }
    var out = left < 0 ? "-" : ""
    left = left == .min ? .max : abs(left)
    for unit in units where left >= unit.milliseconds {
      if unit.suffix == "y" || unit.suffix == "w", left % unit.milliseconds != 0 { continue }
      out += "\(left / unit.milliseconds)\(unit.suffix)"
      left %= unit.milliseconds
    }
    return out
  }
}
