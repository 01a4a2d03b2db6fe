/// Numbers as Go's `strconv.ParseFloat` reads them.
enum GoNumber {
  static func parse(_ text: String) -> Double? {
    let lowered = text.lowercased()
    let unsigned = lowered.hasPrefix("+") || lowered.hasPrefix("-") ? lowered.dropFirst() : lowered[...]
    if unsigned == "inf" || unsigned == "infinity" { return lowered.hasPrefix("-") ? -.infinity : .infinity }
    if lowered == "nan" { return .nan }
    guard let value = Double(lowered.hasPrefix("+") ? String(lowered.dropFirst()) : lowered),
      value.isFinite, !unsigned.hasPrefix("nan"), !unsigned.hasPrefix("+"), !unsigned.hasPrefix("-")
    else { return nil }
    return value
  }
}
