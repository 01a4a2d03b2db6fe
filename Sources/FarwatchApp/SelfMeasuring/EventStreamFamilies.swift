internal import Model

/// Of those who follow `/api/events/stream`.
enum EventStreamFamilies {
  static let open = MetricFamily.gauge("farwatch_event_streams", "Streams of events that are followed.")
  static let cut = MetricFamily.counter(
    "farwatch_event_streams_cut_total", "Streams of events that ended because they were read too slowly.")
  static let refused = MetricFamily.counter(
    "farwatch_event_streams_refused_total", "Streams of events that were refused because there were too many."
  )
  static let sent = MetricFamily.counter(
    "farwatch_events_streamed_total", "Events sent into streams, by kind: journal or status.")

  static func readings(_ s: EventStreams.Statistics) -> [Reading] {
    [
      Reading(open, Double(s.open)), Reading(cut, Double(s.cut)), Reading(refused, Double(s.refused)),
      Reading(sent, Double(s.journalEvents), labels: ["event": "journal"]),
      Reading(sent, Double(s.statusEvents), labels: ["event": "status"]),
    ]
  }
}
