internal import Model
internal import RegularExpressions

extension Parser {
  /// A literal, selector, call, aggregation or bracketed expression with what is attached behind it.
  mutating func parseOperand() throws(SyntaxFault) -> Expression {
    let start = current.range.start
    var operand = try parsePrimary()
    while true {
      switch current.kind {
      case .leftBracket: operand = try parseRange(over: operand, from: start)
      case .keyword(.offset): operand = try parseOffset(of: operand, from: start)
      case .at: operand = try parseAnchor(of: operand, from: start)
      case .identifier:
        guard let boundary = RangeBoundary(rawValue: current.text) else { return operand }
        operand = try parseBoundary(boundary, of: operand, from: start)
      default: return operand
      }
    }
  }

  private mutating func parsePrimary() throws(SyntaxFault) -> Expression {
    let start = current.range.start
    switch current.kind {
    case .number(let value):
      advance()
      return try node(.number(value, isDuration: false), from: start, depth: 0)
    case .duration(let milliseconds):
      advance()
      return try node(.number(Double(milliseconds) / 1000, isDuration: true), from: start, depth: 0)
    case .string(let text):
      advance()
      return try node(.string(text), from: start, depth: 0)
    case .leftParenthesis:
      advance()
      let inner = try parse(0)
      guard take(.rightParenthesis) else { throw unexpected() }
      return try node(.parenthesized(inner), from: start, depth: inner.depth)
    case .leftBrace:
      return try parseSelector(named: nil, from: start)
    case .identifier where next.kind == .leftParenthesis:
      return try parseCall()
    case .keyword(.start) where next.kind == .leftParenthesis,
      .keyword(.end) where next.kind == .leftParenthesis:
      return try parseCall()
    case .aggregation(let op)
    where [.leftParenthesis, .keyword(.by), .keyword(.without)].contains(next.kind):
      return try parseAggregation(op)
    case _ where current.isMetricWord:
      let name = advance().text
      return try parseSelector(named: name, from: start)
    default:
      throw unexpected()
    }
  }

  private mutating func parseCall() throws(SyntaxFault) -> Expression {
    let start = current.range.start
    let name = advance().text
    // What is wrong within the brackets comes first, as in Prometheus.
    let arguments = try parseArguments()
    guard let function = FunctionSignature.all[name] else {
      throw SyntaxFault(message: "unknown function with name \(quoted(name))", offset: start)
    }
    guard options.experimentalFunctions || !function.isExperimental else {
      throw SyntaxFault(message: "function \(quoted(name)) is not enabled", offset: start)
    }
    return try node(.call(function, arguments), from: start, depth: deepest(arguments))
  }

  private mutating func parseArguments() throws(SyntaxFault) -> [Expression] {
    guard take(.leftParenthesis) else { throw unexpected() }
    var arguments: [Expression] = []
    if take(.rightParenthesis) { return arguments }
    while true {
      arguments.append(try parse(0))
      if take(.rightParenthesis) { return arguments }
      let comma = current.range.start
      guard take(.comma) else { throw unexpected() }
      if !current.mayStartOperand, !current.isFault {
        throw SyntaxFault(message: "trailing commas not allowed in function call args", offset: comma)
      }
    }
  }

  private func deepest(_ expressions: [Expression]) -> Int { expressions.map(\.depth).max() ?? 0 }

  private mutating func parseAggregation(_ op: AggregationOperator) throws(SyntaxFault) -> Expression {
    let start = current.range.start
    advance()
    openAggregations += 1
    var grouping = try parseGrouping()
    var arguments = try parseArguments()
    openAggregations -= 1
    if grouping == nil {
      if current.isFault { throw unexpected() }
      grouping = try parseGrouping()
    }
    guard options.experimentalFunctions || !op.isExperimental else {
      throw SyntaxFault(
        message: "\(op.rawValue)() is experimental and must be enabled with "
          + "--enable-feature=promql-experimental-functions", offset: start)
    }
    let expected = op.parameterType == nil ? 1 : 2
    guard let operand = arguments.popLast() else {
      throw SyntaxFault(message: "no arguments for aggregate expression provided", offset: start)
    }
    guard arguments.count + 1 == expected else {
      throw SyntaxFault(
        message: "wrong number of arguments for aggregate expression provided, expected \(expected), "
          + "got \(arguments.count + 1)", offset: start)
    }
    let aggregation = Aggregation(
      op: op, grouping: grouping ?? .by([]), parameter: arguments.first, operand: operand)
    return try node(
      .aggregation(aggregation), from: start, depth: max(operand.depth, deepest(arguments)))
  }

  private mutating func parseGrouping() throws(SyntaxFault) -> Aggregation.Grouping? {
    if take(.keyword(.by)) { return .by(try parseGroupingLabels()) }
    if take(.keyword(.without)) { return .without(try parseGroupingLabels()) }
    return nil
  }

  /// `(a, b, "c.d",)`
  mutating func parseGroupingLabels() throws(SyntaxFault) -> [String] {
    try expect(.leftParenthesis, "\"(\"", in: "grouping opts")
    var labels: [String] = []
    while !take(.rightParenthesis) {
      if case .string(let name) = current.kind, !name.isEmpty {
        labels.append(name)
      } else if current.isLabelWord {
        labels.append(current.text)
      } else {
        throw unexpected(in: "grouping opts", expected: "label")
      }
      advance()
      if take(.comma) { continue }
      guard case .rightParenthesis = current.kind else {
        throw unexpected(in: "grouping opts", expected: "\",\" or \")\"")
      }
    }
    return labels
  }
}

extension Parser {
  /// A selector and nothing behind it.
  mutating func parseBareSelector() throws(SyntaxFault) -> Expression {
    let start = current.range.start
    let name = current.isMetricWord ? advance().text : nil
    if name == nil, current.kind != .leftBrace { throw unexpected() }
    let selector = try parseSelector(named: name, from: start)
    guard case .endOfInput = current.kind else { throw unexpected() }
    return selector
  }

  private mutating func parseSelector(named outer: String?, from start: Int) throws(SyntaxFault) -> Expression
  {
    var name = outer
    var matchers: [LabelMatcher] = []
    if take(.leftBrace) {
      while !take(.rightBrace) {
        try parseMatcher(&name, &matchers)
        if take(.comma) { continue }
        guard case .rightBrace = current.kind else {
          throw unexpected(in: "label matching", expected: "\",\" or \"}\"")
        }
      }
    }
    if let name { matchers.append(LabelMatcher(Labels.metricNameLabel, equals: name)) }
    return try node(
      .selector(VectorSelector(name: name, matchers: matchers, shift: TimeShift())), from: start, depth: 0)
  }

  private mutating func parseMatcher(
    _ metric: inout String?, _ matchers: inout [LabelMatcher]
  ) throws(SyntaxFault) {
    let token = current
    let name: String
    switch token.kind {
    case .identifier:
      name = token.text
      advance()
    case .string(let text):
      name = text
      advance()
      switch current.kind {
      case .comma, .rightBrace:
        // A quoted name without an operator is the metric's.
        if let metric {
          throw SyntaxFault(
            message: "metric name must not be set twice: \(quoted(metric)) or \(quoted(text))",
            offset: token.range.start)
        }
        metric = text
        return
      default: break
      }
    default: throw unexpected(in: "label matching", expected: "identifier or \"}\"")
    }
    let kind: LabelMatcher.Kind
    switch current.kind {
    case .assign: kind = .equal
    case .binary(.notEqual): kind = .notEqual
    case .regexMatch: kind = .regex
    case .regexNoMatch: kind = .notRegex
    default: throw unexpected(in: "label matching", expected: "label matching operator")
    }
    advance()
    guard case .string(let value) = current.kind else {
      throw unexpected(in: "label matching", expected: "string")
    }
    matchers.append(try matcher(name, kind, value, at: token.range.start))
    advance()
  }

  private func matcher(
    _ name: String, _ kind: LabelMatcher.Kind, _ value: String, at offset: Int
  ) throws(SyntaxFault) -> LabelMatcher {
    switch kind {
    case .equal, .notEqual: return LabelMatcher(name, equals: value, negated: kind == .notEqual)
    case .regex, .notRegex:
      do throws(RegularExpressionError) {
        let pattern = try RegularExpression(value, anchoring: .whole)
        return LabelMatcher(name, text: value, matching: pattern, negated: kind == .notRegex)
      } catch {
        throw SyntaxFault(message: "error parsing regexp: \(error.message)", offset: offset)
      }
    }
  }
}

extension Parser {
  private mutating func parseRange(over operand: Expression, from start: Int) throws(SyntaxFault)
    -> Expression
  {
    let bracket = advance().range.start
    let range = try parsePositiveDuration(in: "subquery selector")
    if take(.colon) {
      var step: WrittenDuration?
      if current.kind != .rightBracket { step = try parsePositiveDuration(in: "subquery selector") }
      try expect(.rightBracket, "\"]\"", in: "subquery selector")
      var subquery = Subquery(
        inner: operand, rangeMilliseconds: range.milliseconds, stepMilliseconds: step?.milliseconds,
        shift: TimeShift())
      subquery.rangeExpression = range.expression
      subquery.stepExpression = step?.expression
      return try node(.subquery(subquery), from: start, depth: operand.depth)
    }
    try expect(.rightBracket, "\":\" or \"]\"", in: "subquery or range")
    guard case .selector(var selector) = operand.kind else {
      throw SyntaxFault(message: "ranges only allowed for vector selectors", offset: bracket)
    }
    if selector.shift.offsetMilliseconds != nil {
      throw SyntaxFault(message: "no offset modifiers allowed before range", offset: bracket)
    }
    if selector.shift.anchor != nil {
      throw SyntaxFault(message: "no @ modifiers allowed before range", offset: bracket)
    }
    selector.rangeExpression = range.expression
    return try node(
      .rangeSelector(selector, rangeMilliseconds: range.milliseconds), from: start, depth: 0)
  }

  private mutating func parseOffset(
    of operand: Expression, from start: Int
  ) throws(SyntaxFault) -> Expression {
    advance()
    let offset = try parseOffsetDuration()
    return try shifted(operand, from: start, modifier: "offset") { shift throws(SyntaxFault) in
      guard shift.offsetMilliseconds == nil else {
        throw SyntaxFault(message: "offset may not be set multiple times", offset: start)
      }
      shift.offsetMilliseconds = offset.milliseconds
      shift.offsetExpression = offset.expression
    }
  }

  private mutating func parseAnchor(
    of operand: Expression, from start: Int
  ) throws(SyntaxFault) -> Expression {
    advance()
    let anchor = try parseAnchorTime(of: start)
    return try shifted(operand, from: start, modifier: "@") { shift throws(SyntaxFault) in
      guard shift.anchor == nil else {
        throw SyntaxFault(message: "@ <timestamp> may not be set multiple times", offset: start)
      }
      shift.anchor = anchor
    }
  }

  private mutating func parseAnchorTime(of start: Int) throws(SyntaxFault) -> TimeShift.Anchor {
    for (word, anchor) in [(Token.Keyword.start, TimeShift.Anchor.start), (.end, .end)]
    where take(.keyword(word)) {
      try expect(.leftParenthesis, "timestamp", in: "@")
      try expect(.rightParenthesis, "timestamp", in: "@")
      return anchor
    }
    var sign = 1.0
    if take(.binary(.subtract)) { sign = -1 } else { _ = take(.binary(.add)) }
    let seconds: Double
    switch current.kind {
    case .number(let value): seconds = value * sign
    case .duration(let milliseconds): seconds = Double(milliseconds) / 1000 * sign
    default: throw unexpected(in: "@", expected: "timestamp")
    }
    guard let milliseconds = Int64(exactly: (seconds * 1000).rounded()),
      milliseconds.magnitude < UInt64(Int64.max / 2)
    else {
      throw SyntaxFault(
        message: "timestamp out of bounds for @ modifier: \(NumberText.plain(seconds))", offset: start)
    }
    advance()
    return .at(milliseconds)
  }

  private func shifted(
    _ operand: Expression, from start: Int, modifier: String,
    _ change: (inout TimeShift) throws(SyntaxFault) -> Void
  ) throws(SyntaxFault) -> Expression {
    switch operand.kind {
    case .selector(var selector):
      try change(&selector.shift)
      return try node(.selector(selector), from: start, depth: operand.depth - 1)
    case .rangeSelector(var selector, let range):
      try change(&selector.shift)
      return try node(
        .rangeSelector(selector, rangeMilliseconds: range), from: start, depth: operand.depth - 1)
    case .subquery(var subquery):
      try change(&subquery.shift)
      return try node(.subquery(subquery), from: start, depth: operand.depth - 1)
    default:
      let name = modifier == "@" ? "@ modifier" : "offset modifier"
      throw SyntaxFault(
        message: "\(name) must be preceded by an instant vector selector or range vector selector "
          + "or a subquery", offset: start)
    }
  }
}

extension Parser {
  /// `anchored` or `smoothed` behind a selector.
  private mutating func parseBoundary(
    _ boundary: RangeBoundary, of operand: Expression, from start: Int
  ) throws(SyntaxFault) -> Expression {
    guard options.experimentalFunctions else {
      throw SyntaxFault(
        message: "\(boundary.rawValue) modifier is experimental and not enabled", offset: start)
    }
    advance()
    func extended(_ selector: VectorSelector) throws(SyntaxFault) -> VectorSelector {
      if let other = selector.boundary, other != boundary {
        throw SyntaxFault(message: "anchored and smoothed modifiers cannot be used together", offset: start)
      }
      var selector = selector
      selector.boundary = boundary
      return selector
    }
    switch operand.kind {
    case .selector(let selector):
      return try node(.selector(try extended(selector)), from: start, depth: 0)
    case .rangeSelector(let selector, let range):
      return try node(
        .rangeSelector(try extended(selector), rangeMilliseconds: range), from: start, depth: 0)
    case .subquery:
      throw SyntaxFault(
        message: "\(boundary.rawValue) modifier is not supported for subqueries", offset: start)
    default:
      throw SyntaxFault(message: "\(boundary.rawValue) modifier not implemented", offset: start)
    }
  }
}
