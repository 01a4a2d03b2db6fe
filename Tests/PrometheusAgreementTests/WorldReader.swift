import Model

/// The samples of a ``SampleWorld`` in plain arrays: what is compared is the evaluation, and nothing else.
struct WorldReader: SeriesReader {
  let indexVersion: UInt64 = 1
  private let series: [(labels: Labels, samples: [Sample])]

  init(_ world: SampleWorld) { series = world.series }

  func select(_ matchers: [LabelMatcher]) -> [SeriesID] {
    series.indices.filter { index in matchers.allSatisfy { $0.matches(series[index].labels) } }
      .map { SeriesID(raw: UInt32($0)) }
  }

  func labels(of id: SeriesID) -> Labels { series[Int(id.raw)].labels }

  func newestSample(of id: SeriesID, at: Timestamp, after: Timestamp) -> Sample? {
    let samples = series[Int(id.raw)].samples
    let place = samples.partition(after: at)
    guard place > 0, samples[place - 1].timestamp > after, !StaleMarker.isStale(samples[place - 1].value)
    else {
      return nil
    }
    return samples[place - 1]
  }

  func readWindow(of id: SeriesID, at: Timestamp, after: Timestamp, into out: inout SampleColumns) {
    let samples = series[Int(id.raw)].samples
    let (from, to) = (samples.partition(after: after), samples.partition(after: at))
    guard from < to else { return }
    for sample in samples[from..<to] where !StaleMarker.isStale(sample.value) {
      out.append(sample.timestamp.milliseconds, sample.value)
    }
  }
}

extension [Sample] {
  /// How many samples, in order of time, are not after `moment`.
  fileprivate func partition(after moment: Timestamp) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle].timestamp <= moment { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
