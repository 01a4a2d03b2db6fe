internal import Model

/// `StateReason` in the words that AWS uses, which people and programs know.
package enum StateReason {
  package static let initial = "Unchecked: Initial alarm creation"

  static func insufficientData(_ periods: Int) -> String {
    "Insufficient Data: \(periods) \(periods == 1 ? "datapoint was" : "datapoints were") unknown."
  }

  /// Points that are listed; of more only the newest are named.
  private static let listed = 5

  /// - Parameter minimum: how many data points of this kind the transition needs.
  static func crossed(
    _ shown: [DataPoint], outOf all: Int, state: AlarmState, comparison: ComparisonOperator,
    threshold: Double,
    minimum: Int
  ) -> String {
    let not = state == .alarm ? "" : "not "
    let verb = shown.count == 1 ? "was" : "were"
    let compared = "\(verb) \(not)\(comparison.words) the threshold (\(number(threshold)))"
    let points = shown.reversed().prefix(listed).map { "\(number($0.value)) (\(time($0.start)))" }
      .joined(separator: ", ")
    let from: AlarmState = state == .alarm ? .ok : .alarm
    let needed =
      "(minimum \(minimum) \(minimum == 1 ? "datapoint" : "datapoints") for \(from.rawValue) -> \(state.rawValue) "
      + "transition)."
    let counted = "Threshold Crossed: \(shown.count) out of the last \(all) datapoints"
    return shown.count < listed
      ? "\(counted) [\(points)] \(compared) \(needed)"
      : "\(counted) \(compared). The most recent datapoints which crossed the threshold: [\(points)] \(needed)"
  }

  static func filled(real: Int, periods: Int, fills: Int, asBreaching: Bool) -> String {
    let received =
      real == 0 ? "no datapoints were" : real == 1 ? "1 datapoint was" : "\(real) datapoints were"
    return
      "Threshold Crossed: \(received) received for \(periods) \(periods == 1 ? "period" : "periods") and "
      + "\(fills) missing \(fills == 1 ? "datapoint was" : "datapoints were") treated as "
      + "[\(asBreaching ? "Breaching" : "NonBreaching")]."
  }

  /// `10/11/21 02:40:00`: day first, UTC.
  static func time(_ time: Timestamp) -> String {
    let c = time.civil
    return "\(padded(c.day, 2))/\(padded(c.month, 2))/\(padded(c.year % 100, 2)) "
      + "\(padded(c.hour, 2)):\(padded(c.minute, 2)):\(padded(c.second, 2))"
  }

  /// As Java writes a double: `1.0`, `0.25`, `1.0E7`.
  package static func number(_ value: Double) -> String {
    guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity" }
    if value == 0 { return value.sign == .minus ? "-0.0" : "0.0" }
    if (1e-3..<1e7).contains(value.magnitude) {
      let text = NumberText.plain(value)
      return text.contains(".") ? text : text + ".0"
    }
    return exponential(value)
  }

  /// The same digits with a power of ten: `1.0E7`.
  private static func exponential(_ value: Double) -> String {
    let plain = NumberText.plain(value.magnitude)
    let digits = plain.filter { $0 != "." }
    let significant = digits.drop { $0 == "0" }
    let pointAt = plain.prefix { $0 != "." }.count
    let leading = digits.count - significant.count
    let exponent = pointAt - leading - 1
    var rest = String(significant.dropFirst())
    while rest.hasSuffix("0") { rest.removeLast() }
    let sign = value < 0 ? "-" : ""
    return "\(sign)\(significant.first ?? "0").\(rest.isEmpty ? "0" : rest)E\(exponent)"
  }
}
