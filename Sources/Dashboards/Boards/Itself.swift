extension Dashboard {
  static let itself = Dashboard(
    uid: "farwatch-itself", title: "Farwatch / Farwatch itself",
    description:
      "Whether the watcher can be trusted: is it in time, does it keep what it measures, has it room left?",
    from: "now-6h", variables: [.instance],
    rows: [
      Row("At a glance", [ready, uptime, version, offline, reload, collectorsFailing]),
      Row("In time?", [lateness, longestTurn, ruleTime, missed, overruns, collectorTime]),
      Row("Rules", [evaluations, ruleFailures]),
      Row("The store", [series, samples, refused, disk, trouble]),
      Row("The state database", [commitTime, unsaved]),
      Row("The listener", [requests, turnedAway, connections]),
      Row("Queries", [queries, queryLoad, queryTime]),
      Row("The process", [memory, processor, files, clock, names]),
    ])

  private static let instance = "instance=~\"$instance\""
  private static let who = "{{instance}}"

  /// The rate of a counter, of each Farwatch.
  private static func rate(_ family: String, by labels: String, _ legend: String) -> Query {
    Query("sum by (\(labels)) (rate(\(family){\(instance)}[$__rate_interval]))", legend)
  }
  private static func newest(_ family: String, _ legend: String = who, by labels: String = "instance")
    -> Query
  {
    Query("max by (\(labels)) (\(family){\(instance)})", legend)
  }

  /// Of the process, and of no other that the same Prometheus scrapes.
  private static func process(_ expression: String) -> String {
    "max by (instance) ((\(expression)) and on (instance, job) farwatch_build_info)"
  }

  private static let ready = Panel(
    "Judging", "Rules are judged once every collector has reported.", .stat(sparkline: false),
    [newest("farwatch_ready")], unit: .plain,
    names: ValueName.yes("yes", no: "not yet", colours: (.green, .yellow)), width: 4, height: 4)

  private static let uptime = Panel(
    "Running since", "A young age that nobody wanted is a crash.", .stat(sparkline: false),
    [Query(process("1000 * process_start_time_seconds{\(instance)}"), who)], unit: .timeAgo,
    width: 4,
    height: 4)

  private static let version = Panel(
    "Version", "The version that runs.", .stat(sparkline: false),
    [newest("farwatch_build_info", "{{version}}", by: "instance, version")],
    unit: .plain, width: 4, height: 4)

  private static let offline = Panel(
    "Way out", "Offline: no canary answers, and no region is called down meanwhile.", .stat(sparkline: false),
    [newest("farwatch_vantage_offline")], unit: .plain,
    names: ValueName.yes("offline", no: "open", colours: (.red, .green)), width: 4, height: 4,
    whenEmpty: "no canary is watched")

  private static let reload = Panel(
    "Configuration", "Whether the newest file is in force.", .stat(sparkline: false),
    [newest("farwatch_config_last_reload_successful")], unit: .plain,
    names: ValueName.yes("in force", no: "refused", colours: (.green, .red)), width: 4, height: 4)

  private static let collectorsFailing = Panel(
    "Collectors that fail", "Those whose last run brought nothing.", .stat(sparkline: false),
    [Query("count(farwatch_collector_up{\(instance)} == 0) or vector(0)", "failing")],
    thresholds: Threshold.few, width: 4, height: 4)

  private static let lateness = Panel(
    "Start of collections, late by",
    "The greatest of the last five minutes. Beyond a second the machine is too slow.",
    .timeSeries(stacked: false), [newest("farwatch_schedule_longest_delay_seconds")], unit: .seconds,
    thresholds: Threshold.rising(1, 5), width: 8)

  private static let longestTurn = Panel(
    "Longest turn",
    "Of the one thread that decides, in the last five minutes: so long may a page have waited.",
    .timeSeries(stacked: false), [newest("farwatch_core_longest_turn_seconds")], unit: .seconds,
    thresholds: Threshold.rising(0.5, 2), width: 8)

  private static let ruleTime = Panel(
    "Evaluation of rule groups", "How long the last one took.", .timeSeries(stacked: false),
    [newest("farwatch_rule_group_last_duration_seconds", "{{group}}", by: "group")], unit: .seconds, width: 8)

  private static let missed = Panel(
    "Missed evaluations", "Intervals that passed without one, because the one before came late.",
    .timeSeries(stacked: true),
    [rate("farwatch_rule_group_iterations_missed_total", by: "group", "{{group}}")], unit: .perSecond,
    width: 8)

  private static let overruns = Panel(
    "Collections left out", "Because the one before was still running.", .timeSeries(stacked: true),
    [
      Query(
        """
        sum by (kind, name) (rate(farwatch_collector_overruns_total{\(instance)}[$__rate_interval])) > 0
        """, "{{kind}} {{name}}")
    ], unit: .perSecond, width: 8, whenEmpty: "none was left out")

  private static let collectorTime = Panel(
    "Slowest collections", "The ten that take longest.", .timeSeries(stacked: false),
    [
      Query(
        "topk(10, max by (kind, name) (farwatch_collector_duration_seconds{\(instance)}))",
        "{{kind}} {{name}}")
    ], unit: .seconds, width: 8)

  private static let evaluations = Panel(
    "Evaluations", "Of single rules.", .timeSeries(stacked: false),
    [rate("farwatch_rule_evaluations_total", by: "instance", who)], unit: .perSecond)

  private static let ruleFailures = Panel(
    "Failures", "A rule that fails keeps its alerts as they are; of a template the text says so.",
    .timeSeries(stacked: true),
    [
      rate("farwatch_rule_group_evaluation_failures_total", by: "group", "{{group}}"),
      rate("farwatch_rule_group_template_failures_total", by: "group", "{{group}}: templates"),
    ], unit: .perSecond)

  private static let series = Panel(
    "Series", "At the limit new ones are refused.", .timeSeries(stacked: false),
    [
      newest("farwatch_store_series", "active"), newest("farwatch_store_known_series", "with samples"),
      newest("farwatch_store_series_limit", "limit"),
    ], width: 8)

  private static let samples = Panel(
    "Samples", "Samples that the store has taken.", .timeSeries(stacked: false),
    [rate("farwatch_store_samples_appended_total", by: "instance", who)], unit: .perSecond, width: 8)

  private static let refused = Panel(
    "Refused", "Samples and series that were not taken.", .timeSeries(stacked: true),
    [
      rate("farwatch_store_samples_refused_total", by: "reason", "{{reason}}"),
      rate("farwatch_store_series_refused_total", by: "instance", "series, at the limit"),
    ], unit: .perSecond, width: 8)

  private static let disk = Panel(
    "Size on the disk", "Of the files that hold samples.", .timeSeries(stacked: false),
    [newest("farwatch_store_disk_bytes")], unit: .bytes)

  private static let trouble = Panel(
    "Trouble with the disk", "In the time shown. Wanted: none.", .stat(sparkline: false),
    [
      newest("farwatch_store_failing", "failing now"),
      Query("max(increase(farwatch_store_write_failures_total{\(instance)}[$__range]))", "writes refused"),
      Query("max(farwatch_store_damaged_total{\(instance)})", "damaged"),
      Query("max(increase(farwatch_store_samples_dropped_total{\(instance)}[$__range]))", "samples dropped"),
    ], thresholds: Threshold.none)

  private static let commitTime = Panel(
    "Commits", "Duration of the last transaction, its sync included: each page waits for one.",
    .timeSeries(stacked: false), [newest("farwatch_state_commit_duration_seconds")], unit: .seconds)

  private static let unsaved = Panel(
    "Not stored", "Rows that the disk has refused so far, and failed commits a second.",
    .timeSeries(stacked: false),
    [
      newest("farwatch_state_unsaved_rows", "rows"),
      rate("farwatch_state_commit_failures_total", by: "instance", "failed commits"),
    ])

  private static let requests = Panel(
    "Requests", "By class of the answer.", .timeSeries(stacked: true),
    [rate("farwatch_http_requests_total", by: "code", "{{code}}")], unit: .perSecond, width: 8)

  private static let turnedAway = Panel(
    "Turned away", "Requests refused at the door, ended early, or too slow to arrive.",
    .timeSeries(stacked: true),
    [
      rate("farwatch_http_requests_refused_total", by: "reason", "{{reason}}"),
      rate("farwatch_http_requests_aborted_total", by: "instance", "ended early"),
      rate("farwatch_http_connections_cut_total", by: "reason", "{{reason}}"),
    ], unit: .perSecond, width: 8)

  private static let connections = Panel(
    "Open connections", "To the listener; some of them follow the events.", .timeSeries(stacked: false),
    [newest("farwatch_http_connections", "open"), newest("farwatch_event_streams", "follow the events")],
    width: 8)

  private static let queries = Panel(
    "Queries", "Of the HTTP API, by how they ended. Refused ones found no place in the line.",
    .timeSeries(stacked: true), [rate("farwatch_queries_total", by: "result", "{{result}}")],
    unit: .perSecond, width: 8)

  private static let queryLoad = Panel(
    "Queries under way", "When as many run as may, others wait for their turn.", .timeSeries(stacked: false),
    [
      newest("farwatch_queries_running", "running"), newest("farwatch_queries_waiting", "waiting"),
      newest("farwatch_queries_concurrency_limit", "may run"),
    ], width: 8)

  private static let queryTime = Panel(
    "Time of a query", "On average, of those that ended: running, and waiting for a turn before it.",
    .timeSeries(stacked: true),
    [
      perQuery("farwatch_query_run_seconds_total", "runs"),
      perQuery("farwatch_query_wait_seconds_total", "waits"),
    ],
    unit: .seconds, width: 8, whenEmpty: "nobody asks")

  /// Of a query that found a place.
  private static func perQuery(_ seconds: String, _ legend: String) -> Query {
    Query(
      """
      sum by (instance) (rate(\(seconds){\(instance)}[$__rate_interval]))
        / (sum by (instance) (rate(farwatch_queries_total{\(instance), result!="refused"}[$__rate_interval])) > 0)
      """, legend)
  }

  private static let memory = Panel(
    "Memory", "Resident memory of the process.", .timeSeries(stacked: false),
    [Query(process("process_resident_memory_bytes{\(instance)}"), who)],
    unit: .bytes,
    width: 8)

  private static let processor = Panel(
    "Processor", "Cores in use.", .timeSeries(stacked: false),
    [Query(process("rate(process_cpu_seconds_total{\(instance)}[$__rate_interval])"), who)], width: 8)

  private static let files = Panel(
    "Open files", "Of those allowed.", .timeSeries(stacked: false),
    [
      Query(
        process("process_open_fds{\(instance)} / process_max_fds{\(instance)}"), who)
    ], unit: .ratio, thresholds: Threshold.rising(0.8, 0.95), width: 8)

  private static let clock = Panel(
    "The clock",
    "The system's clock minus the time that Farwatch goes by, which does not follow a step at once; and steps back.",
    .timeSeries(stacked: false),
    [
      newest("farwatch_clock_offset_seconds", "offset, seconds"),
      newest("farwatch_clock_set_back_total", "set back"),
    ])

  private static let names = Panel(
    "Look-ups of names", "Begun, and without an answer in time.", .timeSeries(stacked: false),
    [
      rate("farwatch_name_lookups_total", by: "instance", "begun"),
      rate("farwatch_name_lookups_timed_out_total", by: "instance", "timed out"),
      rate("farwatch_name_lookups_not_begun_total", by: "instance", "no thread free"),
    ], unit: .perSecond)
}
