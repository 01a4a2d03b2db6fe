internal import Model
internal import PromQL

/// Classic histograms (`…_bucket`, `…_count`, `…_sum`) as native histograms with custom buckets.
enum CustomBuckets {
  /// Why a classic histogram cannot be converted.
  struct Fault: Error {
    var labels: Labels
    var message: String
  }

  /// The series that `load_with_nhcb` adds, in order of their first line.
  static func series(of command: LoadCommand) throws(Fault) -> [LoadCommand.Series] {
    var histograms: [ClassicHistogram] = []
    var places: [Labels: Int] = [:]
    for series in command.series {
      guard let name = series.labels.metricName, let part = part(of: name, series.labels) else { continue }
      let base = series.labels.setting(Labels.metricNameLabel, to: part.base).dropping(["le"])
      let place = places[base] ?? histograms.count
      if place == histograms.count {
        places[base] = place
        histograms.append(ClassicHistogram(labels: base, line: series.line))
      }
      histograms[place].add(part.kind, series.values)
    }
    var out: [LoadCommand.Series] = []
    for histogram in histograms {
      out.append(
        LoadCommand.Series(line: histogram.line, labels: histogram.labels, values: try histogram.converted()))
    }
    return out
  }

  fileprivate enum Part {
    /// Observations up to a bound.
    case bucket(Double)
    case count, sum
  }

  private static func part(of name: String, _ labels: Labels) -> (kind: Part, base: String)? {
    if name.hasSuffix("_bucket") {
      guard let bound = labels["le"].flatMap({ Double($0) }), !bound.isNaN else { return nil }
      return (.bucket(bound), String(name.dropLast(7)))
    }
    if name.hasSuffix("_count") { return (.count, String(name.dropLast(6))) }
    if name.hasSuffix("_sum") { return (.sum, String(name.dropLast(4))) }
    return nil
  }
}

/// The series of one classic histogram, put together step by step.
private struct ClassicHistogram {
  struct Moment {
    /// Cumulative counts by upper bound.
    var buckets: [(bound: Double, count: Double)] = []
    var count: Double?
    var sum = 0.0
    var isEmpty = true
  }

  let labels: Labels
  let line: Int
  var moments: [Moment] = []

  init(labels: Labels, line: Int) {
    self.labels = labels
    self.line = line
  }

  mutating func add(_ part: CustomBuckets.Part, _ values: [SequenceValue]) {
    while moments.count < values.count { moments.append(Moment()) }
    for (place, value) in values.enumerated() {
      guard case .float(let number) = value else { continue }
      moments[place].isEmpty = false
      switch part {
      case .bucket(let bound): moments[place].buckets.append((bound, number))
      case .count: moments[place].count = number
      case .sum: moments[place].sum = number
      }
    }
  }

  func converted() throws(CustomBuckets.Fault) -> [SequenceValue] {
    var out: [SequenceValue] = []
    for moment in moments {
      out.append(moment.isEmpty ? .omitted : .histogram(try converted(moment), hintIsSet: false))
    }
    return out
  }

  private func converted(_ moment: Moment) throws(CustomBuckets.Fault) -> FloatHistogram {
    func fault(_ message: String) -> CustomBuckets.Fault {
      CustomBuckets.Fault(labels: labels, message: message)
    }
    var buckets: [(bound: Double, count: Double)] = []
    // A bound that is written in two ways ("1", "1.0") counts once.
    for bucket in moment.buckets.sorted(by: { $0.bound < $1.bound }) where bucket.bound != buckets.last?.bound
    {
      buckets.append(bucket)
    }
    guard let count = moment.count ?? buckets.last?.count else {
      throw fault("a classic histogram has neither buckets nor a count")
    }
    if buckets.last?.bound != .infinity { buckets.append((.infinity, count)) }
    guard buckets.last?.count == count else { throw fault("the count is not that of the last bucket") }
    var histogram = FloatHistogram()
    histogram.schema = FloatHistogram.customBucketsSchema
    histogram.count = count
    histogram.sum = moment.sum
    histogram.customValues = buckets.dropLast().map(\.bound)
    histogram.positiveSpans = [.init(offset: 0, length: UInt32(clamping: buckets.count))]
    var below = 0.0
    for bucket in buckets {
      guard bucket.count >= below else { throw fault("the counts of buckets are not cumulative") }
      histogram.positiveBuckets.append(bucket.count - below)
      below = bucket.count
    }
    return histogram
  }
}
