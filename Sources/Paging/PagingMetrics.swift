package import Model

/// What paging says about itself on the metrics page.
package enum PagingMetrics {
  static let events = MetricFamily.counter(
    "farwatch_alert_events_total", "Alerts that began or ended by rules and alarms.")
  static let untold = MetricFamily.counter(
    "farwatch_alert_events_untold_total", "Alert events that nobody was told of, by reason.")
  static let alerts = MetricFamily.gauge(
    "farwatch_paging_alerts", "Alerts that fire, as paging knows them, by what holds them back first.")
  static let acknowledged = MetricFamily.gauge(
    "farwatch_paging_acknowledged_alerts", "Alerts that fire and that somebody took on.")
  static let groups = MetricFamily.gauge(
    "farwatch_paging_groups", "Groups of alerts, those of a single one among them.")
  static let silences = MetricFamily.gauge("farwatch_silences", "Silences, by their state.")
  static let notifications = MetricFamily.counter(
    "farwatch_notifications_total", "What topics were told, by kind.")
  static let neverTold = MetricFamily.counter(
    "farwatch_alerts_never_told_total",
    "Alerts that ended while they were held back, and so were told to nobody.")
  static let posted = MetricFamily.counter(
    "farwatch_posted_alerts_total", "Alerts that other programs posted, by whether they were taken.")
  static let postedNow = MetricFamily.gauge(
    "farwatch_posted_alerts_known", "Alerts of other programs that are known.")
  static let rowsRefused = MetricFamily.counter(
    "farwatch_paging_rows_refused_total", "States of paging that could not be written down.")
}

extension PagingDesk {
  /// How paging stands, as readings; takes time in proportion to all alerts.
  package func readings(at now: Timestamp) -> [Reading] {
    typealias M = PagingMetrics
    var byState = ["active": 0, "silenced": 0, "inhibited": 0, "maintenance": 0]
    var acknowledged = 0
    for record in records.values where record.isFiring {
      let state =
        !record.silencedBy.isEmpty
        ? "silenced"
        : !record.inhibitedBy.isEmpty ? "inhibited" : !record.maintenance.isEmpty ? "maintenance" : "active"
      byState[state, default: 0] += 1
      if record.acknowledgement != nil { acknowledged += 1 }
    }
    let silenceCounts = silences.counts(at: now)
    var all = [
      Reading(M.events, Double(statistics.events)),
      Reading(M.untold, Double(statistics.unrouted), labels: ["reason": "no_route"]),
      Reading(M.acknowledged, Double(acknowledged)), Reading(M.groups, Double(groups.count)),
      Reading(M.neverTold, Double(statistics.neverTold)),
      Reading(M.posted, Double(statistics.posted), labels: ["outcome": "taken"]),
      Reading(M.posted, Double(statistics.postedRefused), labels: ["outcome": "refused"]),
      Reading(M.postedNow, Double(postedCount)), Reading(M.rowsRefused, Double(statistics.rowsRefused)),
    ]
    all += byState.sorted { $0.key < $1.key }.map {
      Reading(M.alerts, Double($0.value), labels: ["state": $0.key])
    }
    all += [Silence.State.pending, .active, .expired].map {
      Reading(M.silences, Double(silenceCounts[$0] ?? 0), labels: ["state": $0.rawValue])
    }
    all += [Notification.Kind.news, .reminder, .escalation, .acknowledgement].map {
      Reading(M.notifications, Double(statistics.notifications[$0] ?? 0), labels: ["kind": $0.rawValue])
    }
    return all
  }
}
