internal import Model
internal import PromQL

/// `format_query`, `parse_query` and `query_exemplars`: what needs no samples.
extension PrometheusAPI {
  func formatted(_ form: Form) throws(APIFault) -> Answer {
    let pretty = try expression(form).pretty
    return Answer { $0.string(pretty) }
  }

  /// The tree of an expression, as Prometheus' page shows it.
  func parsed(_ form: Form) throws(APIFault) -> Answer {
    let tree = ExpressionJSON.tree(of: try expression(form)).compact
    return Answer(Array(tree.utf8))
  }

  private func expression(_ form: Form) throws(APIFault) -> Expression {
    do throws(ParseError) { return try parseExpression(form["query"]) } catch {
      throw .invalid("query", error)
    }
  }

  /// There are none: Farwatch keeps no exemplars. A wrong question is told nevertheless.
  func exemplars(_ form: Form) throws(APIFault) -> Answer {
    let span = try form.span()
    guard span.start <= span.end else {
      throw APIFault(.badData, "end timestamp must not be before start timestamp")
    }
    let expression: Expression
    do throws(ParseError) { expression = try parseExpression(form["query"]) } catch {
      throw APIFault(.badData, "\(error)")
    }
    return expression.selectors.isEmpty ? Answer(nil) : Answer { $0.raw("[]") }
  }
}

/// Expressions as trees of JSON; members stand in the order of their names, as Go writes maps.
private enum ExpressionJSON {
  /// The depth of the tree is bounded, see ``ParseLimits``.
  static func tree(of expression: Expression) -> OrderedJSON {
    switch expression.kind {
    case .number(let value, _):
      node("numberLiteral", ["val": .string(NumberText.plain(value))])
    case .string(let text): node("stringLiteral", ["val": .string(text)])
    case .selector(let selector): node("vectorSelector", members(of: selector))
    case .rangeSelector(let selector, let range):
      node("matrixSelector", members(of: selector).merging(["range": .integer(Int(range))]) { $1 })
    case .subquery(let subquery):
      node(
        "subquery",
        members(of: subquery.shift).merging([
          "expr": tree(of: subquery.inner), "range": .integer(Int(subquery.rangeMilliseconds)),
          "step": .integer(Int(subquery.stepMilliseconds ?? 0)),
        ]) { $1 })
    case .call(let function, let arguments):
      node("call", ["args": .array(arguments.map(tree)), "func": signature(function)])
    case .aggregation(let aggregation): tree(of: aggregation)
    case .unary(let negated, let operand):
      node("unaryExpr", ["expr": tree(of: operand), "op": .string(negated ? "-" : "+")])
    case .parenthesized(let inner): node("parenExpr", ["expr": tree(of: inner)])
    case .binary(let operation):
      node(
        "binaryExpr",
        [
          "bool": .boolean(operation.returnsBool), "lhs": tree(of: operation.left),
          "matching": matching(operation), "op": .string(operation.op.rawValue),
          "rhs": tree(of: operation.right),
        ])
    }
  }

  private static func node(_ type: String, _ members: [String: OrderedJSON]) -> OrderedJSON {
    object(members.merging(["type": .string(type)]) { $1 })
  }

  private static func object(_ members: [String: OrderedJSON]) -> OrderedJSON {
    .object(members.sorted { byteOrder($0.key, $1.key) }.map { .init($0.key, $0.value) })
  }

  private static func members(of shift: TimeShift) -> [String: OrderedJSON] {
    var members: [String: OrderedJSON] = [
      "offset": .integer(Int(shift.offsetMilliseconds ?? 0)), "timestamp": .null, "startOrEnd": .null,
    ]
    switch shift.anchor {
    case .at(let milliseconds): members["timestamp"] = .integer(Int(milliseconds))
    case .start: members["startOrEnd"] = .string("start")
    case .end: members["startOrEnd"] = .string("end")
    case nil: break
    }
    return members
  }

  private static func members(of selector: VectorSelector) -> [String: OrderedJSON] {
    members(of: selector.shift).merging([
      "name": .string(selector.name ?? ""), "anchored": .boolean(selector.boundary == .anchored),
      "smoothed": .boolean(selector.boundary == .smoothed),
      "matchers": .array(
        selector.matchers.map {
          object(["name": .string($0.name), "type": .string($0.kind.rawValue), "value": .string($0.text)])
        }),
    ]) { $1 }
  }

  private static func tree(of aggregation: Aggregation) -> OrderedJSON {
    let (labels, isWithout): ([String], Bool) =
      switch aggregation.grouping {
      case .by(let labels): (labels, false)
      case .without(let labels): (labels, true)
      }
    return node(
      "aggregation",
      [
        "expr": tree(of: aggregation.operand), "grouping": strings(labels),
        "op": .string(aggregation.op.rawValue), "param": aggregation.parameter.map(tree) ?? .null,
        "without": .boolean(isWithout),
      ])
  }

  /// Between scalars nothing is matched.
  private static func matching(_ operation: BinaryOperation) -> OrderedJSON {
    guard operation.left.type != .scalar, operation.right.type != .scalar else { return .null }
    let matching = operation.matching
    let cardinality =
      switch matching.cardinality {
      case .oneToOne: operation.op.isSetOperator ? "many-to-many" : "one-to-one"
      case .manyToOne: "many-to-one"
      case .oneToMany: "one-to-many"
      }
    return object([
      "card": .string(cardinality), "include": strings(matching.include), "labels": strings(matching.labels),
      "on": .boolean(matching.isOn),
      "fillValues": object([
        "lhs": matching.fillLeft.map { .number($0) } ?? .null,
        "rhs": matching.fillRight.map { .number($0) } ?? .null,
      ]),
    ])
  }

  private static func signature(_ function: FunctionSignature) -> OrderedJSON {
    object([
      "argTypes": strings(function.arguments.map(name)), "name": .string(function.name),
      "returnType": .string(name(function.returns)), "variadic": .integer(function.variadic ?? 0),
    ])
  }

  /// Types by their names in the API.
  private static func name(_ type: ValueType) -> String {
    switch type {
    case .scalar: "scalar"
    case .string: "string"
    case .instantVector: "vector"
    case .rangeVector: "matrix"
    }
  }

  private static func strings(_ texts: [String]) -> OrderedJSON { .array(texts.map { .string($0) }) }
}
