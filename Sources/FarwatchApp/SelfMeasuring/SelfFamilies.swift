internal import Model

/// The families of the daemon itself.
enum SelfFamilies {
  static let buildInfo = MetricFamily.gauge("farwatch_build_info", "1, with the version as a label.")
  static let ready = MetricFamily.gauge(
    "farwatch_ready", "Whether every collector has reported once since the start, so that rules are judged.")

  static let series = MetricFamily.gauge("farwatch_store_series", "Active series in the store.")
  static let seriesLimit = MetricFamily.gauge(
    "farwatch_store_series_limit", "Active series beyond which new ones are refused.")
  static let knownSeries = MetricFamily.gauge(
    "farwatch_store_known_series", "Series in the store that have samples, silent ones too.")
  static let samples = MetricFamily.counter("farwatch_store_samples_appended_total", "Samples appended.")
  static let samplesRefused = MetricFamily.counter(
    "farwatch_store_samples_refused_total", "Samples that were not taken, by reason.")
  static let samplesDropped = MetricFamily.counter(
    "farwatch_store_samples_dropped_total",
    "Samples dropped from memory because the disk took none for too long.")
  static let storeFailing = MetricFamily.gauge(
    "farwatch_store_failing", "Whether samples are in memory only because the disk refuses them.")
  static let storeFailures = MetricFamily.counter(
    "farwatch_store_write_failures_total", "Writes of samples that the disk refused.")
  static let storeCheckpoints = MetricFamily.counter(
    "farwatch_store_checkpoints_total", "Checkpoints of the samples in memory that were written.")
  static let storeDamaged = MetricFamily.counter(
    "farwatch_store_damaged_total", "Files, records and chunks of samples that were found damaged.")
  static let storeBlocks = MetricFamily.gauge("farwatch_store_blocks", "Blocks of samples on the disk.")
  static let storeBytes = MetricFamily.gauge(
    "farwatch_store_disk_bytes", "Size of the files that hold samples.")
  static let seriesRefused = MetricFamily.counter(
    "farwatch_store_series_refused_total", "New series refused at the series limit.")
  static let pageRefused = MetricFamily.gauge(
    "farwatch_page_series_refused",
    "Series and families left off the metrics page because they cannot be written.")

  static let evaluations = MetricFamily.counter("farwatch_rule_evaluations_total", "Evaluations of rules.")
  static let evaluationFailures = MetricFamily.counter(
    "farwatch_rule_evaluation_failures_total", "Evaluations of rules that failed; alerts keep their state.")
  static let templateFailures = MetricFamily.counter(
    "farwatch_rule_template_failures_total", "Labels and annotations whose template failed.")
  static let groupFailures = MetricFamily.counter(
    "farwatch_rule_group_evaluation_failures_total", "Evaluations of rules that failed, by rule group.")
  static let groupTemplateFailures = MetricFamily.counter(
    "farwatch_rule_group_template_failures_total",
    "Labels and annotations whose template failed, by rule group.")
  static let alerts = MetricFamily.gauge("farwatch_alerts", "Active alerts, by state.")
  static let alertsFired = MetricFamily.counter("farwatch_alerts_fired_total", "Alerts that began to fire.")
  static let alertsResolved = MetricFamily.counter("farwatch_alerts_resolved_total", "Alerts that ended.")

  static let journalEntries = MetricFamily.gauge(
    "farwatch_journal_entries", "Entries that the journal keeps.")
  static let journalWritten = MetricFamily.counter(
    "farwatch_journal_entries_written_total", "Entries written into the journal.")
  static let journalOmitted = MetricFamily.counter(
    "farwatch_journal_entries_omitted_total",
    "Entries that were only counted in the journal, because too many came at once.")
  static let checkChangesLeftOut = MetricFamily.counter(
    "farwatch_check_changes_left_out_total",
    "Changes of checks that were not written into the journal when they happened, because the check flaps.")

  static let commits = MetricFamily.counter(
    "farwatch_state_commits_total", "Transactions that reached the disk.")
  static let commitFailures = MetricFamily.counter(
    "farwatch_state_commit_failures_total", "Transactions that failed and are tried again.")
  static let commitSeconds = MetricFamily.gauge(
    "farwatch_state_commit_duration_seconds", "Duration of the last transaction, its sync included.")
  static let unsavedRows = MetricFamily.gauge(
    "farwatch_state_unsaved_rows", "Rows whose newest value the disk has refused so far.")

  static let httpRequests = MetricFamily.counter(
    "farwatch_http_requests_total", "Requests answered, by status class.")
  static let httpAborted = MetricFamily.counter(
    "farwatch_http_requests_aborted_total", "Requests that ended before the whole answer was sent.")
  static let httpConnectionsCut = MetricFamily.counter(
    "farwatch_http_connections_cut_total",
    "Connections closed because a request did not arrive in time, by part.")
  static let httpRefused = MetricFamily.counter(
    "farwatch_http_requests_refused_total",
    "Requests that were not let in: rate, login, barred, role, origin or certificate.")
  static let webFilesInForce = MetricFamily.gauge(
    "farwatch_web_config_in_force",
    "Whether the web configuration file, its certificates and the tokens are in force as they are on the disk."
  )
  static let httpConnections = MetricFamily.gauge("farwatch_http_connections", "Open connections.")

  static let reloadSuccessful = MetricFamily.gauge(
    "farwatch_config_last_reload_successful", "Whether the newest configuration file is in force.")
  static let reloadTime = MetricFamily.gauge(
    "farwatch_config_last_reload_success_timestamp_seconds", "When the configuration in force was read.")
  static let reloads = MetricFamily.counter("farwatch_config_reloads_total", "Reloads, by result.")

  static let turns = MetricFamily.counter("farwatch_core_turns_total", "Turns of the core.")
  static let longestTurn = MetricFamily.gauge(
    "farwatch_core_longest_turn_seconds", "The longest turn of the core in the last five minutes.")
}
