internal import Model

/// What the steps of one evaluation share.
///
/// **Epochs.** `epoch` names a moment of evaluation together with a state of the data: a step that was evaluated in
/// the epoch at hand keeps its result. Steps that do not depend on the moment go by `fixedEpoch`. `labelEpoch` names a
/// generation of label set numbers and resolved series. None of the numbers is ever used twice.
final class EvaluationContext {
  let table = LabelTable()
  private(set) var time = Timestamp(milliseconds: 0)
  /// First and last moment of the query, for `@ start()` and `@ end()`.
  private(set) var start = Timestamp(milliseconds: 0)
  private(set) var end = Timestamp(milliseconds: 0)
  private(set) var isRangeQuery = false
  /// Between two moments of the query; 0 when there is one.
  var interval = Duration.zero
  private(set) var epoch: UInt64 = 1
  private(set) var fixedEpoch: UInt64 = 1
  private(set) var labelEpoch: UInt64 = 1
  /// Raised when windows that were kept are good no longer.
  private(set) var pastEpoch: UInt64 = 1
  private var lastEpoch: UInt64 = 1

  private(set) var reader: any SeriesReader = NoSeries()
  private(set) var options = EvaluationOptions()
  private var indexVersion: UInt64?
  private var pastVersion: UInt64?

  /// Samples that may still be read or made.
  private var budget = 0
  var notes = AnnotationLog()

  /// Label sets at most before all are forgotten: results with ever new labels must not fill the memory.
  private static let tableLimit = 2_000_000

  // MARK: Beginning

  /// Begins a query over the moments from `start` to `end`.
  func begin(
    from start: Timestamp, to end: Timestamp, isRangeQuery: Bool, in reader: any SeriesReader,
    _ options: EvaluationOptions
  ) {
    if start != self.start || end != self.end || isRangeQuery != self.isRangeQuery
      || options.lookback != self.options.lookback || options.subqueryStep != self.options.subqueryStep
    {
      dataChanged()
    }
    (self.start, self.end, self.isRangeQuery) = (start, end, isRangeQuery)
    let isOtherTable = options.delaysNameRemoval != self.options.delaysNameRemoval
    self.reader = reader
    self.options = options
    notes.removeAll()
    let (index, past) = (reader.indexVersion, reader.pastVersion)
    if index != indexVersion || isOtherTable || table.count > Self.tableLimit {
      indexVersion = index
      table.clear(delaysNameRemoval: options.delaysNameRemoval)
      labelEpoch = next()
      dataChanged()
    }
    if past != pastVersion {
      pastVersion = past
      pastEpoch = next()
      dataChanged()
    }
    move(to: start)
  }

  private func next() -> UInt64 {
    lastEpoch += 1
    return lastEpoch
  }

  /// Says that samples may have come since the last evaluation.
  func dataChanged() {
    epoch = next()
    fixedEpoch = epoch
  }

  /// Goes on to another moment. What was read for the one before is free again.
  func move(to time: Timestamp) {
    budget = options.maximumSamples
    guard time != self.time else { return }
    self.time = time
    epoch = next()
  }

  /// Evaluates at other moments what a subquery stands over; then everything is as before. Steps that are evaluated
  /// inside must not be evaluated outside.
  func atOtherMoments(_ body: ((Timestamp) -> Void) throws(EvaluationError) -> Void) throws(EvaluationError) {
    let (time, epoch) = (self.time, self.epoch)
    defer { (self.time, self.epoch) = (time, epoch) }
    try body { moment in
      self.time = moment
      self.epoch = self.next()
    }
  }

  // MARK: Limits

  func spend(_ samples: Int) throws(EvaluationError) {
    budget -= samples
    if budget < 0 {
      throw EvaluationError(
        message: "query processing would load too many samples into memory in query execution")
    }
  }

  /// Between two steps: whether to go on.
  func checkTime() throws(EvaluationError) {
    if let cancellation = options.cancellation, cancellation.isCancelled {
      throw EvaluationError(message: "query was canceled in query execution")
    }
    if let deadline = options.deadline, options.clock.monotonic >= deadline {
      throw EvaluationError(message: "query timed out in expression evaluation")
    }
  }

  // MARK: Time

  /// The moment that a selector with `shift` looks at, in milliseconds.
  func milliseconds(of shift: TimeShift) -> Int64 {
    let moment =
      switch shift.anchor {
      case .at(let milliseconds): milliseconds
      case .start: start.milliseconds
      case .end: end.milliseconds
      case nil: time.milliseconds
      }
    return moment.subtractingClamped(shift.offsetMilliseconds ?? 0)
  }
}

extension Int64 {
  /// The difference, or the nearest number that there is.
  func subtractingClamped(_ other: Int64) -> Int64 {
    let (difference, overflow) = subtractingReportingOverflow(other)
    return overflow ? (other > 0 ? .min : .max) : difference
  }

  func addingClamped(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other > 0 ? .max : .min) : sum
  }
}

/// Before the first evaluation.
private struct NoSeries: SeriesReader {
  var indexVersion: UInt64 { 0 }
  func select(_ matchers: [LabelMatcher]) -> [SeriesID] { [] }
  func labels(of series: SeriesID) -> Labels { .empty }
  func newestSample(of series: SeriesID, at: Timestamp, after: Timestamp) -> Sample? { nil }
  func readWindow(of series: SeriesID, at: Timestamp, after: Timestamp, into samples: inout SampleColumns) {}
}
