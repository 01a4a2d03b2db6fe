/// Where samples go. Confined to the thread that owns the store's writes.
package protocol SampleAppender: AnyObject {
  /// The series of `family` with `labels` (which do not name the metric); nil when the series limit is reached,
  /// which the store counts. Look it up once and keep the answer.
  func series(_ family: MetricFamily, _ labels: Labels) -> SeriesID?

  /// Appends one value. A timestamp not newer than the series' last is refused and counted.
  /// Append ``StaleMarker/value`` to say that the series ended.
  func append(_ value: Double, at time: Timestamp, to series: SeriesID)

  /// Appends one native histogram, under the same terms; one that contradicts itself is refused. What is read back has
  /// the hint about counter resets that follows from the histogram before it.
  func append(_ histogram: FloatHistogram, at time: Timestamp, to series: SeriesID)
}
