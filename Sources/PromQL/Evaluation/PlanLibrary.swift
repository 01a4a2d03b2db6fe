package import Model

/// Plans that share what they have in common.
///
/// A sub-expression that several of the plans contain is one step, evaluated once for one moment: a thousand rules
/// about `avg_over_time(x[1m])` read `x` once. Confined to one thread. The library must be told when samples have been
/// appended: until then every plan sees the data as they were first read.
///
/// Annotations of a shared step keep the positions of the expression that brought it in.
package final class PlanLibrary {
  private let scope = StepScope()
  private let context = EvaluationContext()

  package init() {}

  /// The plan of an expression; it lives on the steps that are there already.
  package func plan(for expression: Expression) throws(CompileError) -> Plan {
    try Plan(expression, scope, context, isShared: true)
  }

  /// Says that samples of any series may have come since the last call.
  package func dataChanged() { context.dataChanged() }

  /// Says that a sample came to one series and to no other.
  package func sampleCame(to series: SeriesID) {
    for matched in scope.allSeries { matched.sampleCame(to: series, context) }
  }
}
