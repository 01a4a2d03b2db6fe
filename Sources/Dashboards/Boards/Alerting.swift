extension Dashboard {
  static let alerting = Dashboard(
    uid: "farwatch-alerting", title: "Farwatch / Alerting and delivery",
    description: "What fires, who was told, and whether pages arrive.", from: "now-6h",
    variables: [.instance],
    rows: [
      Row("Alerts", [.alerts("Firing alerts"), active, held, firedAndEnded, untold]),
      Row("Pages", [waiting, oldest, ways, failures, lost]),
      Row("Receivers", [receivers, proofs, confirmed, silences]),
      Row("Dead man's switches and the journal", [heartbeats, withheld, journal]),
    ])

  private static let instance = "instance=~\"$instance\""
  private static let receiver = "by (topic, receiver, endpoint)"
  private static let name = "{{topic}} {{receiver}} {{endpoint}}"

  private static let active = Panel(
    "Alerts of rules", "Firing, and pending until their `for` is over.", .timeSeries(stacked: false),
    [Query("max by (state) (farwatch_alerts{\(instance)})", "{{state}}")], width: 6)

  private static let held = Panel(
    "At the desk",
    "Alerts that fire, by whether somebody is told: silenced, inhibited and muted ones are held back.",
    .timeSeries(stacked: false),
    [
      Query("max by (state) (farwatch_paging_alerts{\(instance)})", "{{state}}"),
      Query("max(farwatch_paging_acknowledged_alerts{\(instance)})", "acknowledged"),
    ], width: 6)

  private static let firedAndEnded = Panel(
    "Begun and ended", "Alerts that began to fire, and that ended, in the time shown.",
    .stat(sparkline: false),
    [
      Query("max(increase(farwatch_alerts_fired_total{\(instance)}[$__range]))", "begun"),
      Query("max(increase(farwatch_alerts_resolved_total{\(instance)}[$__range]))", "ended"),
    ], width: 6)

  private static let untold = Panel(
    "Nobody was told", "Events of alerts that no route, subscriber or filter let through, in the time shown.",
    .stat(sparkline: false),
    [
      Query(
        "max by (reason) (increase(farwatch_alert_events_untold_total{\(instance)}[$__range]))", "{{reason}}")
    ], thresholds: Threshold.few, width: 6)

  private static let waiting = Panel(
    "Pages that wait", "In the outbox, by receiver. They are sent until they are taken or too old.",
    .timeSeries(stacked: true), [Query("max \(receiver) (farwatch_outbox_pages{\(instance)})", name)],
    width: 8)

  private static let oldest = Panel(
    "Oldest page that waits", "Beyond two minutes somebody is paged on another way.",
    .timeSeries(stacked: false),
    [Query("max \(receiver) (farwatch_receiver_queue_oldest_seconds{\(instance)})", name)], unit: .seconds,
    thresholds: Threshold.rising(30, 120), width: 8)

  private static let ways = Panel(
    "Pages", "Accepted by the outbox, taken by receivers, in the time shown.", .stat(sparkline: false),
    [
      Query("max(increase(farwatch_pages_accepted_total{\(instance)}[$__range]))", "accepted"),
      Query("max(increase(farwatch_pages_delivered_total{\(instance)}[$__range]))", "delivered"),
      Query("max(increase(farwatch_page_retries_total{\(instance)}[$__range]))", "sent again"),
    ], width: 8)

  private static let failures = Panel(
    "Failed attempts", "Attempts to hand a page to a receiver that failed, by reason.",
    .timeSeries(stacked: true),
    [
      Query(
        "max by (reason) (rate(farwatch_page_attempts_failed_total{\(instance)}[$__rate_interval])) > 0",
        "{{reason}}")
    ], unit: .perSecond, whenEmpty: "no attempt failed")

  private static let lost = Panel(
    "Lost pages", "Given up, dropped or not stored before they were sent, in the time shown. Wanted: none.",
    .stat(sparkline: false),
    [
      Query("max(increase(farwatch_pages_given_up_total{\(instance)}[$__range]))", "given up"),
      Query(
        "sum(max by (reason) (increase(farwatch_pages_dropped_total{\(instance)}[$__range])))", "dropped"),
      Query("max(increase(farwatch_pages_undurable_total{\(instance)}[$__range]))", "sent, not stored"),
    ], thresholds: Threshold.none)

  private static let receivers = Panel(
    "Receivers", "When each was last heard to take something, and how often it has failed since.", .table,
    [
      Query(
        "time() - max \(receiver) (farwatch_receiver_last_success_timestamp_seconds{\(instance)})",
        "last taken", .seconds),
      Query(
        "max \(receiver) (farwatch_receiver_consecutive_failures{\(instance)})", "failures in a row", .count),
      Query("max \(receiver) (farwatch_outbox_pages{\(instance)})", "waiting", .count),
    ], width: 24, height: 6)

  private static let proofs = Panel(
    "Last proven", "When a test page was last proven to reach each receiver.", .stat(sparkline: false),
    [Query("1000 * max \(receiver) (farwatch_receiver_last_proven_timestamp_seconds{\(instance)})", name)],
    unit: .timeAgo, width: 8, whenEmpty: "no receiver was ever proven")

  private static let confirmed = Panel(
    "Subscriptions", "A receiver that has not visited its link hears nothing.", .stat(sparkline: false),
    [Query("min \(receiver) (farwatch_subscription_confirmed{\(instance)})", name)], unit: .plain,
    names: ValueName.yes("confirmed", no: "not confirmed", colours: (.green, .red)), width: 8,
    whenEmpty: "no receiver has to confirm")

  private static let silences = Panel(
    "Silences", "Active ones hold alerts back; nobody is told of these.", .timeSeries(stacked: false),
    [Query("max by (state) (farwatch_silences{\(instance)})", "{{state}}")], width: 8)

  private static let heartbeats = Panel(
    "Last heartbeat", "Age of the newest sign of life that a dead man's switch took.",
    .timeSeries(stacked: false),
    [
      Query(
        "time() - max by (name) (farwatch_heartbeat_last_success_timestamp_seconds{\(instance)})", "{{name}}")
    ], unit: .seconds, width: 8, whenEmpty: "no heartbeat is configured")

  private static let withheld = Panel(
    "Heartbeats held back",
    "Farwatch keeps still when it finds itself unfit: the switch then raises its alarm.",
    .stat(sparkline: false),
    [Query("max by (name, reason) (farwatch_heartbeat_withheld{\(instance)}) == 1", "{{name}} {{reason}}")],
    unit: .plain, names: ValueName.yes("held back", no: "sent", colours: (.red, .green)), width: 8,
    whenEmpty: "none is held back")

  private static let journal = Panel(
    "Journal", "Entries written, and only counted because too many came at once.",
    .timeSeries(stacked: false),
    [
      Query("max(rate(farwatch_journal_entries_written_total{\(instance)}[$__rate_interval]))", "written"),
      Query(
        "max(rate(farwatch_journal_entries_omitted_total{\(instance)}[$__rate_interval]))", "only counted"),
    ], unit: .perSecond, width: 8)
}
