internal import Model
internal import PromQL
internal import StrictYAML
internal import Templating

/// Reads one rule file with all the checks of `promtool check rules`.
///
/// Names follow Prometheus 3: any UTF-8 text that is not empty, for a recorded metric without braces.
final class RuleFileReader {
  private let file: String
  private let ignoresUnknownFields: Bool
  private let warnings: Problems
  private var firstLines: [String: Int] = [:]

  init(file: String, ignoresUnknownFields: Bool) {
    self.file = file
    self.ignoresUnknownFields = ignoresUnknownFields
    warnings = Problems(file: file)
  }

  func read(_ text: String, _ problems: Problems) -> LoadedRules {
    var loaded = LoadedRules()
    let type = YAMLType<[RuleGroup]>.mapping { [self] m in
      if ignoresUnknownFields { m.allowUnknownKeys() }
      return (m.optional("groups", .listPassingOverNulls(.mapping { self.group($0) })) ?? []).compactMap {
        $0
      }
    }
    guard let documents = YAML.parseAll(text, problems, limits: RuleFile.limits, dialect: .prometheus) else {
      return loaded
    }
    // As Prometheus does; but what it passes over in silence is said here.
    if documents.count > 1 {
      warnings.add("only the first document of a rule file is read; this is a second one", at: documents[1])
    }
    let root = documents.first ?? .empty()
    loaded.groups = type.read(root.isNull ? .empty(at: root.position) : root, problems) ?? []
    loaded.warnings = warnings.list
    return loaded
  }

  private var groupLines: [String: Int] = [:]

  private func group(_ m: MappingReader) -> RuleGroup {
    if ignoresUnknownFields { m.allowUnknownKeys() }
    let name = m.required(
      "name", .string.validated { $0.isEmpty ? "the group's name must not be empty" : nil })
    if m.has("name"), !name.isEmpty {
      if let line = groupLines[name] {
        m.problem("group name \"\(name)\" is repeated in this file; the first is on line \(line)", at: "name")
      } else {
        groupLines[name] = m.position.line
      }
    }
    let interval = m.optional("interval", .duration)
    let offset = m.optional("query_offset", .duration)
    let limit = m.optional("limit", .cutNumber)
    let labels = m.optional("labels", .map(.textOrNothing)) ?? [:]
    checkLabelNames(labels, m)
    let rules =
      m.optional("rules", .listPassingOverNulls(.mapping { self.rule($0, groupLabels: labels) })) ?? []
    return RuleGroup(
      name: name, file: file, interval: interval == .zero ? nil : interval, queryOffset: offset ?? .zero,
      limit: max(0, limit ?? 0), rules: rules.compactMap { $0 })
  }

  private func rule(_ m: MappingReader, groupLabels: [String: String]) -> Rule? {
    if ignoresUnknownFields { m.allowUnknownKeys() }
    let record = m.optional("record", .string) ?? ""
    let alert = m.optional("alert", .string) ?? ""
    let expr = m.optional("expr", .located(.string))
    let hold = m.optional("for", .duration) ?? .zero
    let keepFiring = m.optional("keep_firing_for", .duration) ?? .zero
    let ownLabels = m.optional("labels", .map(.textOrNothing)) ?? [:]
    let ownAnnotations = m.optional("annotations", .map(.textOrNothing)) ?? [:]
    checkLabelNames(ownLabels, m)
    for name in ownAnnotations.keys where name.isEmpty {
      m.problem("an annotation's name must not be empty", at: "annotations")
    }
    checkNames(record: record, alert: alert, m)
    if !record.isEmpty {
      if hold != .zero { m.problem("a recording rule cannot have `for`", at: "for") }
      if keepFiring != .zero {
        m.problem("a recording rule cannot have `keep_firing_for`", at: "keep_firing_for")
      }
      if !ownAnnotations.isEmpty { m.problem("a recording rule cannot have annotations", at: "annotations") }
    }
    let isAlert = record.isEmpty
    let allLabels = groupLabels.merging(ownLabels) { $1 }
    let labels = templates(allLabels, "labels", parse: isAlert, m)
    let annotations = templates(ownAnnotations, "annotations", parse: isAlert, m)
    guard let expr else {
      if m.node("expr") == nil { m.problem("missing `expr`") }
      return nil
    }
    guard let expression = expression(expr.value, expr.node, m.problems) else { return nil }
    let name = isAlert ? alert : record
    warnOfDuplicate(name, allLabels, m)
    return Rule(
      kind: isAlert ? .alerting(.init(hold: hold, keepFiring: keepFiring)) : .recording, name: name,
      expressionText: expression.description, expression: expression, labels: labels,
      annotations: annotations,
      file: file, line: m.position.line)
  }

  private func checkNames(record: String, alert: String, _ m: MappingReader) {
    if record.isEmpty && alert.isEmpty { m.problem("one of `record` or `alert` must be set") }
    if !record.isEmpty && !alert.isEmpty {
      m.problem("only one of `record` and `alert` may be set", at: "alert")
    }
    if record.contains("{") || record.contains("}") {
      m.problem("a recorded metric's name must not have braces: labels go under `labels`", at: "record")
    }
  }

  private func checkLabelNames(_ labels: [String: String], _ m: MappingReader) {
    guard let node = m.node("labels"), case .mapping(let entries) = node.content else { return }
    for entry in entries where labels[entry.key] != nil {
      if entry.key.isEmpty || entry.key == Labels.metricNameLabel {
        m.problems.add("invalid label name \"\(entry.key)\"", at: entry.keyPosition)
      }
    }
  }

  /// Templates in order of name. Those of a recording rule are taken as they are.
  private func templates(
    _ texts: [String: String], _ key: String, parse: Bool, _ m: MappingReader
  ) -> [RuleTemplate] {
    var out: [RuleTemplate] = []
    for (name, text) in texts.sorted(by: { byteOrder($0.key, $1.key) }) {
      guard parse else {
        out.append(RuleTemplate(name: name, text: text, template: nil))
        continue
      }
      do {
        out.append(RuleTemplate(name: name, text: text, template: try Template(text, name: name)))
      } catch {
        // A label of the group has no place in the rule: it is told at the rule.
        let place = m.node(key)?[name]?.position(ofOffset: error.offset(in: text)) ?? m.position
        m.problems.add("template of `\(name)`: \(error.message)", at: place)
      }
    }
    return out
  }

  private func expression(_ text: String, _ node: YAMLNode, _ problems: Problems) -> Expression? {
    if text.allSatisfy(\.isWhitespace) {
      problems.add("`expr` must not be empty", at: node)
      return nil
    }
    do {
      return try parseRuleExpression(text)
    } catch {
      problems.add(error.message, at: node.position(ofOffset: error.offset))
      return nil
    }
  }

  private func warnOfDuplicate(_ name: String, _ labels: [String: String], _ m: MappingReader) {
    let key = "\(name)\u{ff}\(Labels(labels))"
    if let first = firstLines[key] {
      warnings.add("rule `\(name)` has the name and labels of the rule on line \(first)", at: m.position)
    } else {
      firstLines[key] = m.position.line
    }
  }
}

extension YAMLType where Value == Int {
  /// A number in all forms that Prometheus' reader knows: `1_000`, `0x10`, `0o10` and `010`, `0b1`, `1e2`. What stands
  /// behind the point is cut off, as it does.
  fileprivate static var cutNumber: YAMLType {
    .scalar("a whole number", placeholder: 0, plainOnly: true) { text in
      let digits = text.filter { $0 != "_" }
      return wholeNumber(digits) ?? cutFraction(digits)
    }
  }

  private static func wholeNumber(_ text: String) -> Int? {
    let sign = text.hasPrefix("-") || text.hasPrefix("+") ? String(text.prefix(1)) : ""
    let body = text.dropFirst(sign.count)
    guard let first = body.first, first.isASCII, first.isNumber else { return nil }
    for (prefix, radix) in [("0x", 16), ("0X", 16), ("0o", 8), ("0O", 8), ("0b", 2), ("0B", 2)]
    where body.hasPrefix(prefix) {
      // No second sign behind the prefix.
      guard body.dropFirst(2).first != "-", body.dropFirst(2).first != "+" else { return nil }
      return Int(sign + body.dropFirst(2), radix: radix)
    }
    return Int(sign + body, radix: body.count > 1 && first == "0" ? 8 : 10)
  }

  private static func cutFraction(_ text: String) -> Int? {
    // Double's own parser also takes "nan", "infinity" and hexadecimal.
    guard text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }), let value = Double(text) else {
      return nil
    }
    return Int(exactly: value.rounded(.towardZero))
  }
}

extension YAMLType where Value == String {
  /// Text, or nothing for an empty text: what Prometheus allows as a label's value.
  fileprivate static var textOrNothing: YAMLType {
    YAMLType(expected: "text", placeholder: "") { node, problems in
      node.isNull ? "" : YAMLType.string.read(node, problems)
    }
  }
}
