internal import Model

/// Plans that share what they have in common.
///
/// A sub-expression that several of the plans contain is one step, evaluated once for one moment: a thousand rules
/// about `avg_over_time(x[1m])` read `x` once. Confined to one thread. The library must be told when samples have been
/// appended (``dataChanged()``): between two such calls every plan sees the data as they were read first.
package final class PlanLibrary {
  private let scope = StepScope()
  private let context = EvaluationContext()

  package init() {}

  /// The plan of an expression; it lives on the steps that are there already.
  package func plan(for expression: Expression) throws(CompileError) -> Plan {
    try Plan(expression, scope, context, isShared: true)
  }

  /// Says that samples may have been appended since the last call.
  package func dataChanged() { context.dataChanged() }
}
