internal import Model

/// Turns a tree into steps and collects what a plan must know about them.
struct Compiler {
  private(set) var steps: [Step] = []
  private(set) var selectors: [SelectorStep] = []
  private(set) var dependsOnTime = false

  private mutating func keep<S: Step>(_ step: S) -> S {
    steps.append(step)
    return step
  }

  private func refused(_ what: String, _ expression: Expression) -> CompileError {
    CompileError(message: "\(what) is not evaluated by this version", range: expression.range)
  }

  mutating func step(for expression: Expression) throws(CompileError) -> Step {
    switch expression.kind {
    case .number(let value, _): return keep(ConstantStep(value))
    case .string: throw refused("a string in this place", expression)
    case .parenthesized(let inner): return try step(for: inner)
    case .selector(let selector):
      let step = keep(SelectorStep(selector))
      selectors.append(step)
      dependsOnTime = dependsOnTime || step.dependsOnTime
      return step
    case .rangeSelector: throw refused("a range selector", expression)
    case .subquery: throw refused("a subquery", expression)
    case .unary(let negated, let operand):
      let inner = try step(for: operand)
      return negated ? keep(NegationStep(inner, isVector: operand.type == .instantVector)) : inner
    case .aggregation(let aggregation):
      guard [.sum, .avg, .min, .max, .count, .group].contains(aggregation.op) else {
        throw refused("aggregation \(quoted(aggregation.op.rawValue))", expression)
      }
      let inner = try step(for: aggregation.operand)
      return keep(AggregationStep(inner, op: aggregation.op, grouping: aggregation.grouping))
    case .binary(let operation): return try step(for: operation)
    case .call(let function, let arguments): return try step(for: function, arguments, at: expression)
    }
  }

  private mutating func step(for operation: BinaryOperation) throws(CompileError) -> Step {
    let left = try step(for: operation.left)
    let right = try step(for: operation.right)
    let op = operation.op
    switch (operation.left.type, operation.right.type) {
    case (.scalar, .scalar): return keep(ScalarBinaryStep(op, left, right))
    case (.scalar, _):
      return keep(
        VectorScalarStep(
          op, vector: right, number: left, scalarIsLeft: true, returnsBool: operation.returnsBool))
    case (_, .scalar):
      return keep(
        VectorScalarStep(
          op, vector: left, number: right, scalarIsLeft: false, returnsBool: operation.returnsBool))
    default:
      if op.isSetOperator { return keep(SetStep(op, left, right, operation.matching)) }
      return keep(VectorMatchingStep(operation, left, right))
    }
  }

  private mutating func step(
    for function: FunctionSignature, _ arguments: [Expression], at expression: Expression
  ) throws(CompileError) -> Step {
    let notEvaluated = refused("function \(quoted(function.name))", expression)
    // Judged by name before the arguments, so that the error names the outer cause.
    let known: Set<String> = [
      "time", "pi", "absent", "vector", "scalar", "timestamp", "clamp", "clamp_min", "clamp_max", "round",
      "sort",
      "sort_desc",
    ]
    let mapping = NumberFunction(rawValue: function.name)
    guard mapping != nil || known.contains(function.name) else { throw notEvaluated }
    var operands: [Step] = []
    for argument in arguments { operands.append(try step(for: argument)) }
    guard let first = operands.first else {
      guard function.name == "time" else { return keep(ConstantStep(Double.pi)) }
      dependsOnTime = true
      return keep(TimeStep())
    }
    if let mapping { return keep(MappingStep(first, .number(mapping))) }
    switch function.name {
    case "absent": return keep(AbsentStep(first, argument: arguments[0]))
    case "vector": return keep(ConversionStep(first, toVector: true))
    case "scalar": return keep(ConversionStep(first, toVector: false))
    case "sort", "sort_desc": return keep(SortStep(first, descending: function.name == "sort_desc"))
    case "round": return keep(MappingStep(first, .round(operands.count > 1 ? operands[1] : nil)))
    case "clamp": return keep(MappingStep(first, .clamp(min: operands[1], max: operands[2])))
    case "clamp_min": return keep(MappingStep(first, .clampMin(operands[1])))
    case "clamp_max": return keep(MappingStep(first, .clampMax(operands[1])))
    case "timestamp":
      let selector = first as? SelectorStep
      if selector == nil { dependsOnTime = true }
      return keep(MappingStep(first, .timestamp(selector)))
    default: throw notEvaluated
    }
  }
}
