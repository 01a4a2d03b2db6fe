/// What became of a sample that another program sent.
package enum SampleFate: Hashable, Sendable {
  case taken
  /// The same value at the same time is there already.
  case repeated
  case outOfOrder
  /// Another value has this very timestamp.
  case duplicate
  /// Older than the store keeps.
  case tooOld
  /// A histogram that contradicts itself or is too large.
  case invalid
}

/// Where samples from elsewhere go: as ``SampleAppender``, and it says what became of each.
package protocol SampleIntake: AnyObject {
  /// As ``SampleAppender/series(_:_:)``; a family that is not `exposed` stays off the metrics page. Whoever names a
  /// family first decides that for all its series.
  func series(_ family: MetricFamily, _ labels: Labels, exposed: Bool) -> SeriesID?

  func offer(_ value: Double, at time: Timestamp, to series: SeriesID) -> SampleFate
  func offer(_ histogram: FloatHistogram, at time: Timestamp, to series: SeriesID) -> SampleFate
}
