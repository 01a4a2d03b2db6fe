internal import Model

extension Compiler {
  /// The step of a call of a function that is not about histograms; nil when this is not one that is known here.
  mutating func functionStep(
    _ function: FunctionSignature, _ arguments: [Expression], at expression: Expression
  ) throws(CompileError) -> Step? {
    // Judged by name before the arguments, so that the error names the outer cause.
    let known: Set<String> = [
      "time", "pi", "absent", "vector", "scalar", "timestamp", "clamp", "clamp_min", "clamp_max", "round",
      "sort", "sort_desc",
    ]
    let mapping = NumberFunction(rawValue: function.name)
    guard mapping != nil || known.contains(function.name) else { return nil }
    var operands: [Step] = []
    for argument in arguments { operands.append(try step(for: argument)) }
    guard let first = operands.first else {
      return function.name == "time" ? TimeStep() : ConstantStep(Double.pi)
    }
    if let mapping { return MappingStep(first, .number(mapping)) }
    switch function.name {
    case "absent": return AbsentStep(first, argument: arguments[0])
    case "vector": return ConversionStep(first, toVector: true)
    case "scalar": return ConversionStep(first, toVector: false)
    case "sort", "sort_desc": return SortStep(first, descending: function.name == "sort_desc")
    case "round": return MappingStep(first, .round(operands.count > 1 ? operands[1] : nil))
    case "clamp": return MappingStep(first, .clamp(min: operands[1], max: operands[2]))
    case "clamp_min": return MappingStep(first, .clampMin(operands[1]))
    case "clamp_max": return MappingStep(first, .clampMax(operands[1]))
    case "timestamp": return MappingStep(first, .timestamp(first as? SelectorStep))
    default: return nil
    }
  }
}
