/// Farwatch itself: what it left out because a limit was reached or something did not answer.
extension Runbooks {
  static let limits: [String: Page] = [
    "name-lookups-time-out": Page(
      title: "The resolver does not answer",
      meaning: """
        farwatch_name_lookups_timed_out_total: names were asked for, and no answer came within the \
        time of a probe.
        """,
      steps: [
        "Ask this machine's resolver yourself: getent hosts NAME. /etc/resolv.conf says which it is.",
        """
        One name only: its own name servers are at fault. farwatch_name_lookup_suspects counts such \
        names; together they hold half of the threads at most.
        """,
        """
        All names: check the resolver and the way to it. Regions that go down now may be well: \
        canaries say whether this watcher is offline.
        """,
        "farwatch_name_lookups_remembered_total grows: last good answers are being used meanwhile.",
      ]),
    "name-lookups-not-begun": Page(
      title: "Look-ups of names find no thread",
      meaning: """
        Every thread that looks up names waits for an answer, so that a check had to fail before its \
        name was asked for.
        """,
      steps: [
        "Read the runbook of resolvers that do not answer first: that is nearly always the cause.",
        """
        farwatch_name_lookups_running says how many wait. It falls when the resolver answers or its \
        time-out passes: options timeout: and attempts: in /etc/resolv.conf.
        """,
        "It stays: report it. Until then addresses in place of names keep the most important checks going.",
      ]),
    "queries-turned-away": Page(
      title: "Queries are turned away",
      meaning: """
        Of queries of the HTTP API, refused ones found no place in the line, and timed out ones took \
        longer than query: timeout.
        """,
      steps: [
        """
        farwatch_queries_running and farwatch_queries_waiting on the dashboard Farwatch itself: \
        always at the limit, or in bursts?
        """,
        """
        A dashboard with many panels and a short refresh is the usual cause: a longer one, or \
        recording rules such as rules/dashboards.yml.
        """,
        """
        One query that reads very much holds a place for long: max_samples in the configuration's \
        query: ends it earlier.
        """,
        "There is processor to spare: raise concurrency and waiting in query:, and reload.",
      ]),
    "state-commits-slow": Page(
      title: "The disk is slow for the state of pages",
      meaning: """
        farwatch_state_commit_duration_seconds: each page waits for one transaction with its sync, \
        which takes milliseconds on a sound disk.
        """,
      steps: [
        """
        What else writes to that disk? iostat -x 1 shows its load; backups and databases are the \
        usual neighbours.
        """,
        """
        A network disk or a full one: move the state directory (state: in the configuration) to a \
        local one.
        """,
        "The disk's own errors stand in the kernel's log: dmesg.",
      ]),
    "samples-dropped": Page(
      title: "Samples were dropped",
      meaning: "While the disk took nothing, samples stayed in memory until their share of it was full.",
      steps: [
        "StoreFailing has been firing, or fires: its runbook tells how to give the disk room again.",
        "Rules that look back over that time see a gap, and rates over it are lower than they were.",
        "Nothing is to be repaired afterwards: what is measured from then on is kept.",
      ]),
    "rule-templates-fail": Page(
      title: "A text of a rule cannot be made",
      meaning: "A label's or an annotation's template cannot be worked out for an alert that fires.",
      steps: [
        """
        The page itself and the log say which and why: a function that is not there, a query in it \
        that fails.
        """,
        "farwatch test rules with an alert of that rule shows the text as it comes out.",
        """
        Is it a label? Routes match labels: somebody else may be paged, or nobody, until it is \
        right. Mend it, and reload.
        """,
      ]),
    "journal-entries-omitted": Page(
      title: "Events are only counted in the journal",
      meaning: """
        More happened in one turn than the journal takes, so that it has one entry that says how \
        many events of which kind there were.
        """,
      steps: [
        "The entry (farwatch events) says the kind: thousands of alerts at once are the usual one.",
        """
        Alerts that each region, host or disk has for itself: aggregate them in their rule, so that \
        one says it for all.
        """,
        "Nothing of paging depends on it: every alert was judged and told as always.",
      ]),
    "metrics-page-incomplete": Page(
      title: "Series are left off the metrics page",
      meaning: """
        A series or a family cannot be written validly in the format that was last asked for: its \
        name is no name there, or two names become one when they are escaped.
        """,
      steps: [
        "farwatch query instant 'group by (__name__) ({__name__=~\".+\"})' has all names; those that the page lacks are it.",
        """
        Names of the new kind, with dots for example, come from scraped pages or remote write: \
        scrape with escaping=allow-utf-8 (Prometheus 3 does), or rename them where they are made.
        """,
        "Two families of one name and different types: one source of them has to be renamed.",
      ]),
    "event-streams-refused": Page(
      title: "Followers of the events were turned away",
      meaning: """
        As many clients follow /api/events/stream as the configuration's event_streams allows; each \
        open status page is one.
        """,
      steps: [
        """
        farwatch_event_streams says how many there are. Screens on walls and forgotten tabs are the \
        usual ones.
        """,
        "More are wanted: raise event_streams (100 unless told; each may hold 1 MiB), and reload.",
        """
        It grows without end: a program opens streams and does not read them. Its address is in the \
        proxy's log, or in ss -tn.
        """,
      ]),
  ]
}
