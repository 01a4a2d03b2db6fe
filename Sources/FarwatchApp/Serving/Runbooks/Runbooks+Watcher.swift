/// Farwatch itself: its schedule, its clock, its doors.
extension Runbooks {
  static let watcher: [String: Page] = [
    "collections-late": Page(
      title: "Collections begin late",
      meaning: """
        farwatch_schedule_longest_delay_seconds: the thread that starts them was busy, or had no \
        processor.
        """,
      steps: [
        """
        Is the machine overloaded or does its hypervisor take the processor away? Look at load \
        and steal (vmstat 1).
        """,
        """
        farwatch_core_longest_turn_seconds as high: something in Farwatch itself takes long. \
        Rules are the usual cause: farwatch_rule_group_last_duration_seconds names the group.
        """,
        """
        Neither: lengthen the intervals of checks that need no seconds, or split the watching \
        between two Farwatches.
        """,
      ]),
    "collections-left-out": Page(
      title: "Collections are left out",
      meaning: """
        The collection before was still running when the next one was due. None runs twice at a \
        time.
        """,
      steps: [
        """
        farwatch_collector_duration_seconds says how long it takes. Longer than its interval: \
        raise the interval.
        """,
        "As long as its time-out: the target hangs. Its own alerts and failure reasons say more.",
        """
        Large listings of backups: the list is read to the end; a prefix in the configuration \
        makes it shorter.
        """,
      ]),
    "decisions-slow": Page(
      title: "Decisions are slow",
      meaning: "One thread decides everything. While a turn lasts, no alert fires and no page leaves.",
      steps: [
        """
        farwatch_rule_group_last_duration_seconds: a group near the same value is the cause; \
        look for selectors without labels over long ranges.
        """,
        "The machine swaps or has no processor left: vmstat 1.",
        "It began with a reload: go back to the configuration before.",
      ]),
    "rule-evaluations-missed": Page(
      title: "Evaluations of rules are missed",
      meaning: "An evaluation came so late that whole intervals of its group passed without one.",
      steps: [
        """
        farwatch_rule_group_last_duration_seconds beside farwatch_rule_group_interval_seconds: a \
        group that takes longer than its interval never keeps it. Lengthen the interval or \
        record what its rules share.
        """,
        "All groups at once: the machine or a long turn; see farwatch_core_longest_turn_seconds.",
        "The status page says which rules failed by their time limit.",
      ]),
    "state-not-saved": Page(
      title: "State is not saved",
      meaning: "The database in the state directory takes no transactions. Farwatch goes on from memory.",
      steps: [
        "Do not restart Farwatch now: what is unsaved would be lost.",
        """
        df -h and df -i of the state directory, dmesg for errors of the disk, mount for a file \
        system that became read-only.
        """,
        "Once it takes writes again everything is saved by itself; farwatch_state_unsaved_rows falls to 0.",
      ]),
    "clock-stepped": Page(
      title: "The clock has stepped",
      meaning: "The system's clock jumped. A step ahead is followed after a minute, a step back at once.",
      steps: [
        "chronyc tracking or timedatectl: is the clock kept, and by whom? Two time services fight.",
        "A virtual machine that was frozen or moved steps once; that needs nothing.",
        """
        Lags and ages that compare two machines' clocks were wrong meanwhile: look again before \
        failing over.
        """,
      ]),
    "logins-refused": Page(
      title: "Requests with wrong credentials",
      meaning: """
        The listener turned requests away for their password or token, or because their sender is \
        barred for many of them.
        """,
      steps: [
        "The log names the senders. One of your own: its password or token was changed on one side only.",
        "A stranger: why can it reach the listener at all? listen: and the firewall.",
        """
        farwatch_http_requests_refused_total{reason} tells other refusals apart: rate, role, \
        origin, host, certificate.
        """,
      ]),
    "web-configuration-not-in-force": Page(
      title: "The web configuration is not in force",
      meaning: """
        A file that the listener's door is made of cannot be used as it is; the version before \
        stays in force.
        """,
      steps: [
        """
        The log says which file and why: a key that does not fit its certificate, an entry that \
        is no hash, permissions.
        """,
        "An expiring certificate makes it urgent: the old one is still being shown.",
        "Files are looked at every few seconds; nothing need be restarted once they are right.",
      ]),
    "files-nearly-used-up": Page(
      title: "Open files are nearly used up",
      meaning: "Each probe, connection and page under way is an open file.",
      steps: [
        "farwatch_http_connections: many readers? connections_per_address bounds them.",
        """
        Otherwise raise LimitNOFILE in the systemd unit; it should be four times the number of \
        checks at least.
        """,
        "It grows without end: a leak. ls -l /proc/PID/fd shows of what; report it.",
      ]),
  ]
}
