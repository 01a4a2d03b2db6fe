internal import Alerting
internal import Model
internal import PromQL
package import StrictYAML

extension UnitTestFile {
  /// Reads `text`; not to be used when `problems` is not empty afterwards. Unknown keys are problems, as for promtool.
  package static func read(_ text: String, path: String, _ problems: Problems) -> UnitTestFile {
    YAML.read(
      text, as: .mapping { UnitTestFile($0, path: path) }, problems, limits: RuleFile.limits,
      dialect: .prometheus)
  }

  private init(_ m: MappingReader, path: String) {
    self.path = path
    ruleFiles = m.optional("rule_files", .list(.place(.text))) ?? []
    let interval = m.optional("evaluation_interval", .duration) ?? .zero
    let every: Duration = interval == .zero ? .seconds(60) : interval
    evaluationInterval = every
    comparesFuzzily = m.optional("fuzzy_compare", .yaml11Truth) ?? false
    groupOrder = m.optional("group_eval_order", .list(.text)) ?? []
    var seen: Set<String> = []
    for name in groupOrder where !seen.insert(name).inserted {
      m.problem("group \"\(name)\" is repeated in the order of evaluation", at: "group_eval_order")
    }
    tests = m.optional("tests", .list(.mapping { UnitTest($0, evaluationInterval: every) })) ?? []
  }
}

extension UnitTest {
  fileprivate init(_ m: MappingReader, evaluationInterval: Duration) {
    let name = m.optional("name", .text) ?? ""
    self.name = name.isEmpty ? nil : name
    position = m.position
    let interval = m.optional("interval", .duration) ?? .zero
    self.interval = interval == .zero ? evaluationInterval : interval
    start = m.optional("start_timestamp", .moment) ?? Timestamp(milliseconds: 0)
    series =
      m.optional(
        "input_series",
        .list(
          .mapping { m in
            InputSeries(series: m.placed("series", .text, ""), values: m.placed("values", .text, ""))
          })) ?? []
    alertChecks = m.optional("alert_rule_test", .list(.mapping { AlertCheck($0) })) ?? []
    expressionChecks = m.optional("promql_expr_test", .list(.mapping { ExpressionCheck($0) })) ?? []
    externalLabels = Labels(m.optional("external_labels", .map(.text)) ?? [:])
    externalURL = m.optional("external_url", .text) ?? ""
  }
}

extension UnitTest.AlertCheck {
  fileprivate init(_ m: MappingReader) {
    position = m.position
    time = m.optional("eval_time", .duration) ?? .zero
    alert = m.optional("alertname", .text) ?? ""
    expected =
      m.optional(
        "exp_alerts",
        .list(
          .mapping { m in
            UnitTest.ExpectedAlert(
              labels: m.optional("exp_labels", .map(.text)) ?? [:],
              annotations: m.optional("exp_annotations", .map(.text)) ?? [:])
          })) ?? []
  }
}

extension UnitTest.ExpressionCheck {
  fileprivate init(_ m: MappingReader) {
    position = m.position
    time = m.optional("eval_time", .duration) ?? .zero
    expression = m.placed("expr", .text, "")
    expected =
      m.optional(
        "exp_samples",
        .list(
          .mapping { m in
            UnitTest.ExpectedSample(
              labels: m.placed("labels", .text, ""), value: m.optional("value", .anyNumber) ?? 0,
              histogram: m.placed("histogram", .text, ""))
          })) ?? []
  }
}

extension MappingReader {
  /// The value of `key` with its place; the place of the mapping when there is none.
  fileprivate func placed<Value: Sendable>(
    _ key: String, _ type: YAMLType<Value>, _ absent: Value
  ) -> Located<Value> {
    Located(optional(key, type) ?? absent, at: node(key)?.position ?? position)
  }
}

extension YAMLType {
  fileprivate static func place<Other: Sendable>(_ type: YAMLType<Other>) -> YAMLType
  where Value == Located<Other> {
    YAMLType(expected: type.expected, placeholder: Located(type.placeholder(), at: .start)) {
      node, problems in
      type.read(node, problems).map { Located($0, at: node.position) }
    }
  }
}

extension YAMLType where Value == String {
  /// Any scalar as its text; null is an empty one.
  fileprivate static var text: YAMLType {
    YAMLType(expected: "text", placeholder: "") { node, problems in
      node.isNull ? "" : YAMLType.string.read(node, problems)
    }
  }
}

extension YAMLType where Value == Bool {
  /// Truth as YAML 1.1 spells it, which is what promtool reads.
  fileprivate static var yaml11Truth: YAMLType {
    .scalar("true or false", placeholder: false, plainOnly: true) { text in
      let forms = [
        text.lowercased(), text.prefix(1).uppercased() + text.dropFirst().lowercased(), text.uppercased(),
      ]
      let lower = text.lowercased()
      guard text == lower || forms.contains(text) else { return nil }
      switch lower {
      case "y", "yes", "true", "on": return true
      case "n", "no", "false", "off": return false
      default: return nil
      }
    }
  }
}

extension YAMLType where Value == Double {
  /// A number as YAML writes it: decimal, `0x1f`, `.inf`, `-.inf`, `.nan`.
  fileprivate static var anyNumber: YAMLType {
    .scalar("a number", placeholder: 0, plainOnly: true) { text in yamlNumber(text) }
  }
}

private func yamlNumber(_ text: String) -> Double? {
  let digits = text.filter { $0 != "_" }
  let isNegative = digits.hasPrefix("-")
  let magnitude = isNegative || digits.hasPrefix("+") ? String(digits.dropFirst()) : digits
  switch magnitude {
  case ".inf", ".Inf", ".INF": return isNegative ? -.infinity : .infinity
  case ".nan", ".NaN", ".NAN": return magnitude == digits ? .nan : nil
  default: break
  }
  for (prefix, radix) in [("0x", 16), ("0X", 16), ("0b", 2), ("0o", 8)] where magnitude.hasPrefix(prefix) {
    guard let whole = UInt64(magnitude.dropFirst(2), radix: radix) else { return nil }
    return isNegative ? -Double(whole) : Double(whole)
  }
  // A leading zero makes an octal number of what is one.
  if magnitude.count > 1, magnitude.hasPrefix("0"), let whole = UInt64(magnitude.dropFirst(), radix: 8) {
    return isNegative ? -Double(whole) : Double(whole)
  }
  guard magnitude.first.map({ $0.isNumber || $0 == "." }) ?? false,
    magnitude.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) })
  else { return nil }
  // Swift wants a digit on both sides of the point.
  var written = magnitude.hasPrefix(".") ? "0" + magnitude : magnitude
  if written.hasSuffix(".") { written += "0" }
  written = written.replacing(".e", with: ".0e").replacing(".E", with: ".0E")
  return Double(written).map { isNegative ? -$0 : $0 }
}

extension YAMLType where Value == Timestamp {
  /// Unix seconds or a date and time of RFC 3339.
  fileprivate static var moment: YAMLType {
    .scalar("Unix seconds or a time such as 2026-01-02T15:04:05Z", placeholder: Timestamp(milliseconds: 0)) {
      text in
      if let seconds = Double(text) { return seconds.isFinite ? Timestamp(seconds: seconds) : nil }
      return Timestamp(rfc3339: text)
    }
  }
}
