package import Model
internal import Synchronization

/// How much a store may hold.
package struct SampleStoreSettings: Sendable, Equatable {
  /// How far back a selector may be moved by `offset`. A series keeps its samples of this time and the newest one
  /// before it: all that an instant selector can ask for.
  package var reach: Duration = .seconds(60)
  /// A series whose newest sample is older than this is forgotten; longer than the five minutes that an instant
  /// selector looks back.
  package var forgetAfter: Duration = .seconds(360)
  /// Samples kept for one series at most, whatever their age.
  package var samplesPerSeries = 1024
  /// New series beyond this many are refused and counted.
  package var seriesLimit = 200_000

  package init() {}
}

/// What happened to a store since it was made.
package struct SampleStoreStatistics: Sendable, Equatable {
  package var series = 0
  package var appended: UInt64 = 0
  /// Appends refused because a newer or equal timestamp was there already.
  package var outOfOrder: UInt64 = 0
  /// Series refused at ``SampleStoreSettings/seriesLimit``.
  package var refusedSeries: UInt64 = 0
}

/// Time series in memory, found by their labels.
///
/// One thread appends; any thread reads. Every access takes one short lock: nothing is rendered, matched against
/// a regular expression of unbounded cost or handed to foreign code while it is held.
package final class SampleStore: SampleAppender, SeriesReader, FamilyReader, Sendable {
  private let settings: SampleStoreSettings
  private let state = Mutex(State())

  package init(_ settings: SampleStoreSettings = .init()) { self.settings = settings }

  package var statistics: SampleStoreStatistics { state.withLock { $0.statistics } }

  // MARK: Appending

  package func series(_ family: MetricFamily, _ labels: Labels) -> SeriesID? {
    series(family, labels, exposed: true)
  }

  /// As ``series(_:_:)``; a family that is not `exposed` serves rules and queries but not the metrics page.
  package func series(_ family: MetricFamily, _ labels: Labels, exposed: Bool) -> SeriesID? {
    let full = labels.setting(Labels.metricNameLabel, to: family.name)
    return state.withLock { $0.findOrCreate(family, full, exposed: exposed, limit: settings.seriesLimit) }
  }

  package func append(_ value: Double, at time: Timestamp, to series: SeriesID) {
    state.withLock { $0.append(value, at: time, to: series, settings) }
  }

  /// The series whose value changed since the last call, each once: what must wake the rules that depend on it.
  package func takeChanged() -> [SeriesID] { state.withLock { $0.takeChanged() } }

  /// Forgets series that have been silent for too long. To be called now and then.
  package func collectGarbage(now: Timestamp) {
    state.withLock { $0.collectGarbage(olderThan: now - settings.forgetAfter) }
  }

  /// Moves every sample in time by `shift`: the clock that dated them was wrong by so much.
  package func movePast(by shift: Duration) { state.withLock { $0.movePast(by: shift) } }

  // MARK: Reading

  package var indexVersion: UInt64 { state.withLock { $0.indexVersion } }

  package var pastVersion: UInt64 { state.withLock { $0.pastVersion } }

  package func select(_ matchers: [LabelMatcher]) -> [SeriesID] { state.withLock { $0.select(matchers) } }

  package func labels(of series: SeriesID) -> Labels { state.withLock { $0[series]?.labels ?? .empty } }

  package func newestSample(of series: SeriesID, at: Timestamp, after: Timestamp) -> Sample? {
    guard let sample = state.withLock({ $0[series]?.buffer.newest(at: at, after: after) }) else { return nil }
    return StaleMarker.isStale(sample.value) ? nil : sample
  }

  package func readNewest(
    of series: [SeriesID], at: Timestamp, after: Timestamp, into samples: inout SampleColumns,
    places: inout [Int]
  ) {
    state.withLock { state in
      for (place, id) in series.enumerated() {
        guard let sample = state[id]?.buffer.newest(at: at, after: after), !StaleMarker.isStale(sample.value)
        else { continue }
        samples.append(sample.timestamp.milliseconds, sample.value)
        places.append(place)
      }
    }
  }

  package func readWindow(
    of series: SeriesID, at: Timestamp, after: Timestamp, into samples: inout SampleColumns
  ) {
    let found = state.withLock { $0[series]?.buffer.samples(at: at, after: after) ?? [] }
    for sample in found where !StaleMarker.isStale(sample.value) {
      samples.append(sample.timestamp.milliseconds, sample.value)
    }
  }

  // MARK: Exposition

  package func familyVersions() -> [(family: MetricFamily, version: UInt64)] {
    state.withLock { state in
      state.families.values.filter(\.exposed).map { ($0.family, $0.version) }
    }.sorted { byteOrder($0.family.name, $1.family.name) }
  }

  package func readFamily(_ family: MetricFamily, _ body: (SeriesID, Labels, Double) -> Void) -> UInt64 {
    // Copied out first: rendering a large family must not hold up the thread that appends.
    let (rows, version) = state.withLock { $0.currentRows(of: family) }
    for row in rows { body(row.series, row.labels, row.value) }
    return version
  }
}
