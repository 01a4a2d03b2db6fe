package import Model

/// An expression made ready to be evaluated again and again.
///
/// Confined to one thread at a time, together with the other plans of its library. A plan remembers which series its
/// selectors matched and what labels its results have until the reader's ``SeriesReader/indexVersion`` changes; it must
/// always be given the same reader.
package final class Plan {
  private enum Root {
    case string(String)
    case step(Step)
    case window(WindowStep)
  }

  package let expression: Expression
  private let root: Root
  private let context: EvaluationContext
  /// Whether somebody else says when data changed.
  private let isShared: Bool
  private let sources: [MatchedSeries]

  /// The conditions of every selector: what the result depends on.
  package let selectors: [[LabelMatcher]]
  /// Whether the result may change although no sample arrives, other than by samples growing too old.
  package let dependsOnTime: Bool
  /// Series that the last evaluation looked at: a measure of cost that does not vary with the machine.
  package var seriesTouched: Int { sources.reduce(0) { $0 + $1.ids.count } }

  /// Samples that the last evaluation read and made, and the most of them for one moment.
  package var samplesSpent: (total: Int, peak: Int) { (context.spent, context.peak) }

  /// Fails when the expression uses something that this version does not evaluate.
  package convenience init(_ expression: Expression) throws(CompileError) {
    try self.init(expression, StepScope(), EvaluationContext(), isShared: false)
  }

  init(
    _ expression: Expression, _ scope: StepScope, _ context: EvaluationContext, isShared: Bool
  ) throws(CompileError) {
    self.expression = expression
    self.context = context
    context.matched = scope.matched
    self.isShared = isShared
    var compiler = Compiler(scope)
    switch expression.type {
    case .string:
      guard case .string(let text) = expression.withoutParentheses.kind else {
        throw compiler.refused("a string in this place", expression)
      }
      root = .string(text)
    case .rangeVector: root = .window(try compiler.windowStep(for: expression))
    case .scalar, .instantVector: root = .step(try compiler.step(for: expression))
    }
    sources = compiler.sources
    selectors = expression.selectors
    dependsOnTime = expression.dependsOnTime
  }

  // MARK: One moment

  /// The value at one moment.
  package func evaluate(
    at time: Timestamp, in reader: any SeriesReader, options: EvaluationOptions = EvaluationOptions()
  ) throws(EvaluationError) -> QueryResult {
    context.interval = .zero
    begin(from: time, to: time, isRangeQuery: false, reader, options)
    let value: Value
    switch root {
    case .string(let text): value = .string(text)
    case .window(let step):
      try step.evaluate(context)
      value = .matrix(try matrix(step))
    case .step(let step):
      try step.evaluate(context)
      value = expression.type == .scalar ? .scalar(step.scalar) : .vector(try vector(step))
    }
    return QueryResult(value: value, annotations: context.notes.all)
  }

  package func evaluate(
    at time: Timestamp, in reader: any SeriesReader, limits: EvaluationOptions
  ) throws(EvaluationError) -> Value {
    try evaluate(at: time, in: reader, options: limits).value
  }

  private func begin(
    from start: Timestamp, to end: Timestamp, isRangeQuery: Bool, _ reader: any SeriesReader,
    _ options: EvaluationOptions
  ) {
    if !isShared { context.dataChanged() }
    context.begin(from: start, to: end, isRangeQuery: isRangeQuery, in: reader, options)
  }

  private func vector(_ step: Step) throws(EvaluationError) -> [VectorElement] {
    let table = context.table
    if table.delaysNameRemoval {
      let shown = step.sets.map { table.dropsName($0) ? table.number(of: table.final($0)) : $0 }
      if table.hasDuplicates(shown) { throw Self.duplicates }
    }
    var elements: [VectorElement] = []
    elements.reserveCapacity(step.sets.count)
    for (index, set) in step.sets.enumerated() {
      elements.append(
        VectorElement(
          labels: table.final(set), value: step.values[index], histogram: step.histogram(index)))
    }
    return elements
  }

  private func matrix(_ step: WindowStep) throws(EvaluationError) -> [MatrixSeries] {
    var result: [MatrixSeries] = []
    for (index, set) in step.sets.enumerated() {
      result.append(MatrixSeries(labels: context.table.final(set), samples: step.windows[index]))
    }
    return result.sorted { $0.labels.precedes($1.labels) }
  }

  static let duplicates = EvaluationError(message: "vector cannot contain metrics with the same labelset")

  // MARK: Many moments

  /// The values at `start`, `start + step`, … up to and including `end`, as a matrix in order of labels.
  package func evaluate(
    from start: Timestamp, to end: Timestamp, step interval: Duration, in reader: any SeriesReader,
    options: EvaluationOptions = EvaluationOptions()
  ) throws(EvaluationError) -> QueryResult {
    guard case .step(let step) = root else {
      throw EvaluationError(
        message: "invalid expression type \(quoted(expression.type.rawValue)) for range query, "
          + "must be Scalar or instant Vector")
    }
    try checkResolution(start, end, interval, options)
    context.interval = interval
    begin(from: start, to: end, isRangeQuery: true, reader, options)
    var rows = ResultRows(isScalar: expression.type == .scalar)
    var notes = AnnotationLog()
    var moment = start
    while moment <= end {
      context.move(to: moment)
      try step.evaluate(context)
      try rows.take(step, at: moment.milliseconds, context)
      for note in context.notes.all { notes.add(note) }
      context.notes.removeAll()
      let (next, overflow) = moment.milliseconds.addingReportingOverflow(interval.milliseconds)
      if overflow { break }
      moment.milliseconds = next
    }
    return QueryResult(value: .matrix(try rows.matrix(context.table)), annotations: notes.all)
  }

  private func checkResolution(
    _ start: Timestamp, _ end: Timestamp, _ interval: Duration, _ options: EvaluationOptions
  ) throws(EvaluationError) {
    let step = interval.milliseconds
    guard step > 0 else {
      throw EvaluationError(
        message: "zero or negative query resolution step widths are not accepted. Try a positive integer")
    }
    guard start <= end else {
      throw EvaluationError(message: "end timestamp must not be before start time")
    }
    if let most = options.maximumPoints,
      end.milliseconds.subtractingClamped(start.milliseconds) / step > Int64(most)
    {
      throw EvaluationError(
        message: "exceeded maximum resolution of 11,000 points per timeseries. "
          + "Try decreasing the query resolution (?step=XX)")
    }
  }
}

/// The result of a range query while it grows.
private struct ResultRows {
  let isScalar: Bool
  private var placeOfSet: [Int] = []
  private var sets: [Int] = []
  private var columns: [SampleColumns] = []
  private var points = 0

  init(isScalar: Bool) { self.isScalar = isScalar }

  mutating func take(_ step: Step, at time: Int64, _ context: EvaluationContext) throws(EvaluationError) {
    points += isScalar ? 1 : step.sets.count
    if points > context.options.maximumSamples { try context.spend(.max) }
    guard !isScalar else {
      let place = place(of: context.table.number(of: .empty))
      return columns[place].append(time, step.scalar)
    }
    for (index, set) in step.sets.enumerated() {
      let place = place(of: set)
      if let histogram = step.histogram(index) {
        columns[place].append(time, histogram)
      } else {
        columns[place].append(time, step.values[index])
      }
    }
  }

  private mutating func place(of set: Int) -> Int {
    if set >= placeOfSet.count {
      placeOfSet.append(contentsOf: repeatElement(-1, count: set + 1 - placeOfSet.count))
    }
    if placeOfSet[set] < 0 {
      placeOfSet[set] = sets.count
      sets.append(set)
      columns.append(SampleColumns())
    }
    return placeOfSet[set]
  }

  /// In order of labels. Series whose labels became equal when a name was dropped at the end are joined, if they
  /// have no moment in common.
  func matrix(_ table: LabelTable) throws(EvaluationError) -> [MatrixSeries] {
    var byLabels: [Labels: Int] = [:]
    var merged: [(labels: Labels, samples: SampleColumns)] = []
    for (index, set) in sets.enumerated() {
      let labels = table.final(set)
      if let place = byLabels[labels] {
        guard let joined = merged[place].samples.merged(with: columns[index]) else { throw Plan.duplicates }
        merged[place].samples = joined
      } else {
        byLabels[labels] = merged.count
        merged.append((labels, columns[index]))
      }
    }
    return merged.map { MatrixSeries(labels: $0.labels, samples: $0.samples) }
      .sorted { $0.labels.precedes($1.labels) }
  }
}

extension SampleColumns {
  /// The samples of both in order of time; nil when they have a moment in common.
  func merged(with other: SampleColumns) -> SampleColumns? {
    var result = SampleColumns()
    var (a, b) = (0, 0)
    func take(_ from: SampleColumns, _ index: Int) {
      if from.hasHistograms, let histogram = from.histograms[index] {
        result.append(from.times[index], histogram)
      } else {
        result.append(from.times[index], from.values[index])
      }
    }
    while a < count || b < other.count {
      if b == other.count || a < count && times[a] < other.times[b] {
        take(self, a)
        a += 1
      } else if a == count || other.times[b] < times[a] {
        take(other, b)
        b += 1
      } else {
        return nil
      }
    }
    return result
  }
}

extension Labels {
  /// Prometheus' order of label sets: label by label, name before value, by bytes.
  package func precedes(_ other: Labels) -> Bool {
    for (a, b) in zip(entries, other.entries) where a != b {
      return a.name == b.name ? byteOrder(a.value, b.value) : byteOrder(a.name, b.name)
    }
    return count < other.count
  }
}
