internal import HTTPClient
internal import Model

/// The look-ups of names that collectors share.
enum NameLookUpFamilies {
  static let begun = MetricFamily.counter("farwatch_name_lookups_total", "Look-ups of names that were begun.")
  static let shared = MetricFamily.counter(
    "farwatch_name_lookups_shared_total", "Times that a look-up under way, or in line, served one more asker."
  )
  static let remembered = MetricFamily.counter(
    "farwatch_name_lookups_remembered_total",
    "Times that the last good answer was used because half of the time brought none.")
  static let notBegun = MetricFamily.counter(
    "farwatch_name_lookups_not_begun_total",
    "Times that no thread was free for a look-up in time, and no good answer known.")
  static let timedOut = MetricFamily.counter(
    "farwatch_name_lookups_timed_out_total", "Times that no resolver answered for a name in time.")
  static let running = MetricFamily.gauge(
    "farwatch_name_lookups_running", "Look-ups of names under way, each on a thread.")
  static let suspects = MetricFamily.gauge(
    "farwatch_name_lookup_suspects", "Names whose last look-up took too long.")

  static func readings(_ statistics: HostResolver.Statistics) -> [Reading] {
    [
      Reading(begun, Double(statistics.begun)), Reading(shared, Double(statistics.shared)),
      Reading(remembered, Double(statistics.remembered)), Reading(notBegun, Double(statistics.notBegun)),
      Reading(timedOut, Double(statistics.timedOut)), Reading(running, Double(statistics.running)),
      Reading(suspects, Double(statistics.suspects)),
    ]
  }
}
