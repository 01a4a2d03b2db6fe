/// What a rule engine or a query needs of a store.
package protocol SeriesReader {
  /// Changes whenever a series is added or removed: a resolved selector stays good while this number stays.
  var indexVersion: UInt64 { get }

  /// Changes whenever samples that were there already are moved in time or dropped before their age: what was
  /// computed from windows that move along is to be computed anew.
  var pastVersion: UInt64 { get }

  /// The series that were added since the index had `version`, in any order, perhaps with some that were there before;
  /// nil when others were removed since, or when that is not known any more: then what was selected is to be selected
  /// anew.
  func seriesAdded(since version: UInt64) -> [SeriesID]?

  /// Every series that satisfies all matchers, in ascending order of id. `__name__` is matched like any label.
  func select(_ matchers: [LabelMatcher]) -> [SeriesID]

  /// As ``select(_:)``, without series that have no sample later than `time`. Good while ``indexVersion`` stays: it
  /// changes before a series that was left out speaks again. More may be there than asked for.
  func select(_ matchers: [LabelMatcher], activeSince time: Timestamp) -> [SeriesID]

  /// All labels of a series, the metric name among them.
  func labels(of series: SeriesID) -> Labels

  /// The newest sample with `after < timestamp <= at`; nil when there is none, or it is a stale marker or a histogram.
  func newestSample(of series: SeriesID, at: Timestamp, after: Timestamp) -> Sample?

  /// For each series of the list that has one, appends to `samples` its newest sample with `after < timestamp <= at`
  /// that is not a stale marker (a series that ends in one has none), and to `places` its place in the list. In order
  /// of the list.
  func readNewest(
    of series: [SeriesID], at: Timestamp, after: Timestamp, into samples: inout SampleColumns,
    places: inout [Int])

  /// The series of the list, in its order, that have something between `after` (not included) and `at`, as far as is
  /// known without looking at a single sample: where a gap is, or nothing but stale markers, a series may be among them.
  func overlapping(_ series: [SeriesID], at: Timestamp, after: Timestamp) -> [SeriesID]

  /// Appends the samples with `after < timestamp <= at`, oldest first, without stale markers.
  func readWindow(of series: SeriesID, at: Timestamp, after: Timestamp, into samples: inout SampleColumns)
}

extension SeriesReader {
  package func seriesAdded(since version: UInt64) -> [SeriesID]? { nil }

  package var pastVersion: UInt64 { 0 }

  package func select(_ matchers: [LabelMatcher], activeSince time: Timestamp) -> [SeriesID] {
    select(matchers)
  }

  package func overlapping(_ series: [SeriesID], at: Timestamp, after: Timestamp) -> [SeriesID] {
    var samples = SampleColumns()
    return series.filter { id in
      samples.removeAll()
      readWindow(of: id, at: at, after: after, into: &samples)
      return !samples.isEmpty
    }
  }

  package func readNewest(
    of series: [SeriesID], at: Timestamp, after: Timestamp, into samples: inout SampleColumns,
    places: inout [Int]
  ) {
    for (place, id) in series.enumerated() {
      guard let sample = newestSample(of: id, at: at, after: after) else { continue }
      samples.append(sample.timestamp.milliseconds, sample.value)
      places.append(place)
    }
  }
}
