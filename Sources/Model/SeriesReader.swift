/// Where samples go. Confined to the thread that owns the store's writes.
package protocol SampleAppender: AnyObject {
  /// The series of `family` with `labels` (which do not name the metric); nil when the series limit is reached,
  /// which the store counts. Look it up once and keep the answer.
  func series(_ family: MetricFamily, _ labels: Labels) -> SeriesID?

  /// Appends one value. A timestamp not newer than the series' last is refused and counted.
  /// Append ``StaleMarker/value`` to say that the series ended.
  func append(_ value: Double, at time: Timestamp, to series: SeriesID)
}

/// What a rule engine or a query needs of a store.
package protocol SeriesReader {
  /// Changes whenever a series is added or removed: a resolved selector stays good while this number stays.
  var indexVersion: UInt64 { get }

  /// Every series that satisfies all matchers, in ascending order of id. `__name__` is matched like any label.
  func select(_ matchers: [LabelMatcher]) -> [SeriesID]

  /// All labels of a series, the metric name among them.
  func labels(of series: SeriesID) -> Labels

  /// The newest sample with `after < timestamp <= at`; nil when there is none or it is a stale marker.
  func newestSample(of series: SeriesID, at: Timestamp, after: Timestamp) -> Sample?

  /// The samples with `after < timestamp <= at`, oldest first, without stale markers.
  func samples(of series: SeriesID, at: Timestamp, after: Timestamp) -> [Sample]
}
