internal import Model

/// `selector[range]`: the samples of each series in a window that moves.
///
/// What was read for one moment is kept for the next: samples that fell out of the window are dropped, and only those
/// newer than the series' last are read. That is right because a store takes samples of a series in order of time.
/// Everything is read afresh when the window moves back, when the series are resolved anew and when the reader says
/// that its past has changed.
final class RangeSelectorStep: WindowStep {
  private let series: MatchedSeries
  private let shift: TimeShift
  private let length: Int64
  /// With one, the windows hold what lies up to a look-back before the range too, or before and behind it.
  private let boundary: RangeBoundary?
  /// What the windows hold.
  private var covered = WindowRange(start: 0, end: 0)
  /// By place in `series`; empty where the window is lent out in `windows`.
  private var kept: [SampleColumns] = []
  /// For each of `windows` the place in `series`.
  private var places: [Int] = []
  private var pastEpoch: UInt64 = 0
  /// The arrangement of the series that `kept` follows.
  private var arrangement: UInt64 = 0

  /// Samples kept from one evaluation to the next at most; a wider selector reads its window each time.
  private static let keptLimit = 4_000_000

  init(
    _ series: MatchedSeries, _ shift: TimeShift, rangeMilliseconds: Int64, boundary: RangeBoundary? = nil
  ) {
    self.series = series
    self.shift = shift
    length = rangeMilliseconds
    self.boundary = boundary
  }

  override func forget() {
    kept = []
    places.removeAll(keepingCapacity: true)
    sets.removeAll(keepingCapacity: true)
    windows.removeAll(keepingCapacity: true)
  }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    let end = context.milliseconds(of: shift)
    range = WindowRange(start: end.subtractingClamped(length), end: end)
    let next = extended(range, context)
    let isReusable =
      next.end >= covered.end && next.start >= covered.start && pastEpoch == context.pastEpoch
    // Until the work is done nothing is known to be right.
    pastEpoch = 0
    takeBack()
    series.resolve(context, after: next.start)
    if !isReusable || arrangement != series.rearrangedIn {
      kept = Array(repeating: SampleColumns(), count: series.ids.count)
      arrangement = series.rearrangedIn
    } else if kept.count < series.ids.count {
      kept.append(
        contentsOf: repeatElement(SampleColumns(), count: series.ids.count - kept.count))
    }
    covered = next
    var total = 0
    for (place, id) in series.ids.enumerated() {
      if place % 256 == 255 { try context.checkLimits() }
      move(&kept[place], of: id, context)
      let count = kept[place].count
      guard count > 0 else { continue }
      try context.spend(count)
      total += count
      sets.append(series.sets[place])
      places.append(place)
      windows.append(SampleColumns())
      swap(&windows[windows.count - 1], &kept[place])
    }
    pastEpoch = total <= Self.keptLimit ? context.pastEpoch : 0
  }

  private func extended(_ range: WindowRange, _ context: EvaluationContext) -> WindowRange {
    guard let boundary else { return range }
    let lookback = context.options.lookback.milliseconds
    var wider = range
    wider.start = range.start.subtractingClamped(lookback)
    if boundary == .smoothed { wider.end = range.end.addingClamped(lookback) }
    return wider
  }

  private func takeBack() {
    for (index, place) in places.enumerated() where place < kept.count {
      swap(&windows[index], &kept[place])
    }
    places.removeAll(keepingCapacity: true)
    sets.removeAll(keepingCapacity: true)
    windows.removeAll(keepingCapacity: true)
  }

  private func move(_ columns: inout SampleColumns, of id: SeriesID, _ context: EvaluationContext) {
    var after = covered.start
    if let last = columns.times.last {
      if last <= covered.start {
        columns.removeAll()
      } else {
        var gone = 0
        while columns.times[gone] <= covered.start { gone += 1 }
        if gone > 0 { columns.removeFirst(gone) }
        after = last
      }
    }
    guard after < covered.end else { return }
    context.reader.readWindow(
      of: id, at: Timestamp(milliseconds: covered.end), after: Timestamp(milliseconds: after), into: &columns)
  }
}
