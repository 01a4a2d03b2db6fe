extension Compiler {
  /// The step of a call of a function about histograms; nil when it is not one.
  mutating func histogramStep(
    _ function: FunctionSignature, _ arguments: [Expression], at expression: Expression
  ) throws(CompileError) -> Step? { nil }
}
