/// One node of a plan. What it made is kept until the moment of evaluation changes or samples of a series that it reads
/// come in, however many others ask for it.
class Operation {
  /// Whether the result is the same at every moment of a query: set by the compiler.
  final var isFixed = false
  /// The series that this operation and its operands read, each once: set by the compiler.
  final var sources: [MatchedSeries] = []
  /// The operations of a chain before this one, each the left operand of the next: set by the compiler. They are
  /// evaluated in this order, so that each finds its left operand made.
  final var below: [Operation] = []
  /// Whether this is asked by one other alone, at the end of its chain, which knows the sources of both.
  final var isInnerLink = false
  /// The epoch in which the result was made; 0 when there is none.
  private final var madeIn: UInt64 = 0
  private final var labelsOf: UInt64 = 0
  /// What was said while the result was made, by this operation and its operands.
  private final var notes: [Annotation] = []

  /// Makes sure that the result is that of the moment at hand.
  final func evaluate(_ context: EvaluationContext) throws(EvaluationError) {
    if isCurrent(context) {
      for note in notes { context.notes.add(note) }
      return
    }
    if labelsOf != context.labelEpoch {
      labelsOf = context.labelEpoch
      forget()
    }
    try context.checkLimits()
    let mark = context.notes.mark
    for operation in below {
      if operation.isInnerLink { operation.madeIn = 0 }
      try operation.evaluate(context)
    }
    madeIn = 0
    try compute(context)
    madeIn = context.nextEpoch()
    notes = context.notes.since(mark)
  }

  private final func isCurrent(_ context: EvaluationContext) -> Bool {
    guard madeIn >= (isFixed ? context.dataEpoch : context.momentEpoch) else { return false }
    for source in sources where source.changedIn > madeIn { return false }
    return true
  }

  /// Evaluates the operands and makes the result. Called by ``evaluate(_:)`` alone; what steps override.
  func compute(_ context: EvaluationContext) throws(EvaluationError) {}

  /// From the end: each is held by the next, and one that frees another would go as deep as the chain is long.
  deinit { while below.popLast() != nil {} }

  /// Forgets everything that was derived from label sets; their numbers are about to be given anew.
  func forget() {}
}
