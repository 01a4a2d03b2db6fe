package import Model

/// What delivery says about itself on the metrics page.
package enum NotifyingMetrics {
  static let unrouted = MetricFamily.counter(
    "farwatch_alert_events_untold_total", "Alert events that nobody was told of, by reason.")
  static let accepted = MetricFamily.counter(
    "farwatch_pages_accepted_total", "Pages that entered the outbox, one for each subscription.")
  static let undurable = MetricFamily.counter(
    "farwatch_pages_undurable_total", "Pages that were sent although they could not be stored.")
  static let delivered = MetricFamily.counter(
    "farwatch_pages_delivered_total", "Pages that a receiver took.")
  static let gaveUp = MetricFamily.counter(
    "farwatch_pages_given_up_total", "Pages that are no longer tried, kept apart.")
  static let dropped = MetricFamily.counter(
    "farwatch_pages_dropped_total", "Pages that will never be sent, by reason.")
  static let failed = MetricFamily.counter(
    "farwatch_page_attempts_failed_total", "Requests that a receiver did not take, by reason.")
  static let retries = MetricFamily.counter(
    "farwatch_page_retries_total", "Attempts beyond a page's first.")
  static let queued = MetricFamily.gauge(
    "farwatch_outbox_pages", "Pages that wait or are on their way.")
  static let queuedBytes = MetricFamily.gauge(
    "farwatch_outbox_bytes", "Stored size of the pages that wait or are on their way.")
  static let oldest = MetricFamily.gauge(
    "farwatch_outbox_oldest_seconds", "Age of the oldest page that waits; absent when none does."
  )
  static let givenUpKept = MetricFamily.gauge(
    "farwatch_outbox_given_up_pages", "Pages given up that are kept.")
  static let unreadable = MetricFamily.gauge(
    "farwatch_outbox_unreadable_rows",
    "Stored pages that could not be read at the start and are not sent; the log names them.")
  static let confirmed = MetricFamily.gauge(
    "farwatch_subscription_confirmed", "Whether the subscription may be sent pages (1) or not (0).")
  static let failures = MetricFamily.gauge(
    "farwatch_receiver_consecutive_failures", "Requests in a row that the receiver did not take.")
  static let lastSuccess = MetricFamily.gauge(
    "farwatch_receiver_last_success_timestamp_seconds",
    "When the receiver last took a page; absent until it did.")
  static let queueOldest = MetricFamily.gauge(
    "farwatch_receiver_queue_oldest_seconds",
    "Age of the oldest page that waits for the receiver, 0 when none does.")
  static let attempts = MetricFamily.counter(
    "farwatch_receiver_attempts_total", "Requests to the receiver, by outcome: taken, or why not.")
  static let filtered = MetricFamily.counter(
    "farwatch_receiver_filtered_alerts_total", "Alerts that the subscription's filter policy kept from it.")
  static let fellBack = MetricFamily.counter(
    "farwatch_receiver_fallback_pages_total",
    "Pages that were told to the fallback while the receiver failed.")
  static let deadLettered = MetricFamily.counter(
    "farwatch_pages_dead_lettered_total", "Pages given up that were published to a dead-letter topic.")
  static let journalLost = MetricFamily.counter(
    "farwatch_notifying_journal_lost_total", "Entries about pages that the journal did not take in time.")
}

extension NotifyingSnapshot {
  /// This snapshot as readings; no two have the same family and labels.
  package var readings: [Reading] {
    typealias M = NotifyingMetrics
    let s = statistics
    func count(_ family: MetricFamily, _ value: UInt64, _ labels: Labels = .empty) -> Reading {
      Reading(family, Double(value), labels: labels)
    }
    var all = [
      count(M.unrouted, s.withoutSubscriber, ["reason": "no_subscriber"]), count(M.accepted, s.accepted),
      count(M.undurable, s.undurable), count(M.delivered, s.delivered), count(M.gaveUp, s.gaveUp),
      count(M.retries, s.retries), count(M.unrouted, s.filteredOut, ["reason": "filtered"]),
      count(M.deadLettered, s.deadLettered), count(M.journalLost, s.journalLost),
      count(M.unreadable, s.unreadableRows),
    ]
    all += NotifyingStatistics.dropReasons.map { count(M.dropped, s.dropped[$0] ?? 0, ["reason": $0]) }
    all += FailureReason.allCases.map { count(M.failed, s.failed[$0] ?? 0, ["reason": $0.rawValue]) }
    for one in subscriptions {
      let labels: Labels = [
        "topic": one.topic, "receiver": one.receiver, "endpoint": one.endpoint, "subscription": one.id,
      ]
      func gauge(_ family: MetricFamily, _ value: Double?) {
        if let value { all.append(Reading(family, value, labels: labels)) }
      }
      gauge(M.queued, Double(one.queued))
      gauge(M.queuedBytes, Double(one.queuedBytes))
      gauge(M.oldest, one.oldestPendingAge?.inSeconds)
      gauge(M.givenUpKept, Double(one.givenUp))
      gauge(M.confirmed, one.standing == .confirmed ? 1 : 0)
      gauge(M.failures, Double(one.consecutiveFailures))
      gauge(M.lastSuccess, one.lastSuccess?.seconds)
      gauge(M.queueOldest, one.oldestPendingAge?.inSeconds ?? 0)
      gauge(M.filtered, Double(one.filtered))
      gauge(M.fellBack, Double(one.fellBack))
      for outcome in one.attempts.keys.sorted() {
        all.append(
          count(M.attempts, one.attempts[outcome] ?? 0, labels.setting("outcome", to: outcome)))
      }
    }
    return all
  }
}
