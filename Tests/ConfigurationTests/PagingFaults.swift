/// Faults of grouping, repetition, escalation and the limits of paging.
let pagingFaults: [Fault] = [
  Fault(
    routes("[{topic: pager, matchers: ['a=b', 'a=~(']}]"),
    #"3:47: invalid regular expression "(": missing ): ("#),
  Fault(
    routes("[{topic: pager, group_by: [region, region]}]"),
    #"3:35: the label "region" stands twice"#),
  Fault(
    routes("[{topic: pager, group_by: ['...', a]}]"),
    #"3:35: "..." means all labels and stands alone"#),
  Fault(
    routes("[{topic: pager, group_wait: soon}]"),
    #"3:37: expected a duration such as 30s or 1h30m, found "soon""#),
  Fault(
    routes("[{topic: pager, group_interval: 31d}]"),
    "3:41: must be between 0s and 30d, found 31d"),
  Fault(
    routes("[{topic: pager, group_interval: 5m, repeat_interval: 1m}]"),
    "3:62: is shorter than group_interval"),
  Fault(
    routes("[{topic: pager, mute_time_intervals: [night], active_time_intervals: [day]}]"),
    #"3:47: unknown time interval "night"; `time_intervals` declares none"#,
    #"3:79: unknown time interval "day"; `time_intervals` declares none"#),
  Fault(
    routes("[{topic: pager, escalation: [{after: 1ms, topic: pagr}, {topic: pager}]}]"),
    "3:46: must be between 1s and 1w, found 1ms",
    #"3:58: unknown topic "pagr"; did you mean "pager"?"#, "3:65: missing key `after`"),
  Fault(
    region + "paging: {alerts_per_page: 0, posted_alert_limit: -1, start_hold: 1h}",
    "2:27: must be between 1 and 1000, found 0", "2:50: must be between 0 and 1000000, found -1",
    "2:66: must be between 0s and 10m, found 1h"),
  Fault(
    region + "paging: {resolve_timeout: 0s, silent_poster_limit: 8d, waits: 1}",
    "2:27: must be between 1s and 1w, found 0s", "2:52: must be between 1s and 1w, found 8d",
    "2:56: unknown key `waits`; expected one of `alerts_per_page`, `posted_alert_limit`, `resolve_timeout`, `silent_poster_limit`, `start_hold`"
  ),
  Fault(
    region + "trusted_clients: [10.0.0.0/8, office]",
    #"2:31: expected an address or a range such as 10.0.0.0/8, found "office""#),
]
