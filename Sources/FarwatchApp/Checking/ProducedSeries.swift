internal import CollectorConfiguration
internal import Collecting
internal import Configuration
internal import Model
internal import RuleTesting

extension SeriesCatalogue {
  /// The series that a daemon with these settings has. A test holds the names against the sources.
  init(of settings: Settings) {
    self.init()
    let checks: [String: Set<String>] = [
      "check": Set(settings.checks.map(\.basics.name)), "region": Set(settings.checks.map(\.basics.region)),
    ]
    insert(settings.checks, checks)
    insert(settings.links, ["link": Set(settings.links.map(\.basics.link))])
    insert(settings.backups, ["job": Set(settings.backups.map(\.basics.job))])
    insert(settings.measurements, [:])
    if !settings.checks.isEmpty {
      var states = checks
      states["state"] = Set(CheckState.Health.allCases.map(\.rawValue))
      insert(Entry(name: ScheduleMetrics.checkState.name, values: states))
      insert(Entry(name: ScheduleMetrics.checkConsecutiveFailures.name, values: checks))
    }
    let states = RegionHealth.allCases.map(\.rawValue)
    insert(
      Entry(
        name: ScheduleMetrics.regionState.name,
        values: ["region": Set(settings.regions.map(\.name)), "state": Set(states)], isOpen: false))
    for family in [ScheduleMetrics.zoneState, ScheduleMetrics.tierState, ScheduleMetrics.tierHealthyRatio] {
      insert(Entry(name: family.name, values: ["region": Set(settings.regions.map(\.name))]))
    }
    let busy = Set(settings.regions.filter { $0.traffic != nil }.map(\.name))
    if !busy.isEmpty {
      for family in TrafficWatch.families { insert(Entry(name: family.name, values: ["region": busy])) }
    }
    for name in ProducedSeries.always { insert(Entry(name: name)) }
    isOpen = settings.remoteWrite != nil || settings.collectors.contains(where: \.bringsForeignSeries)
    ownPrefix = "farwatch_"
    ownNames = Set(CollectorFamilies.all.map(\.name)).union((Self.states + TrafficWatch.families).map(\.name))
  }

  /// What follows from checks, whichever they are.
  private static let states = [
    ScheduleMetrics.checkState, ScheduleMetrics.checkConsecutiveFailures, ScheduleMetrics.regionState,
    ScheduleMetrics.zoneState, ScheduleMetrics.tierState, ScheduleMetrics.tierHealthyRatio,
  ]

  /// What collectors of these types bring, with the labels that are known of all of them.
  private mutating func insert(_ collectors: [any CollectorSettings], _ values: [String: Set<String>]) {
    var seen: Set<String> = []
    for one in collectors {
      let isNew = seen.insert(one.description.kind).inserted
      for family in (isNew ? type(of: one).families : []) + one.chosenFamilies {
        insert(Entry(name: family.name, values: values))
      }
    }
  }
}

/// Names of the metrics that Farwatch makes, by what makes them.
enum ProducedSeries {
  static let always =
    [
      "farwatch_collector_up", "farwatch_collector_duration_seconds", "farwatch_collector_overruns_total",
      "farwatch_collector_last_run_timestamp_seconds", "farwatch_vantage_offline",
      "farwatch_canary_reached",
      "farwatch_check_failures_withheld_total",
    ] + ofItself + ofTimeliness + ofNames + ofFeeds + ofPaging + ofHeartbeatsAndJournal + ofStreams

  /// Of those who follow the events.
  static let ofStreams = [
    "farwatch_event_streams", "farwatch_event_streams_cut_total", "farwatch_event_streams_refused_total",
    "farwatch_events_streamed_total",
  ]
  /// Of what others bring and ask.
  static let ofFeeds = [
    "farwatch_remote_write_requests_total", "farwatch_remote_write_samples_total",
    "farwatch_remote_write_samples_refused_total", "farwatch_probe_endpoint_requests_total",
    "probe_dns_lookup_time_seconds", "farwatch_queries_total", "farwatch_queries_running",
    "farwatch_queries_waiting", "farwatch_queries_concurrency_limit", "farwatch_query_run_seconds_total",
    "farwatch_query_wait_seconds_total",
  ]
  /// Whether the watcher is in time.
  static let ofTimeliness = [
    "farwatch_schedule_longest_delay_seconds", "farwatch_rule_group_last_duration_seconds",
    "farwatch_rule_group_interval_seconds", "farwatch_rule_group_iterations_missed_total",
    "farwatch_clock_offset_seconds", "farwatch_clock_set_back_total",
  ]
  /// Of the look-ups that collectors share.
  static let ofNames = [
    "farwatch_name_lookups_total", "farwatch_name_lookups_shared_total",
    "farwatch_name_lookups_remembered_total", "farwatch_name_lookups_not_begun_total",
    "farwatch_name_lookups_timed_out_total", "farwatch_name_lookups_running", "farwatch_name_lookup_suspects",
  ]
  static let ofPaging = [
    "farwatch_paging_alerts", "farwatch_paging_acknowledged_alerts", "farwatch_paging_groups",
    "farwatch_silences", "farwatch_notifications_total", "farwatch_alerts_never_told_total",
    "farwatch_posted_alerts_total", "farwatch_posted_alerts", "farwatch_paging_rows_refused_total",
  ]
  /// What Farwatch says of its own end, of proofs and of the journal.
  static let ofHeartbeatsAndJournal = [
    "farwatch_heartbeat_last_success_timestamp_seconds", "farwatch_heartbeats_sent_total",
    "farwatch_heartbeat_failures_total", "farwatch_heartbeat_withheld",
    "farwatch_receiver_last_proven_timestamp_seconds", "farwatch_receiver_proof_consecutive_failures",
    "farwatch_receiver_proof_interval_seconds", "farwatch_receiver_proof_scheduled_timestamp_seconds",
    "farwatch_journal_entries", "farwatch_journal_entries_written_total",
    "farwatch_journal_entries_omitted_total", "farwatch_check_changes_left_out_total",
  ]
  /// Farwatch itself.
  static let ofItself = [
    "farwatch_alarm_state", "farwatch_alert_events_total", "farwatch_alert_events_untold_total",
    "farwatch_pages_accepted_total",
    "farwatch_pages_undurable_total", "farwatch_pages_delivered_total", "farwatch_pages_given_up_total",
    "farwatch_pages_dropped_total", "farwatch_page_attempts_failed_total", "farwatch_page_retries_total",
    "farwatch_outbox_pages", "farwatch_outbox_bytes", "farwatch_outbox_oldest_seconds",
    "farwatch_outbox_given_up_pages", "farwatch_subscription_confirmed",
    "farwatch_receiver_consecutive_failures", "farwatch_receiver_last_success_timestamp_seconds",
    "farwatch_receiver_queue_oldest_seconds", "farwatch_receiver_attempts_total",
    "farwatch_receiver_filtered_alerts_total", "farwatch_receiver_fallback_pages_total",
    "farwatch_pages_dead_lettered_total", "farwatch_notifying_journal_lost_total",
    "farwatch_outbox_unreadable_rows",
    "process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds", "process_max_fds",
    "process_start_time_seconds", "farwatch_build_info", "farwatch_ready", "farwatch_store_series",
    "farwatch_store_samples_appended_total", "farwatch_store_samples_refused_total",
    "farwatch_store_series_refused_total", "farwatch_store_blocks", "farwatch_store_checkpoints_total",
    "farwatch_store_damaged_total", "farwatch_store_disk_bytes", "farwatch_store_failing",
    "farwatch_store_known_series", "farwatch_store_samples_dropped_total", "farwatch_store_series_limit",
    "farwatch_store_write_failures_total", "farwatch_page_series_refused",
    "farwatch_rule_evaluations_total", "farwatch_rule_evaluation_failures_total",
    "farwatch_rule_template_failures_total", "farwatch_rule_group_evaluation_failures_total",
    "farwatch_rule_group_template_failures_total", "farwatch_alerts", "farwatch_alerts_fired_total",
    "farwatch_alerts_resolved_total", "farwatch_state_commits_total",
    "farwatch_state_commit_failures_total", "farwatch_state_commit_duration_seconds",
    "farwatch_state_unsaved_rows", "farwatch_http_requests_total", "farwatch_http_requests_aborted_total",
    "farwatch_http_connections_cut_total", "farwatch_http_connections",
    "farwatch_http_requests_refused_total",
    "farwatch_web_config_in_force",
    "farwatch_config_last_reload_successful", "farwatch_config_last_reload_success_timestamp_seconds",
    "farwatch_config_reloads_total", "farwatch_core_turns_total", "farwatch_core_longest_turn_seconds",
  ]
}
