internal import Model

/// The series that a selector's conditions match, worked out anew when the reader's index has changed. Shared by all
/// selectors with the same conditions.
///
/// Series that ended before the time that is asked for are left out: a store keeps them for days, and where series come
/// and go they are soon most of all.
final class MatchedSeries {
  let matchers: [LabelMatcher]
  private(set) var ids: [SeriesID] = []
  /// Label set numbers, of the same length.
  private(set) var sets: [Int] = []
  private var resolvedIn: UInt64 = 0
  /// Series without a sample after it may be missing.
  private var resolvedSince = Int64.max
  /// How far before the moment of evaluation was ever asked: selectors of different length must not take turns.
  private var reach: Int64 = 0
  /// When series last changed their places; otherwise new ones only follow the others.
  private(set) var rearrangedIn: UInt64 = 0
  /// When a sample of one of the series last came in, as far as that was said.
  private(set) var changedIn: UInt64 = 0

  init(_ matchers: [LabelMatcher]) { self.matchers = matchers }

  /// Makes sure of all series that have a sample after `after`, in milliseconds.
  func resolve(_ context: EvaluationContext, after: Int64) {
    guard resolvedIn != context.labelEpoch || after < resolvedSince else { return }
    resolvedIn = context.labelEpoch
    let now = context.time.milliseconds
    // An instant selector of the same series looks back so far.
    reach = max(reach, now.subtractingClamped(after), context.options.lookback.milliseconds)
    resolvedSince = min(after, now.subtractingClamped(reach))
    rearrangedIn = context.nextEpoch()
    ids = context.reader.select(matchers, activeSince: Timestamp(milliseconds: resolvedSince))
    sets = ids.map { context.table.number(of: context.reader.labels(of: $0)) }
  }

  /// Takes in those of the new series that match. What is there keeps its place.
  func take(_ added: [(id: SeriesID, labels: Labels)], _ context: EvaluationContext) {
    guard resolvedIn == context.labelEpoch else { return }
    var fresh: [(id: SeriesID, labels: Labels)] = []
    for one in added where !contains(one.id) && matchers.allSatisfy({ $0.matches(one.labels) }) {
      fresh.append(one)
    }
    guard !fresh.isEmpty else { return }
    changedIn = context.nextEpoch()
    fresh.sort { $0.id < $1.id }
    guard let first = fresh.first, ids.last.map({ $0 < first.id }) ?? true else {
      // In the middle: places move.
      resolvedIn = 0
      rearrangedIn = changedIn
      return
    }
    for one in fresh where ids.last != one.id {
      ids.append(one.id)
      sets.append(context.table.number(of: one.labels))
    }
  }

  /// Says that a sample of series `id` came in.
  func sampleCame(to id: SeriesID, _ context: EvaluationContext) {
    if contains(id) { changedIn = context.nextEpoch() }
  }

  private func contains(_ id: SeriesID) -> Bool {
    var (low, high) = (0, ids.count)
    while low < high {
      let middle = (low + high) / 2
      if ids[middle] < id { low = middle + 1 } else { high = middle }
    }
    return low < ids.count && ids[low] == id
  }
}

/// The newest samples of the series that match.
final class SelectorStep: Step {
  private let series: MatchedSeries
  private let shift: TimeShift
  private let detectsResets: Bool
  /// The samples before one whose reset is looked for.
  private var earlier = SampleColumns()
  private var samples = SampleColumns()
  private var places: [Int] = []

  init(_ series: MatchedSeries, _ shift: TimeShift, detectsResets: Bool = false) {
    self.series = series
    self.shift = shift
    self.detectsResets = detectsResets
  }

  /// When the sample behind element `index` was measured.
  func sampleTime(_ index: Int) -> Timestamp { Timestamp(milliseconds: samples.times[index]) }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    removeAll()
    samples.removeAll()
    places.removeAll(keepingCapacity: true)
    let at = context.milliseconds(of: shift)
    let after = at.subtractingClamped(context.options.lookback.milliseconds)
    series.resolve(context, after: after)
    context.reader.readNewest(
      of: series.ids, at: Timestamp(milliseconds: at), after: Timestamp(milliseconds: after), into: &samples,
      places: &places)
    try context.spend(places.count)
    for (index, place) in places.enumerated() {
      if samples.hasHistograms, let histogram = samples.histograms[index] {
        append(series.sets[place], try detectsResets ? detected(histogram, index, after, context) : histogram)
      } else {
        append(series.sets[place], samples.values[index])
      }
    }
  }

  /// The histogram of element `index`, told whether its counter started again since the one before it.
  private func detected(
    _ histogram: FloatHistogram, _ index: Int, _ after: Int64, _ context: EvaluationContext
  ) throws(EvaluationError) -> FloatHistogram {
    guard histogram.counterResetHint == .unknown else { return histogram }
    earlier.removeAll()
    context.reader.readWindow(
      of: series.ids[places[index]], at: Timestamp(milliseconds: samples.times[index].subtractingClamped(1)),
      after: Timestamp(milliseconds: after), into: &earlier)
    try context.spend(earlier.count)
    return histogram.detectingReset(since: earlier.newestHistogram)
  }
}
