internal import Model
internal import SampleStore

/// Where rules write: into the same store, but off the metrics page. A Prometheus that scrapes Farwatch and runs the
/// same rules would otherwise meet every recorded series and every `ALERTS` twice.
final class RuleOutput: SampleAppender {
  private let store: SampleStore

  init(_ store: SampleStore) { self.store = store }

  func series(_ family: MetricFamily, _ labels: Labels) -> SeriesID? {
    store.series(family, labels, exposed: false)
  }

  func append(_ value: Double, at time: Timestamp, to series: SeriesID) {
    store.append(value, at: time, to: series)
  }

  func append(_ histogram: FloatHistogram, at time: Timestamp, to series: SeriesID) {
    store.append(histogram, at: time, to: series)
  }
}
