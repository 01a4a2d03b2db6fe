package import Model

extension Expression {
  /// Functions whose result varies with the time of evaluation even where their argument is fixed in time.
  private static let functionsOfTime: Set<String> = [
    "days_in_month", "day_of_month", "day_of_week", "day_of_year", "hour", "minute", "month", "year",
    "predict_linear", "time", "timestamp", "start", "end", "step", "range",
  ]

  /// This expression with every selector and outermost subquery fixed at `time`, other than those that `@` fixes
  /// already: its value no longer depends on when it is evaluated. nil when a function makes it depend nevertheless.
  package func fixed(at time: Timestamp) -> Expression? {
    let anchor = TimeShift.Anchor.at(time.milliseconds)
    switch kind {
    case .number, .string: return self
    case .selector(var selector):
      selector.shift.fix(anchor)
      return replacing(.selector(selector))
    case .rangeSelector(var selector, let range):
      selector.shift.fix(anchor)
      return replacing(.rangeSelector(selector, rangeMilliseconds: range))
    case .subquery(var subquery):
      subquery.shift.fix(anchor)
      return replacing(.subquery(subquery))
    case .call(let function, let arguments):
      guard !Self.functionsOfTime.contains(function.name) else { return nil }
      let fixed = arguments.compactMap { $0.fixed(at: time) }
      return fixed.count == arguments.count ? replacing(.call(function, fixed)) : nil
    case .aggregation(var aggregation):
      if let parameter = aggregation.parameter {
        guard let fixed = parameter.fixed(at: time) else { return nil }
        aggregation.parameter = fixed
      }
      guard let operand = aggregation.operand.fixed(at: time) else { return nil }
      aggregation.operand = operand
      return replacing(.aggregation(aggregation))
    case .unary(let negated, let operand):
      return operand.fixed(at: time).map { replacing(.unary(negated: negated, $0)) }
    case .parenthesized(let inner):
      return inner.fixed(at: time).map { replacing(.parenthesized($0)) }
    case .binary(let operation):
      return operation.mapOperands { $0.fixed(at: time) }.map { replacing(.binary($0)) }
    }
  }

  private func replacing(_ kind: Kind) -> Expression { Expression(kind: kind, range: range, depth: depth) }
}

extension TimeShift {
  /// `start()` and `end()` give way too, as in Prometheus.
  fileprivate mutating func fix(_ anchor: Anchor) {
    if case .at = self.anchor { return }
    self.anchor = anchor
  }
}
