/// One node of a plan, evaluated at most once in an epoch however many others ask for its result.
class Operation {
  /// Whether the result is the same at every moment of a query: set by the compiler.
  final var isFixed = false
  private final var evaluatedIn: UInt64 = 0
  private final var labelsOf: UInt64 = 0
  /// What was said while the result was made, by this operation and its operands.
  private final var notes: [Annotation] = []

  /// Makes sure that the result is that of the epoch at hand.
  final func evaluate(_ context: EvaluationContext) throws(EvaluationError) {
    let epoch = isFixed ? context.fixedEpoch : context.epoch
    if epoch == evaluatedIn {
      for note in notes { context.notes.add(note) }
      return
    }
    if labelsOf != context.labelEpoch {
      labelsOf = context.labelEpoch
      forget()
    }
    try context.checkTime()
    let mark = context.notes.mark
    evaluatedIn = 0
    try compute(context)
    evaluatedIn = epoch
    notes = context.notes.since(mark)
  }

  /// Evaluates the operands and makes the result. Called by ``evaluate(_:)`` alone; what steps override.
  func compute(_ context: EvaluationContext) throws(EvaluationError) {}

  /// Forgets everything that was derived from label sets; their numbers are about to be given anew.
  func forget() {}
}
