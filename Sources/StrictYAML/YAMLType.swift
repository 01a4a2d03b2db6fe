internal import Model

/// How to read a value of one kind: what a key of a mapping is asked for as.
///
/// Reading never stops at a problem: it goes to the ``Problems`` and a placeholder takes the value's place, so that
/// every other problem is found in the same pass. Who asked throws the result away when there are problems.
package struct YAMLType<Value> {
  /// For messages: `a duration such as 30s`.
  package let expected: String
  /// Stands in for a value that could not be read. Never seen by anyone who checks the problems.
  package let placeholder: () -> Value
  /// nil when a problem was added.
  package let read: (YAMLNode, Problems) -> Value?

  package init(
    expected: String, placeholder: @autoclosure @escaping () -> Value,
    read: @escaping (YAMLNode, Problems) -> Value?
  ) {
    self.expected = expected
    self.placeholder = placeholder
    self.read = read
  }

  /// A scalar that `parse` understands; nil from it means that the text is not of this type.
  package static func scalar(
    _ expected: String, placeholder: @autoclosure @escaping () -> Value, plainOnly: Bool = false,
    _ parse: @escaping (String) -> Value?
  ) -> YAMLType {
    YAMLType(expected: expected, placeholder: placeholder()) { node, problems in
      if case .scalar(let text, let style) = node.content, !node.isNull, !plainOnly || style == .plain,
        let value = parse(text)
      {
        return value
      }
      problems.add("expected \(expected), found \(node.foundText)", at: node)
      return nil
    }
  }

  /// The same, refused when `complaint` returns a message.
  package func validated(_ complaint: @escaping (Value) -> String?) -> YAMLType {
    YAMLType(expected: expected, placeholder: placeholder()) { node, problems in
      guard let value = read(node, problems) else { return nil }
      guard let message = complaint(value) else { return value }
      problems.add(message, at: node)
      return nil
    }
  }

  /// A value made from one of another type; what `transform` throws becomes the problem's message. As in
  /// `.converted(from: .string, placeholder: .any) { try Pattern($0) }`.
  package static func converted<Other>(
    from other: YAMLType<Other>, placeholder: @autoclosure @escaping () -> Value,
    _ transform: @escaping (Other) throws -> Value
  ) -> YAMLType {
    YAMLType(expected: other.expected, placeholder: placeholder()) { node, problems in
      guard let value = other.read(node, problems) else { return nil }
      do {
        return try transform(value)
      } catch {
        problems.add("\(error)", at: node)
        return nil
      }
    }
  }

  /// A value with the node it was read from, for checks that come later and need its place.
  package static func located<Other>(_ other: YAMLType<Other>) -> YAMLType
  where Value == (value: Other, node: YAMLNode) {
    YAMLType(expected: other.expected, placeholder: (other.placeholder(), .empty())) { node, problems in
      other.read(node, problems).map { ($0, node) }
    }
  }
}

extension YAMLType where Value == String {
  /// Any scalar, as its text: `5` and `true` are welcome where text is wanted. May be empty when quoted.
  package static var string: YAMLType { .scalar("text", placeholder: "") { $0 } }

  /// Text that is not empty.
  package static var nonEmptyString: YAMLType { string.validated { $0.isEmpty ? "must not be empty" : nil } }
}

extension YAMLType where Value == Int {
  /// A whole decimal number.
  package static var int: YAMLType { .int(.min ... .max) }

  /// A whole decimal number within `range`.
  package static func int(_ range: ClosedRange<Int>) -> YAMLType {
    .scalar("a whole number", placeholder: range.lowerBound, plainOnly: true) { Int($0) }
      .validated { number in
        if range.contains(number) { return nil }
        if range.upperBound == .max { return "must be at least \(range.lowerBound), found \(number)" }
        return "must be between \(range.lowerBound) and \(range.upperBound), found \(number)"
      }
  }

  /// A size in bytes: `512`, `10KB` (thousands), `64KiB` (1,024s); K, M, G, T with B or iB. Not negative.
  package static var byteSize: YAMLType {
    .scalar("a size such as 512KiB or 1MB", placeholder: 0) { parseByteSize($0) }
  }
}

extension YAMLType where Value == Double {
  /// A finite decimal number.
  package static var double: YAMLType {
    .scalar("a number", placeholder: 0, plainOnly: true) { text in
      // Double's own parser also takes "nan", "infinity" and hexadecimal.
      guard text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }) else { return nil }
      return Double(text).flatMap { $0.isFinite ? $0 : nil }
    }
  }

  /// A finite decimal number within `range`.
  package static func double(_ range: ClosedRange<Double>) -> YAMLType {
    double.validated { number in
      range.contains(number)
        ? nil
        : "must be between \(NumberText.plain(range.lowerBound)) and \(NumberText.plain(range.upperBound)), "
          + "found \(NumberText.plain(number))"
    }
  }
}

extension YAMLType where Value == Bool {
  /// `true` or `false`; not `yes`, `on` or `1`.
  package static var bool: YAMLType {
    .scalar("true or false", placeholder: false, plainOnly: true) {
      $0 == "true" ? true : $0 == "false" ? false : nil
    }
  }
}

extension YAMLType where Value == Duration {
  /// A duration as Prometheus writes it: `30s`, `1h30m`, `0`.
  package static var duration: YAMLType {
    let expected = "a duration such as 30s or 1h30m"
    return YAMLType(expected: expected, placeholder: .zero) { node, problems in
      do throws(DurationText.Fault) {
        if let text = node.scalarText, !node.isNull { return try DurationText.read(text) }
      } catch {
        if error == .outOfRange {
          problems.add("duration out of range: \(node.foundText) is more than 292 years", at: node)
          return nil
        }
      }
      problems.add("expected \(expected), found \(node.foundText)", at: node)
      return nil
    }
  }

  /// A duration within `range`.
  package static func duration(_ range: ClosedRange<Duration>) -> YAMLType {
    duration.validated { value in
      let (low, high) = (DurationText.format(range.lowerBound), DurationText.format(range.upperBound))
      return range.contains(value)
        ? nil : "must be between \(low) and \(high), found \(DurationText.format(value))"
    }
  }
}

extension YAMLType where Value == String {
  /// One of `names`.
  package static func choice(among names: [String]) -> YAMLType {
    let listed = names.map { "`\($0)`" }.joined(separator: ", ")
    return YAMLType(expected: "one of \(listed)", placeholder: names.first ?? "") { node, problems in
      guard let text = node.scalarText, !node.isNull else {
        problems.add("expected one of \(listed), found \(node.foundText)", at: node)
        return nil
      }
      if names.contains(text) { return text }
      problems.add("unknown value `\(text)`" + hint(for: text, among: names), at: node)
      return nil
    }
  }
}

extension YAMLType where Value: CaseIterable & RawRepresentable, Value.RawValue == String {
  /// One of the enumeration's raw values. (The enumeration has at least one case.)
  package static func choice(_: Value.Type = Value.self) -> YAMLType {
    let first = Value.allCases[Value.allCases.startIndex]
    return .converted(from: .choice(among: Value.allCases.map(\.rawValue)), placeholder: first) {
      Value(rawValue: $0) ?? first
    }
  }
}

extension YAMLType {
  /// A list of values. An element that cannot be read is a problem and is left out.
  package static func list<Element>(_ element: YAMLType<Element>) -> YAMLType where Value == [Element] {
    YAMLType(expected: "a list", placeholder: []) { node, problems in
      guard case .sequence(let items) = node.content else {
        problems.add("expected a list, found \(node.foundText)", at: node)
        return nil
      }
      return items.compactMap { element.read($0, problems) }
    }
  }

  /// A list whose items without a value count for nothing, as Prometheus reads it.
  package static func listPassingOverNulls<Element>(_ element: YAMLType<Element>) -> YAMLType
  where Value == [Element] {
    YAMLType(expected: "a list", placeholder: []) { node, problems in
      guard case .sequence(let items) = node.content else { return list(element).read(node, problems) }
      return items.compactMap { $0.isNull ? nil : element.read($0, problems) }
    }
  }

  /// A list, or one value that stands for a list of one.
  package static func oneOrMore<Element>(_ element: YAMLType<Element>) -> YAMLType where Value == [Element] {
    YAMLType(expected: "\(element.expected) or a list", placeholder: []) { node, problems in
      if case .sequence = node.content { return list(element).read(node, problems) }
      return element.read(node, problems).map { [$0] }
    }
  }

  /// A mapping with free keys, such as labels. Null reads as no value is for the caller: it is an error here.
  package static func map<Element>(_ element: YAMLType<Element>) -> YAMLType
  where Value == [String: Element] {
    YAMLType(expected: "a mapping", placeholder: [:]) { node, problems in
      guard case .mapping(let entries) = node.content else {
        problems.add("expected a mapping, found \(node.foundText)", at: node)
        return nil
      }
      var out: [String: Element] = [:]
      for entry in entries { out[entry.key] = element.read(entry.value, problems) }
      return out
    }
  }

  /// A mapping with the keys that `body` asks its reader for; any other key is a problem. See ``MappingReader``.
  package static func mapping(_ body: @escaping (MappingReader) -> Value) -> YAMLType {
    YAMLType(
      expected: "a mapping",
      placeholder: body(MappingReader(entries: [], at: .start, problems: Problems(file: "")))
    ) { node, problems in
      let entries: [YAMLNode.Entry]
      if case .mapping(let written) = node.content {
        entries = written
      } else if node.isNull {
        entries = []
      } else {
        problems.add("expected a mapping, found \(node.foundText)", at: node)
        return nil
      }
      let reader = MappingReader(entries: entries, at: node.position, problems: problems)
      let value = body(reader)
      reader.complainAboutUnknownKeys()
      return value
    }
  }
}

private func parseByteSize(_ text: String) -> Int? {
  let digits = text.prefix { $0.isASCII && $0.isNumber }
  guard let number = Int(digits) else { return nil }
  let unit = text.dropFirst(digits.count)
  let factor: Int
  switch unit {
  case "", "B": factor = 1
  case "KB", "kB": factor = 1000
  case "MB": factor = 1_000_000
  case "GB": factor = 1_000_000_000
  case "TB": factor = 1_000_000_000_000
  case "KiB": factor = 1 << 10
  case "MiB": factor = 1 << 20
  case "GiB": factor = 1 << 30
  case "TiB": factor = 1 << 40
  default: return nil
  }
  let (product, overflow) = number.multipliedReportingOverflow(by: factor)
  return overflow ? nil : product
}
