package import Model

/// How many samples and histograms were written, and how many not, by reason.
package struct WriteTally: Hashable, Sendable {
  package enum Refusal: String, Hashable, Sendable, CaseIterable {
    case outOfOrder = "out_of_order"
    case duplicate
    case tooOld = "too_old"
    case future
    /// Labels or histograms that are not valid.
    case invalid
    /// A series that could be mistaken for one of our own.
    case own = "own_series"
    /// The store has no room for a new series.
    case seriesLimit = "series_limit"
  }

  package var samples = 0
  package var histograms = 0
  package var refused: [Refusal: Int] = [:]
  /// The first series that something of was refused.
  package var example: String?

  package init() {}

  package mutating func refuse(
    _ refusal: Refusal, _ count: Int = 1, of series: @autoclosure () -> String? = nil
  ) {
    guard count > 0 else { return }
    refused[refusal, default: 0] += count
    if example == nil { example = series() }
  }

  package mutating func add(_ other: WriteTally) {
    samples += other.samples
    histograms += other.histograms
    refused.merge(other.refused, uniquingKeysWith: +)
    example = example ?? other.example
  }
}

/// Puts what was sent into the store. To be used on the thread that owns the store's writes.
package struct SampleWriting: Sendable {
  /// As Prometheus' receiver has it.
  package static let futureLimit: Duration = .seconds(600)
  /// Longer than any store keeps: what is older is absurd.
  package static let pastLimit: Duration = .seconds(400 * 86_400)

  /// Families that we bring ourselves. Whoever sends series of these, or of a name that begins with `farwatch_`, must
  /// have labelled them with `instance`, as Prometheus labels everything that it scrapes: ours have none, and what is
  /// sent can never stand in the place of what was measured here.
  package var ownFamilies: [String: MetricFamily]

  package init(ownFamilies: [MetricFamily]) {
    self.ownFamilies = Dictionary(ownFamilies.map { ($0.name, $0) }) { first, _ in first }
  }

  /// - Parameter now: the wall clock; samples far ahead of it are refused.
  package func write(_ series: [WrittenSeries], into store: any SampleIntake, now: Timestamp) -> WriteTally {
    var tally = WriteTally()
    let times = now - Self.pastLimit...now + Self.futureLimit
    for one in series { write(one, into: store, times, &tally) }
    return tally
  }

  private func write(
    _ series: WrittenSeries, into store: any SampleIntake, _ times: ClosedRange<Timestamp>,
    _ tally: inout WriteTally
  ) {
    let text = { series.labels.description }
    let name = series.labels.metricName ?? ""
    let own = ownFamilies[name]
    if own != nil || name.hasPrefix("farwatch_"), series.labels["instance"] == nil {
      return tally.refuse(.own, series.count, of: text())
    }
    // A series of which nothing can be taken is not to be there.
    guard
      series.samples.contains(where: { times.contains($0.timestamp) })
        || series.histograms.contains(where: { times.contains($0.time) })
    else {
      for time in series.samples.map(\.timestamp) + series.histograms.map(\.time) {
        tally.refuse(time > times.upperBound ? .future : .tooOld, of: text())
      }
      return
    }
    let family = own ?? MetricFamily(name, .untyped, help: "")
    // What we bring ourselves is on the metrics page, and who comes first decides that for the family.
    guard let id = store.series(family, series.labels, exposed: own != nil) else {
      return tally.refuse(.seriesLimit, series.count, of: text())
    }
    for sample in series.samples {
      let time = sample.timestamp
      if Self.lies(time, within: times, &tally, text),
        Self.note(store.offer(sample.value, at: time, to: id), &tally, text)
      {
        tally.samples += 1
      }
    }
    for histogram in series.histograms {
      let time = histogram.time
      if Self.lies(time, within: times, &tally, text),
        Self.note(store.offer(histogram.value, at: time, to: id), &tally, text)
      {
        tally.histograms += 1
      }
    }
  }

  private static func lies(
    _ time: Timestamp, within times: ClosedRange<Timestamp>, _ tally: inout WriteTally, _ series: () -> String
  ) -> Bool {
    if times.contains(time) { return true }
    tally.refuse(time > times.upperBound ? .future : .tooOld, of: series())
    return false
  }

  /// Whether it is there now.
  private static func note(_ fate: SampleFate, _ tally: inout WriteTally, _ series: () -> String) -> Bool {
    switch fate {
    case .taken, .repeated: return true
    case .outOfOrder: tally.refuse(.outOfOrder, of: series())
    case .duplicate: tally.refuse(.duplicate, of: series())
    case .tooOld: tally.refuse(.tooOld, of: series())
    case .invalid: tally.refuse(.invalid, of: series())
    }
    return false
  }
}
