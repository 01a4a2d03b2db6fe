internal import Model

/// Turns a tree into steps and collects what a plan must know about them.
///
/// A sub-expression that the scope knows already, by its canonical text, becomes the step that is there.
struct Compiler {
  private var scope: StepScope
  /// The series that the expression reads; one may be listed twice.
  private(set) var sources: [MatchedSeries] = []
  private var resets = ResetDetection.asStored

  init(_ scope: StepScope) { self.scope = scope }

  /// Every step that is made passes through here.
  mutating func keep<S: Step>(_ step: S) -> S { step }

  func refused(_ what: String, _ expression: Expression) -> CompileError {
    CompileError(message: "\(what) is not evaluated by this version", range: expression.range)
  }

  /// A plan may serve many queries; what differs between them has to be known before.
  private func requireDurations(_ expression: Expression) throws(CompileError) {
    if expression.hasOpenDurations { throw refused("a duration of step() or range()", expression) }
  }

  /// The step of an expression whose type is a scalar or an instant vector.
  mutating func step(for expression: Expression) throws(CompileError) -> Step {
    if case .parenthesized(let inner) = expression.kind { return try step(for: inner) }
    let outer = resets
    defer { resets = outer }
    if resets == .detected, !expression.passesResetHints { resets = .asStored }
    let text = key(of: expression)
    if let known = scope.steps[text] {
      sources += known.sources
      return known
    }
    let mark = sources.count
    let step = try makeStep(for: expression)
    complete(step, expression, readingFrom: mark)
    scope.steps[text] = step
    return step
  }

  /// Results with detected resets are not those without: they have a name of their own.
  private func key(of expression: Expression) -> String {
    resets == .detected ? "resets of \(expression.description)" : expression.description
  }

  /// The step of a vector of which only the counts and sums of histograms are asked for.
  mutating func stepDetectingResets(for expression: Expression) throws(CompileError) -> Step {
    let outer = resets
    defer { resets = outer }
    if resets == .asStored, expression.mayMixResetHints { resets = .detected }
    return try step(for: expression)
  }

  /// The step of a vector whose histograms' buckets are asked for, or that stands in a subquery.
  mutating func stepWithoutDetection(for expression: Expression) throws(CompileError) -> Step {
    let outer = resets
    defer { resets = outer }
    resets = .never
    return try step(for: expression)
  }

  /// The step of a range vector.
  mutating func windowStep(for expression: Expression) throws(CompileError) -> WindowStep {
    if case .parenthesized(let inner) = expression.kind { return try windowStep(for: inner) }
    let text = key(of: expression)
    if let known = scope.windows[text] {
      sources += known.sources
      return known
    }
    try requireDurations(expression)
    let mark = sources.count
    let step: WindowStep
    switch expression.kind {
    case .rangeSelector(let selector, let range):
      step = RangeSelectorStep(
        source(selector), selector.shift, rangeMilliseconds: range, boundary: selector.boundary,
        detectsResets: resets == .detected)
    case .subquery(let subquery):
      let outer = scope
      scope = outer.inside()
      let inner = try stepWithoutDetection(for: subquery.inner)
      scope = outer
      step = SubqueryStep(inner, subquery)
    default: throw refused("a \(expression.type.rawValue) in this place", expression)
    }
    complete(step, expression, readingFrom: mark)
    scope.windows[text] = step
    return step
  }

  private func complete(_ operation: Operation, _ expression: Expression, readingFrom mark: Int) {
    operation.isFixed = expression.isFixed
    for source in sources[mark...] where !operation.sources.contains(where: { $0 === source }) {
      operation.sources.append(source)
    }
  }

  private mutating func source(_ selector: VectorSelector) -> MatchedSeries {
    let series = scope.series(selector.matchers)
    sources.append(series)
    return series
  }

  private mutating func makeStep(for expression: Expression) throws(CompileError) -> Step {
    try requireDurations(expression)
    switch expression.kind {
    case .number(let value, _): return ConstantStep(value)
    case .string: throw refused("a string in this place", expression)
    case .rangeSelector, .subquery: throw refused("a range vector in this place", expression)
    case .parenthesized(let inner): return try step(for: inner)
    case .selector(let selector) where selector.boundary == .smoothed:
      return SmoothedSelectorStep(
        RangeSelectorStep(source(selector), selector.shift, rangeMilliseconds: 0, boundary: .smoothed))
    case .selector(let selector):
      return SelectorStep(source(selector), selector.shift, detectsResets: resets == .detected)
    case .unary(let negated, let operand):
      let inner = try step(for: operand)
      return NegationStep(inner, isVector: operand.type == .instantVector, negates: negated)
    case .aggregation(let aggregation): return try makeStep(for: aggregation, at: expression)
    case .binary(let operation): return try makeStep(for: operation, at: expression)
    case .call(let function, let arguments):
      if let step = try functionStep(function, arguments, at: expression) { return step }
      if let step = try histogramStep(function, arguments, at: expression) { return step }
      throw refused("function \(quoted(function.name))", expression)
    }
  }

  private mutating func makeStep(
    for aggregation: Aggregation, at expression: Expression
  ) throws(CompileError) -> Step {
    let inner = try step(for: aggregation.operand)
    if aggregation.op == .countValues {
      guard case .string(let label) = aggregation.parameter?.withoutParentheses.kind else {
        throw refused("a label that is not written as a string", expression)
      }
      return CountValuesStep(aggregation, inner, label: label)
    }
    guard let written = aggregation.parameter else {
      return AggregationStep(aggregation, inner, parameter: nil)
    }
    let parameter = try step(for: written)
    switch aggregation.op {
    case .topk, .bottomk: return TopStep(aggregation, inner, parameter: parameter, at: expression.range)
    case .limitk: return LimitStep(aggregation, inner, parameter: parameter)
    case .limitRatio: return LimitRatioStep(aggregation, inner, parameter: parameter)
    default: return AggregationStep(aggregation, inner, parameter: parameter)
    }
  }

  private mutating func makeStep(
    for operation: BinaryOperation, at expression: Expression
  ) throws(CompileError) -> Step {
    let isTrim = operation.op.isTrim
    let left = try isTrim ? stepWithoutDetection(for: operation.left) : step(for: operation.left)
    let right = try isTrim ? stepWithoutDetection(for: operation.right) : step(for: operation.right)
    let element = ElementOperation(op: operation.op, range: expression.range)
    switch (operation.left.type, operation.right.type) {
    case (.scalar, .scalar): return ScalarBinaryStep(operation.op, left, right)
    case (.scalar, _):
      return VectorScalarStep(
        element, vector: right, number: left, scalarIsLeft: true, returnsBool: operation.returnsBool)
    case (_, .scalar):
      return VectorScalarStep(
        element, vector: left, number: right, scalarIsLeft: false, returnsBool: operation.returnsBool)
    default:
      if operation.op.isSetOperator { return SetStep(operation.op, left, right, operation.matching) }
      return VectorMatchingStep(operation, left, right, at: expression.range)
    }
  }
}
