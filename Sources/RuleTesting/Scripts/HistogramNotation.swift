internal import Model

extension FloatHistogram {
  /// `{{schema:1 count:3 sum:4 buckets:[1 2]}}`: what a script would write for it. Fields that are 0 are left out.
  var notation: String {
    var fields: [String] = []
    if schema != 0 { fields.append("schema:\(schema)") }
    for (name, value) in [
      ("count", count), ("sum", sum), ("z_bucket", zeroCount), ("z_bucket_w", zeroThreshold),
    ] where value != 0 { fields.append("\(name):\(NumberText.shortest(value))") }
    if usesCustomBuckets { fields.append("custom_values:\(Self.list(customValues))") }
    switch counterResetHint {
    case .unknown: break
    case .counterReset: fields.append("counter_reset_hint:reset")
    case .notCounterReset: fields.append("counter_reset_hint:not_reset")
    case .gauge: fields.append("counter_reset_hint:gauge")
    }
    fields += Self.fields("", positiveSpans, positiveBuckets)
    fields += Self.fields("n_", negativeSpans, negativeBuckets)
    return "{{" + fields.joined(separator: " ") + "}}"
  }

  private static func list(_ numbers: [Double]) -> String {
    "[" + numbers.map { NumberText.shortest($0) }.joined(separator: " ") + "]"
  }

  /// A gap wider than this is not filled with zeros but shown as such.
  private static let widestGap: Int32 = 1000

  private static func fields(_ prefix: String, _ spans: [Span], _ buckets: [Double]) -> [String] {
    guard let first = spans.first else { return [] }
    var shown: [String] = []
    var rest = buckets[...]
    for (index, span) in spans.enumerated() {
      if index > 0, span.offset > 0 {
        shown +=
          span.offset > widestGap
          ? ["…\(span.offset) empty…"] : Array(repeating: "0", count: Int(span.offset))
      }
      for value in rest.prefix(Int(span.length)) { shown.append(NumberText.shortest(value)) }
      rest = rest.dropFirst(Int(span.length))
    }
    let list = shown.isEmpty ? [] : ["\(prefix)buckets:[\(shown.joined(separator: " "))]"]
    return (first.offset == 0 ? [] : ["\(prefix)offset:\(first.offset)"]) + list
  }
}
