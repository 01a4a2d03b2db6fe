internal import Model

/// Writes the readings of one collector into the store, and ends the series that a new outcome no longer has.
///
/// Outcomes of one collector nearly always bring the same readings in the same order, so the series of last time
/// are compared place by place before anything is looked up.
final class ReadingRecorder {
  private struct Slot {
    let family: MetricFamily
    let labels: Labels
    let series: SeriesID?
  }

  private let appender: any SampleAppender
  private let base: Labels
  private var slots: [Slot] = []
  private var newest: (values: [Double], at: Timestamp)?
  /// Half of what an instant selector looks back, and less than the store keeps a silent series.
  private static let longestSilence: Duration = .seconds(150)

  /// `base`: the labels that every reading gets; a reading's own labels win.
  init(_ appender: any SampleAppender, base: Labels) {
    self.appender = appender
    self.base = base
  }

  /// Appends every reading at `time`; a series of the last call without a reading in this one gets a stale marker.
  func record(_ readings: [Reading], at time: Timestamp) {
    // After so long the store may have forgotten the series: their names find them, or make them anew.
    if let newest, time - newest.at > Self.longestSilence * 2 { slots = [] }
    if matchesLastTime(readings) {
      newest?.at = time
      for (place, reading) in readings.enumerated() {
        newest?.values[place] = reading.value
        if let series = slots[place].series { appender.append(reading.value, at: time, to: series) }
      }
      return
    }
    newest = (readings.map(\.value), time)
    var ended = Set(slots.compactMap(\.series))
    slots = readings.map { reading in
      let series = appender.series(reading.family, base.merging(reading.labels))
      if let series {
        ended.remove(series)
        appender.append(reading.value, at: time, to: series)
      }
      return Slot(family: reading.family, labels: reading.labels, series: series)
    }
    for series in ended { appender.append(StaleMarker.value, at: time, to: series) }
  }

  /// Appends the last readings again when they are about to fall out of a query's reach, as a scrape would.
  func refresh(at time: Timestamp) {
    // A time to come is from before the clock was set back.
    guard let newest, newest.at > time || time - newest.at >= Self.longestSilence else { return }
    record(
      zip(slots, newest.values).map { Reading($0.family, $1, labels: $0.labels) }, at: time)
  }

  /// Ends every series: the collector is gone.
  func end(at time: Timestamp) { record([], at: time) }

  private func matchesLastTime(_ readings: [Reading]) -> Bool {
    guard readings.count == slots.count, !slots.isEmpty else { return false }
    for (slot, reading) in zip(slots, readings) {
      // A refused series is asked for again: room may have come.
      guard slot.series != nil, slot.family == reading.family, slot.labels == reading.labels else {
        return false
      }
    }
    return true
  }
}
