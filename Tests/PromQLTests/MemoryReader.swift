import Model

/// A store of a few series, as the tests write them.
struct MemoryReader: SeriesReader {
  var indexVersion: UInt64 = 1
  private var series: [(labels: Labels, samples: [Sample])] = []

  /// `samples` at the given seconds.
  mutating func add(_ labels: Labels, _ samples: [(seconds: Double, value: Double)]) {
    series.append(
      (labels, samples.map { Sample(timestamp: Timestamp(seconds: $0.seconds), value: $0.value) }))
    indexVersion += 1
  }

  func select(_ matchers: [LabelMatcher]) -> [SeriesID] {
    series.indices.filter { index in matchers.allSatisfy { $0.matches(series[index].labels) } }
      .map { SeriesID(raw: UInt32($0)) }
  }

  func labels(of id: SeriesID) -> Labels { series[Int(id.raw)].labels }

  func newestSample(of id: SeriesID, at: Timestamp, after: Timestamp) -> Sample? {
    guard let last = series[Int(id.raw)].samples.last(where: { $0.timestamp <= at }) else { return nil }
    return last.timestamp > after && !StaleMarker.isStale(last.value) ? last : nil
  }

  func readWindow(of id: SeriesID, at: Timestamp, after: Timestamp, into samples: inout SampleColumns) {
    for sample in series[Int(id.raw)].samples
    where sample.timestamp <= at && sample.timestamp > after && !StaleMarker.isStale(sample.value) {
      samples.append(sample.timestamp.milliseconds, sample.value)
    }
  }
}
