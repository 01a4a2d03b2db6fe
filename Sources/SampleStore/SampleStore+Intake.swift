package import Model
internal import Synchronization

extension SampleStore: SampleIntake {
  package func offer(_ value: Double, at time: Timestamp, to series: SeriesID) -> SampleFate {
    state.withLock { state in
      state.fate(at: time) { $0.append(value, at: time, to: series) }
    }
  }

  package func offer(_ histogram: FloatHistogram, at time: Timestamp, to series: SeriesID) -> SampleFate {
    state.withLock { state in
      state.fate(at: time) { $0.append(histogram, at: time, to: series) }
    }
  }
}

extension State {
  /// What `append` did, told from what it counted.
  fileprivate mutating func fate(at time: Timestamp, _ append: (inout State) -> Void) -> SampleFate {
    guard time > cutoff else { return .tooOld }
    let before = statistics
    append(&self)
    if statistics.appended != before.appended { return .taken }
    if statistics.outOfOrder != before.outOfOrder { return .outOfOrder }
    if statistics.duplicates != before.duplicates { return .duplicate }
    if statistics.refusedHistograms != before.refusedHistograms { return .invalid }
    return .repeated
  }
}
