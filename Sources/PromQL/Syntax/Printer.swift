internal import Model

extension Expression: CustomStringConvertible {
  /// The canonical form on one line; parsing it gives the same tree.
  package var description: String {
    switch kind {
    case .number(let value, let isDuration):
      isDuration ? Self.text(milliseconds: Int64((value * 1000).rounded())) : NumberText.shortest(value)
    case .string(let text): quoted(text)
    case .selector(let selector): selector.text + selector.modifiers
    case .rangeSelector(let selector, let range):
      "\(selector.text)[\(Self.text(range, selector.rangeExpression))]\(selector.modifiers)"
    case .subquery(let subquery): "\(subquery.inner)\(subquery.suffix)"
    case .call(let function, let arguments):
      "\(function.name)(\(arguments.map(\.description).joined(separator: ", ")))"
    case .aggregation(let aggregation): aggregation.text
    case .unary(let negated, let operand): (negated ? "-" : "+") + operand.description
    case .binary(let operation): operation.text
    case .parenthesized(let inner): "(\(inner))"
    }
  }

  static func text(_ milliseconds: Int64, _ computed: DurationExpression?) -> String {
    computed?.description ?? text(milliseconds: milliseconds)
  }

  static func text(milliseconds: Int64) -> String { DurationText.format(.milliseconds(milliseconds)) }
}

/// A name as a label list shows it: quoted when it is not of the old alphabet.
private func labelName(_ name: String) -> String {
  isPlainName(name, colons: false) ? name : quoted(name)
}

private func list(_ labels: [String]) -> String { "(" + labels.map(labelName).joined(separator: ", ") + ")" }

private func isPlainName(_ name: String, colons: Bool) -> Bool {
  guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
  return name.utf8.allSatisfy {
    (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0)
      || $0 == UInt8(ascii: "_") || (colons && $0 == UInt8(ascii: ":"))
  }
}

extension LabelMatcher {
  /// As it stands between braces.
  var conditionText: String { "\(labelName(name))\(kind.rawValue)\(quoted(text))" }
}

extension VectorSelector {
  fileprivate var modifiers: String { (boundary.map { " \($0.rawValue)" } ?? "") + shift.text }

  fileprivate var text: String {
    var conditions = (name == nil ? matchers[...] : matchers.dropLast()).map(\.conditionText)
    var front = name ?? ""
    if let name, !isPlainName(name, colons: true) {
      front = ""
      conditions.insert(quoted(name), at: 0)
    }
    return conditions.isEmpty ? front : "\(front){\(conditions.joined(separator: ","))}"
  }
}

extension Subquery {
  /// What stands behind the inner expression.
  var suffix: String {
    "[\(Expression.text(rangeMilliseconds, rangeExpression)):"
      + (stepMilliseconds.map { Expression.text($0, stepExpression) } ?? "") + "]\(shift.text)"
  }
}

extension TimeShift {
  fileprivate var text: String {
    var out = ""
    switch anchor {
    case .at(let milliseconds):
      let (whole, part) = milliseconds.magnitude.quotientAndRemainder(dividingBy: 1000)
      out = " @ \(milliseconds < 0 ? "-" : "")\(whole).\(padded(Int(part), 3))"
    case .start: out = " @ start()"
    case .end: out = " @ end()"
    case nil: break
    }
    if let computed = offsetExpression {
      out += " offset \(computed)"
    } else if let offset = offsetMilliseconds, offset != 0 {
      out += " offset \(Expression.text(milliseconds: offset))"
    }
    return out
  }
}

extension Aggregation {
  fileprivate var text: String { "\(head)(\((parameter.map { "\($0), " } ?? "") + operand.description))" }

  /// What stands before the bracket.
  var head: String {
    switch grouping {
    case .by(let labels) where labels.isEmpty: op.rawValue
    case .by(let labels): "\(op.rawValue) by \(list(labels)) "
    case .without(let labels): "\(op.rawValue) without \(list(labels)) "
    }
  }
}

extension BinaryOperation {
  fileprivate var text: String { "\(left) \(op.rawValue)\(modifiers) \(right)" }

  /// What stands behind the operator.
  var modifiers: String {
    var modifiers = returnsBool ? " bool" : ""
    if matching.isOn || !matching.labels.isEmpty || matching.cardinality != .oneToOne {
      modifiers += " \(matching.isOn ? "on" : "ignoring") \(list(matching.labels))"
    }
    switch matching.cardinality {
    case .oneToOne: break
    case .manyToOne: modifiers += " group_left \(list(matching.include))"
    case .oneToMany: modifiers += " group_right \(list(matching.include))"
    }
    switch (matching.fillLeft, matching.fillRight) {
    case (let left?, let right?) where left.bitPattern == right.bitPattern:
      modifiers += " fill (\(NumberText.shortest(left)))"
    case (let left, let right):
      if let left { modifiers += " fill_left (\(NumberText.shortest(left)))" }
      if let right { modifiers += " fill_right (\(NumberText.shortest(right)))" }
    }
    return modifiers
  }
}
