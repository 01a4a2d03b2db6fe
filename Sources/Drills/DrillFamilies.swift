package import Model

/// What is exported of drills. Labels: `workload`, `kind`.
package enum DrillFamilies {
  package static let last = MetricFamily.gauge(
    "farwatch_drill_last_timestamp_seconds",
    "When the newest drill ended that was carried through, passed or failed; absent when there was none.")
  package static let due = MetricFamily.gauge(
    "farwatch_drill_due_timestamp_seconds", "When the next drill is due by the calendar.")
  package static let inProgress = MetricFamily.gauge(
    "farwatch_drill_in_progress", "1 while a drill of the workload runs.")
  /// Labels: `marked`.
  package static let pages = MetricFamily.counter(
    "farwatch_drill_pages_total",
    "Pages that were part of a drill: marked so, or left as they are because more are not kept track of.")
  package static let all = [last, due, inProgress, pages]
}
