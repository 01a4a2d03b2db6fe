/// Samples side by side: what a reader hands over in bulk. Keeps its memory when emptied.
///
/// Invariant: `times` and `values` are of equal length; `histograms` is empty while no sample is a histogram, and of
/// that length otherwise. Where `histograms[i]` is not nil, `values[i]` means nothing.
package struct SampleColumns: Sendable {
  /// Milliseconds since the epoch.
  package var times: [Int64] = []
  package var values: [Double] = []
  package var histograms: [FloatHistogram?] = []

  package init() {}

  package var count: Int { times.count }
  package var isEmpty: Bool { times.isEmpty }
  package var hasHistograms: Bool { !histograms.isEmpty }

  @inline(__always)
  package mutating func append(_ time: Int64, _ value: Double) {
    times.append(time)
    values.append(value)
    if !histograms.isEmpty { histograms.append(nil) }
  }

  package mutating func append(_ time: Int64, _ histogram: FloatHistogram) {
    if histograms.isEmpty { histograms = Array(repeating: nil, count: times.count) }
    times.append(time)
    values.append(.nan)
    histograms.append(histogram)
  }

  package mutating func removeAll() {
    times.removeAll(keepingCapacity: true)
    values.removeAll(keepingCapacity: true)
    histograms.removeAll(keepingCapacity: true)
  }

  /// Drops the first `count` samples.
  package mutating func removeFirst(_ count: Int) {
    times.removeFirst(count)
    values.removeFirst(count)
    guard !histograms.isEmpty else { return }
    histograms.removeFirst(count)
    // The columns of floats alone are the fast ones.
    if histograms.allSatisfy({ $0 == nil }) { histograms.removeAll(keepingCapacity: true) }
  }
}
