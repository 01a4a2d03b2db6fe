package import Model
internal import NativeHistograms
package import PromQL

/// Series made up for a test: keeps every sample, in order of time, and forgets nothing.
///
/// Samples of a series must come in order of time, as in Prometheus' own test storage, which tolerates nothing older.
/// Confined to one thread.
package final class SeriesFixture: SeriesReader, SampleAppender {
  /// Why a sample was not taken.
  package enum Refusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// Older than the newest sample of its series.
    case outOfOrder
    /// Another value at the time of the newest sample.
    case duplicate
    /// There are ``maximumSamples`` already.
    case full

    package var description: String {
      switch self {
      case .outOfOrder: "a sample is older than one that is there already"
      case .duplicate: "a sample has another value than the one that is there at its time"
      case .full: "more than \(SeriesFixture.maximumSamples) samples"
      }
    }
  }

  /// Of all series together.
  package static let maximumSamples = 10_000_000

  private var series: [(labels: Labels, samples: SampleColumns)] = []
  private var places: [Labels: SeriesID] = [:]
  private var byName: [String: [SeriesID]] = [:]
  package private(set) var sampleCount = 0
  package private(set) var indexVersion: UInt64 = 1

  package init() {}

  package var isEmpty: Bool { series.isEmpty }

  /// Forgets everything.
  package func removeAll() {
    series.removeAll()
    places.removeAll()
    byName.removeAll()
    sampleCount = 0
    indexVersion += 1
  }

  // MARK: Appending

  /// The series with exactly these labels, made when it is not there.
  package func series(_ labels: Labels) -> SeriesID {
    if let known = places[labels] { return known }
    let id = SeriesID(raw: UInt32(clamping: series.count))
    series.append((labels, SampleColumns()))
    places[labels] = id
    byName[labels.metricName ?? "", default: []].append(id)
    indexVersion += 1
    return id
  }

  package func series(_ family: MetricFamily, _ labels: Labels) -> SeriesID? {
    series(labels.setting(Labels.metricNameLabel, to: family.name))
  }

  package func append(_ value: Double, at time: Timestamp, to id: SeriesID) {
    try? add(.float(value), at: time, to: id)
  }

  package func append(_ histogram: FloatHistogram, at time: Timestamp, to id: SeriesID) {
    try? add(.histogram(histogram, hintIsSet: false), at: time, to: id)
  }

  /// Appends one value; ``SequenceValue/omitted`` appends nothing, and the same value at the same time is no fault.
  package func add(_ value: SequenceValue, at time: Timestamp, to id: SeriesID) throws(Refusal) {
    let place = Int(id.raw)
    if case .omitted = value { return }
    if let newest = series[place].samples.times.last, time.milliseconds <= newest {
      guard time.milliseconds == newest else { throw .outOfOrder }
      guard isNewest(value, in: series[place].samples) else { throw .duplicate }
      return
    }
    guard sampleCount < Self.maximumSamples else { throw .full }
    sampleCount += 1
    switch value {
    case .omitted: break
    case .float(let number): series[place].samples.append(time.milliseconds, number)
    case .histogram(var histogram, _):
      histogram.counterResetHint = histogram.storedHint(after: series[place].samples.histograms.last ?? nil)
      series[place].samples.append(time.milliseconds, histogram)
    }
  }

  private func isNewest(_ value: SequenceValue, in samples: SampleColumns) -> Bool {
    let last = samples.count - 1
    let histogram = samples.hasHistograms ? samples.histograms[last] : nil
    switch value {
    case .omitted: return true
    case .float(let number): return histogram == nil && samples.values[last].bitPattern == number.bitPattern
    case .histogram(let new, _): return histogram?.holdsSameData(as: new) ?? false
    }
  }

  /// Appends the values of one description, the first at `start`, each `step` later than the one before.
  package func add(
    _ values: [SequenceValue], to labels: Labels, from start: Timestamp, step: Duration
  ) throws(Refusal) {
    let id = series(labels)
    var time = start
    for value in values {
      try add(value, at: time, to: id)
      time = time + step
    }
  }

  // MARK: Reading

  package func select(_ matchers: [LabelMatcher]) -> [SeriesID] {
    let name = matchers.first { $0.name == Labels.metricNameLabel && $0.kind == .equal }?.text
    let candidates =
      name.map { byName[$0] ?? [] } ?? series.indices.map { SeriesID(raw: UInt32(clamping: $0)) }
    return candidates.filter { id in matchers.allSatisfy { $0.matches(series[Int(id.raw)].labels) } }
  }

  package func labels(of id: SeriesID) -> Labels { series[Int(id.raw)].labels }

  package func newestSample(of id: SeriesID, at: Timestamp, after: Timestamp) -> Sample? {
    let samples = series[Int(id.raw)].samples
    guard let place = Self.newest(samples, at: at, after: after) else { return nil }
    guard !samples.hasHistograms || samples.histograms[place] == nil else { return nil }
    return Sample(timestamp: Timestamp(milliseconds: samples.times[place]), value: samples.values[place])
  }

  package func readNewest(
    of ids: [SeriesID], at: Timestamp, after: Timestamp, into out: inout SampleColumns, places: inout [Int]
  ) {
    for (place, id) in ids.enumerated() {
      let samples = series[Int(id.raw)].samples
      guard let newest = Self.newest(samples, at: at, after: after) else { continue }
      Self.copy(samples, newest, into: &out)
      places.append(place)
    }
  }

  package func readWindow(of id: SeriesID, at: Timestamp, after: Timestamp, into out: inout SampleColumns) {
    let samples = series[Int(id.raw)].samples
    let start = Self.count(samples, notAfter: after.milliseconds)
    let end = Self.count(samples, notAfter: at.milliseconds)
    guard start < end else { return }
    for place in start..<end where !Self.isStale(samples, place) { Self.copy(samples, place, into: &out) }
  }

  /// The place of the newest sample in the interval; nil when there is none or it is a stale marker.
  private static func newest(_ samples: SampleColumns, at: Timestamp, after: Timestamp) -> Int? {
    let place = count(samples, notAfter: at.milliseconds) - 1
    guard place >= 0, samples.times[place] > after.milliseconds, !isStale(samples, place) else { return nil }
    return place
  }

  /// How many samples, from the oldest on, have a time of at most `time`.
  private static func count(_ samples: SampleColumns, notAfter time: Int64) -> Int {
    var low = 0
    var high = samples.count
    while low < high {
      let middle = (low + high) / 2
      if samples.times[middle] <= time { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private static func isStale(_ samples: SampleColumns, _ place: Int) -> Bool {
    StaleMarker.isStale(samples.values[place])
  }

  private static func copy(_ samples: SampleColumns, _ place: Int, into out: inout SampleColumns) {
    if samples.hasHistograms, let histogram = samples.histograms[place] {
      out.append(samples.times[place], histogram)
    } else {
      out.append(samples.times[place], samples.values[place])
    }
  }
}
