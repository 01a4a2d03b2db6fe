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

  /// `base`: the labels that every reading gets; a reading's own labels win.
  init(_ appender: any SampleAppender, base: Labels) {
    self.appender = appender
    self.base = base
  }

  /// Appends every reading at `time`; a series of the last call without a reading in this one gets a stale marker.
  func record(_ readings: [Reading], at time: Timestamp) {
    if matchesLastTime(readings) {
      for (place, reading) in readings.enumerated() {
        if let series = slots[place].series { appender.append(reading.value, at: time, to: series) }
      }
      return
    }
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
