internal import Model

/// Samples that were recorded elsewhere, in order of time once they are ``sorted()``.
struct Recording {
  /// What a replay takes: 24 bytes each.
  static let maximumSamples = 10_000_000

  struct Sample {
    /// In milliseconds.
    var time: Int64
    /// Of a histogram: its place in ``Recording/histograms``.
    var value: Double
    var series: UInt32
    var isHistogram = false
  }

  private(set) var series: [Labels] = []
  private(set) var samples: [Sample] = []
  private(set) var histograms: [FloatHistogram] = []
  private var places: [Labels: UInt32] = [:]
  /// Names that the replay makes anew, and that are passed over.
  let madeAnew: Set<String>
  private(set) var passedOver = 0

  init(madeAnew: Set<String> = []) { self.madeAnew = madeAnew }

  /// The place of a series; nil when it is passed over.
  mutating func place(of labels: Labels) -> UInt32? {
    if let known = places[labels] { return known }
    if madeAnew.contains(labels.metricName ?? "") { return nil }
    let place = UInt32(clamping: series.count)
    series.append(labels)
    places[labels] = place
    return place
  }

  /// Adds one sample; says what is wrong when there are too many.
  mutating func add(_ value: Double, at time: Timestamp, to place: UInt32?) -> String? {
    guard let place else {
      passedOver += 1
      return nil
    }
    guard samples.count < Self.maximumSamples else { return Self.tooMany }
    samples.append(Sample(time: time.milliseconds, value: value, series: place))
    return nil
  }

  mutating func add(_ histogram: FloatHistogram, at time: Timestamp, to place: UInt32?) -> String? {
    if let complaint = add(Double(histograms.count), at: time, to: place) { return complaint }
    guard place != nil else { return nil }
    samples[samples.count - 1].isHistogram = true
    histograms.append(histogram)
    return nil
  }

  static let tooMany = "more than \(maximumSamples) samples: replay a part of the time, or fewer series"

  /// In order of time, and within a moment of series; of two samples of a series at one moment the first stays first.
  mutating func sort() {
    samples.sort { ($0.time, $0.series) < ($1.time, $1.series) }
  }

  /// Drops what is later than `end`.
  mutating func cut(after end: Timestamp) {
    samples.removeAll { $0.time > end.milliseconds }
  }
}
