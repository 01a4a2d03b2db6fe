internal import Model

/// What the steps of one evaluation share.
///
/// **Epochs** are numbers that only grow; each names an event. A result made since the last change of the moment
/// (`momentEpoch`) and of the data (`dataEpoch`) is good still; label set numbers and resolved series are good since
/// `labelEpoch`, windows of samples since `pastEpoch`.
final class EvaluationContext {
  let table = LabelTable()
  private(set) var time = Timestamp(milliseconds: 0)
  /// First and last moment of the query, for `@ start()` and `@ end()`.
  private(set) var start = Timestamp(milliseconds: 0)
  private(set) var end = Timestamp(milliseconds: 0)
  private(set) var isRangeQuery = false
  /// Between two moments of the query; 0 when there is one.
  var interval = Duration.zero
  private(set) var momentEpoch: UInt64 = 1
  private(set) var dataEpoch: UInt64 = 1
  private(set) var labelEpoch: UInt64 = 1
  private(set) var pastEpoch: UInt64 = 1
  private var lastEpoch: UInt64 = 1

  private(set) var reader: any SeriesReader = NoSeries()
  private(set) var options = EvaluationOptions()
  private var indexVersion: UInt64?
  /// All series that the plans of this context select.
  var matched: MatchedSeriesTable?
  private var pastVersion: UInt64?

  /// Samples that may still be read or made.
  private var budget = 0
  /// Samples read and made since the query began, and the most for one moment of it.
  private(set) var spent = 0
  private var spentBefore = 0
  private(set) var peak = 0
  var notes = AnnotationLog()

  /// Label sets at most before all are forgotten: results with ever new labels must not fill the memory. A query that
  /// makes three times as many fails.
  private static let tableLimit = 1_000_000

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
    (spent, peak) = (0, 0)
    let (index, past) = (reader.indexVersion, reader.pastVersion)
    if let known = indexVersion, known != index, !isOtherTable, let added = reader.seriesAdded(since: known) {
      take(added)
      indexVersion = index
    }
    if index != indexVersion || isOtherTable || table.count > Self.tableLimit {
      indexVersion = index
      table.clear(delaysNameRemoval: options.delaysNameRemoval)
      labelEpoch = nextEpoch()
      dataChanged()
    }
    if past != pastVersion {
      pastVersion = past
      pastEpoch = nextEpoch()
      dataChanged()
    }
    move(to: start)
  }

  /// New series, as long as none went: what is known of the others stays good.
  private func take(_ added: [SeriesID]) {
    guard !added.isEmpty else { return }
    let named = added.map { (id: $0, labels: reader.labels(of: $0)) }
    matched?.forEach { $0.take(named, self) }
  }

  func nextEpoch() -> UInt64 {
    lastEpoch += 1
    return lastEpoch
  }

  /// Says that samples may have come since the last evaluation.
  func dataChanged() {
    dataEpoch = nextEpoch()
    momentEpoch = dataEpoch
  }

  /// Goes on to another moment. What was read for the one before is free again.
  func move(to time: Timestamp) {
    budget = options.maximumSamples
    spentBefore = spent
    guard time != self.time else { return }
    self.time = time
    momentEpoch = nextEpoch()
  }

  /// Evaluates at other moments what a subquery stands over; then everything is as before. Steps that are evaluated
  /// inside must not be evaluated outside.
  func atOtherMoments(_ body: ((Timestamp) -> Void) throws(EvaluationError) -> Void) throws(EvaluationError) {
    let (time, epoch) = (self.time, momentEpoch)
    defer { (self.time, momentEpoch) = (time, epoch) }
    try body { moment in
      self.time = moment
      self.momentEpoch = self.nextEpoch()
    }
  }

  // MARK: Limits

  func spend(_ samples: Int) throws(EvaluationError) {
    budget = budget &- samples
    spent = spent &+ samples
    peak = max(peak, spent &- spentBefore)
    if budget < 0 {
      throw EvaluationError(
        message: "query processing would load too many samples into memory in query execution")
    }
  }

  /// Fails when so many samples are more than may still be made.
  func checkAffordable(_ samples: Int64) throws(EvaluationError) {
    if samples > Int64(budget) { try spend(.max) }
  }

  /// Between two steps: whether to go on.
  func checkLimits() throws(EvaluationError) {
    if table.count > 3 * Self.tableLimit {
      throw EvaluationError(message: "query would make more than \(3 * Self.tableLimit) label sets")
    }
    if let cancellation = options.cancellation, cancellation.isCancelled {
      throw EvaluationError(message: "query was canceled in query execution", kind: .canceled)
    }
    if let deadline = options.deadline, options.clock.monotonic >= deadline {
      throw EvaluationError(message: "query timed out in expression evaluation", kind: .timeout)
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
