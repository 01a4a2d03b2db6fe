internal import Model

/// Turns a tree into steps and collects what a plan must know about them.
///
/// A sub-expression that the scope knows already, by its canonical text, becomes the step that is there.
struct Compiler {
  private var scope: StepScope
  /// The series that the expression reads; one may be listed twice.
  private(set) var sources: [MatchedSeries] = []
  private var depth = 0

  init(_ scope: StepScope) { self.scope = scope }

  /// Every step that is made passes through here.
  mutating func keep<S: Step>(_ step: S) -> S { step }

  func refused(_ what: String, _ expression: Expression) -> CompileError {
    CompileError(message: "\(what) is not evaluated by this version", range: expression.range)
  }

  /// The step of an expression whose type is a scalar or an instant vector.
  mutating func step(for expression: Expression) throws(CompileError) -> Step {
    if case .parenthesized(let inner) = expression.kind { return try step(for: inner) }
    let text = expression.description
    if let known = scope.steps[text] {
      sources += known.sources
      return known
    }
    let mark = sources.count
    let step: Step
    if case .binary(let operation) = expression.kind {
      step = try chain(operation)
    } else {
      step = try makeStep(for: expression)
      step.isFixed = expression.isFixed
    }
    complete(step, readingFrom: mark)
    scope.steps[text] = step
    return step
  }

  /// Operations at the start of a chain whose results are shared with other expressions that start like it.
  private static let sharedLinks = 8

  /// The step of a whole chain. The first operations of a long one are steps like others; those behind them belong to
  /// this chain alone, which makes their results one after the other before its own: no call goes as deep as a chain
  /// is long.
  private mutating func chain(_ operation: BinaryOperation) throws(CompileError) -> Step {
    let count = operation.links.count
    var below: [Operation] = []
    let shared = min(count - 1, Self.sharedLinks)
    var left = try step(for: operation.first)
    for length in 1...count {
      let part = operation.prefix(length)
      guard case .binary(let operation) = part.kind else { break }
      if length > 1 { below.append(left) }
      if length <= shared, let known = scope.steps[part.description] {
        sources += known.sources
        left = known
        continue
      }
      let mark = sources.count
      let right = try step(for: operation.right)
      let made = makeStep(for: operation, left, right, at: part)
      made.isFixed = left.isFixed && right.isFixed
      if length <= shared {
        sources += left.sources
        complete(made, readingFrom: mark)
        made.below = below
        scope.steps[part.description] = made
      } else {
        made.isInnerLink = length < count
      }
      left = made
    }
    left.below = below
    return left
  }

  /// The step of a range vector.
  mutating func windowStep(for expression: Expression) throws(CompileError) -> WindowStep {
    if case .parenthesized(let inner) = expression.kind { return try windowStep(for: inner) }
    let text = expression.description
    if let known = scope.windows[text] {
      sources += known.sources
      return known
    }
    let mark = sources.count
    let step: WindowStep
    switch expression.kind {
    case .rangeSelector(let selector, let range):
      step = RangeSelectorStep(
        source(selector), selector.shift, rangeMilliseconds: range, boundary: selector.boundary)
    case .subquery(let subquery):
      let outer = scope
      scope = outer.inside()
      let inner = try self.step(for: subquery.inner)
      scope = outer
      step = SubqueryStep(inner, subquery)
    default: throw refused("a \(expression.type.rawValue) in this place", expression)
    }
    step.isFixed = expression.isFixed
    complete(step, readingFrom: mark)
    scope.windows[text] = step
    return step
  }

  private func complete(_ operation: Operation, readingFrom mark: Int) {
    var known: Set<ObjectIdentifier> = []
    for source in sources[mark...] where known.insert(ObjectIdentifier(source)).inserted {
      operation.sources.append(source)
    }
  }

  private mutating func source(_ selector: VectorSelector) -> MatchedSeries {
    let series = scope.series(selector.matchers)
    sources.append(series)
    return series
  }

  private mutating func makeStep(for expression: Expression) throws(CompileError) -> Step {
    switch expression.kind {
    case .number(let value, _): return ConstantStep(value)
    case .string: throw refused("a string in this place", expression)
    case .rangeSelector, .subquery: throw refused("a range vector in this place", expression)
    case .parenthesized(let inner): return try step(for: inner)
    case .selector(let selector) where selector.boundary == .smoothed:
      return SmoothedSelectorStep(
        RangeSelectorStep(source(selector), selector.shift, rangeMilliseconds: 0, boundary: .smoothed))
    case .selector(let selector): return SelectorStep(source(selector), selector.shift)
    case .unary(let negated, let operand):
      let inner = try step(for: operand)
      return NegationStep(inner, isVector: operand.type == .instantVector, negates: negated)
    case .aggregation(let aggregation): return try makeStep(for: aggregation, at: expression)
    case .binary(let operation): return try chain(operation)
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

  private func makeStep(
    for operation: BinaryOperation, _ left: Step, _ right: Step, at expression: Expression
  ) -> Step {
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
