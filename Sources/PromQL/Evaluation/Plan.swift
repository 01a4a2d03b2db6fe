package import Model

/// An expression made ready to be evaluated again and again.
///
/// Confined to one thread at a time. A plan remembers which series its selectors matched and what labels its results
/// have until the reader's ``SeriesReader/indexVersion`` changes; it must always be given the same reader.
package final class Plan {
  package let expression: Expression
  private let root: Step?
  private let steps: [Step]
  private let selectorSteps: [SelectorStep]
  private let context = EvaluationContext()
  private var resolvedVersion: UInt64?

  /// The conditions of every selector: what the result depends on.
  package let selectors: [[LabelMatcher]]
  /// Whether the result may change although no sample arrives, other than by samples growing too old.
  package let dependsOnTime: Bool
  /// Series that the last evaluation looked at: a measure of cost that does not vary with the machine.
  package private(set) var seriesTouched = 0

  /// Fails when the expression uses something that this version does not evaluate.
  package init(_ expression: Expression) throws(CompileError) {
    self.expression = expression
    var compiler = Compiler()
    if case .string = expression.withoutParentheses.kind {
      root = nil
    } else {
      root = try compiler.step(for: expression)
    }
    steps = compiler.steps
    selectorSteps = compiler.selectors
    selectors = compiler.selectors.map(\.matchers)
    dependsOnTime = compiler.dependsOnTime
  }

  /// The value at one moment.
  package func evaluate(
    at time: Timestamp, in reader: some SeriesReader, limits: EvaluationLimits = EvaluationLimits()
  ) throws(EvaluationError) -> Value {
    guard let root else {
      guard case .string(let text) = expression.withoutParentheses.kind else { return .scalar(.nan) }
      return .string(text)
    }
    context.time = time
    context.maximumSamples = limits.maximumSamples
    context.budget = limits.maximumSamples
    resolve(reader)
    seriesTouched = selectorSteps.reduce(0) { $0 + $1.seriesCount }
    for selector in selectorSteps {
      try selector.fetch(context, reader, lookback: limits.lookback)
    }
    try root.evaluate(context)
    guard expression.type == .instantVector else { return .scalar(root.scalar) }
    var elements: [VectorElement] = []
    elements.reserveCapacity(root.sets.count)
    for (index, set) in root.sets.enumerated() {
      elements.append(VectorElement(labels: context.table.sets[set], value: root.values[index]))
    }
    return .vector(elements)
  }

  private func resolve(_ reader: some SeriesReader) {
    let version = reader.indexVersion
    guard version != resolvedVersion else { return }
    context.table.clear()
    for step in steps { step.forget() }
    for selector in selectorSteps { selector.resolve(context, reader) }
    resolvedVersion = version
  }
}
