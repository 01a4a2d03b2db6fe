internal import StatusPage

/// What to do when one of the shipped rules fires: the pages behind `runbook_url`. They are served by the daemon that
/// paged, because at 3 a.m. the wiki may be in the region that is down.
enum Runbooks {
  struct Page {
    var title: String
    /// Paragraphs: what it means, then what to do, in order.
    var meaning: String
    var steps: [String]
  }

  /// By the last part of their address.
  static let pages: [String: Page] = [
    common, databases, clouds, backupStores, doors, watcher, limits, readiness, drills,
  ]
  .reduce(into: [:]) { $0.merge($1) { first, _ in first } }

  private static let common: [String: Page] = [
    "region-down": Page(
      title: "A region is down",
      meaning: "Every health check of the region has failed as often in a row as its check demands.",
      steps: [
        "Look at the status page: is this the only region? If all are down, suspect this watcher's own network first.",
        "Open the region's health URL from a second place. Refused or unreachable: the whole site; a 5xx: the application.",
        "Before failing over, read the replication and backup rows: they say what would be lost now.",
        "After failing over, make sure that the old primary cannot come back and take writes.",
      ]),
    "region-degraded": Page(
      title: "A region is degraded",
      meaning: "Some checks of the region are down while others are not.",
      steps: [
        "The region's card names the failing checks and why each failed.",
        "A single failing check is usually that service; a growing number is a region on its way down.",
      ]),
    "region-state-unknown": Page(
      title: "A region's state is unknown",
      meaning: "No check of the region has come to a verdict. Unknown is not up.",
      steps: [
        "Right after a start this ends by itself.",
        "Otherwise look at the checks' reasons: bad_configuration and limit_reached are Farwatch's own.",
        "Is a check configured for the region at all?",
      ]),
    "vantage-offline": Page(
      title: "This watcher is offline",
      meaning:
        "Too few of the canaries, targets elsewhere that are surely up, can be reached: it is our own way out that fails.",
      steps: [
        "Check this machine's network, its DNS and its way out. The reasons of the canaries are on the metrics page.",
        "Until it is back, ask another vantage about the regions: this one knows nothing of them, and says so.",
        "Canaries that are really down: replace them, or raise their number.",
      ]),
    "canary-not-working": Page(
      title: "A canary does not work",
      meaning:
        "A canary, a target elsewhere that is surely up, has not been reached. One that does not work cannot say that this watcher is offline.",
      steps: [
        "Its reason stands in farwatch_probe_failure_reason. permission_denied of a ping: give the account the right to ping, or take a TCP or HTTP canary.",
        "Timeouts and refused names while other canaries answer: the target is gone; choose another one.",
        "While no canary works every failure is taken as the target's own, and regions may be blamed for this machine's network.",
      ]),
    "check-down": Page(
      title: "A health check is down",
      meaning: "The check has failed as often in a row as its configuration demands.",
      steps: [
        "farwatch_probe_failure_reason and the status page say why the last probe failed.",
        "certificate_… reasons: the service answers, but its certificate is not acceptable.",
        "timeout with a connect phase: the host is there and the application hangs; without one: the network.",
      ]),
    "replication-lag": Page(
      title: "Replication is further behind than its objective",
      meaning: "Failing over to this target now would lose what was written since its recovery point.",
      steps: [
        "Is the source writing more than the link carries, or is replay paused or the receiver gone? The farwatch_postgres_… series of the target say which.",
        "A recovery point that stands still while the source is down is the truth: that is what is there.",
        "Do not fail over to this target if another one has a newer recovery point.",
      ]),
    "replication-not-measured": Page(
      title: "No recovery point is known",
      meaning: "Nothing tells how far the target is. Take it for unknown, not for zero.",
      steps: [
        "farwatch_postgres_failure_reason of source and target: authentication_failed, permission_denied or wrong_cluster are configuration; the rest is the network or the server.",
        "The watching role needs pg_monitor.",
      ]),
    "replication-slot-lost": Page(
      title: "A replication slot is lost",
      meaning: "The primary removed write-ahead log that the slot still needed. The standby cannot catch up.",
      steps: [
        "Seed the standby anew (pg_basebackup), with a new slot.",
        "Until then this target is no place to fail over to.",
        "max_slot_wal_keep_size decides how long a silent standby is waited for.",
      ]),
    "split-brain": Page(
      title: "Two nodes of one cluster accept writes",
      meaning:
        "More than one node of the same system identifier is out of recovery. Both histories are growing.",
      steps: [
        "Stop writes to one of them now: fence it, do not only redirect traffic.",
        "The timelines on the metrics page say which one was promoted last.",
        "What the fenced node wrote since the promotion must be merged by hand or given up, before it is seeded anew.",
      ]),
    "backup-stale": Page(
      title: "The newest good backup is too old",
      meaning: "No backup that is complete, large enough and settled is as young as the schedule demands.",
      steps: [
        "backup_rejected says what is wrong with newer files: truncated, no_trailer, too_small, settling.",
        "No newer file at all: the job does not run, or the disk it writes to is full.",
      ]),
    "backup-missing": Page(
      title: "There is no good backup",
      meaning: "Nothing in the repository counts as a good backup.",
      steps: [
        "Is the path right and readable for the watcher?",
        "backup_rejected says why each present file does not count.",
      ]),
    "backup-check-failing": Page(
      title: "Backups cannot be checked",
      meaning: "The repository could not be read. What is known of its backups grows old.",
      steps: [
        "Is the folder mounted, and may the watcher's user read it?",
        "A hung mount reads as timeout, then overrun.",
      ]),
    "certificate-expiring": Page(
      title: "A certificate expires soon",
      meaning: "A certificate of the chain that the check was shown ends within days.",
      steps: [
        "Renew it, and reload the service that presents it.",
        "An intermediate certificate counts as well: the series is the earliest end of the chain.",
      ]),
    "collector-failing": Page(
      title: "A collector fails",
      meaning: "Farwatch cannot measure this target; rules over its series see nothing new.",
      steps: [
        "The log names the collector and the reason.", "The status page shows the newest reason in its row.",
      ]),
    "notifications-delayed": Page(
      title: "Pages are waiting",
      meaning: "A receiver does not take pages. Nothing is lost: they are sent when it answers.",
      steps: [
        "The last table of the status page names the receiver and its last answer.",
        "subscription not confirmed: the receiver never visited the SubscribeURL; is external_url reachable from there?",
        "Until it is mended, watch the status page: this page may be the only one that got through.",
      ]),
    "series-refused": Page(
      title: "Series are refused",
      meaning:
        "More series are active than store.series_limit allows. What is new is not measured, and rules do not see it.",
      steps: [
        "farwatch_store_series says how many are active. Which metric name has the most rows on the metrics page?",
        "A label whose value never repeats (a time, a request id) is the usual cause: take it out of the recording rule.",
        "If all of them are wanted, raise store.series_limit and restart: a series takes about 1 KB of memory.",
      ]),
    "store-failing": Page(
      title: "Samples cannot be written",
      meaning:
        "Measuring, judging and paging go on from memory. A restart now would lose what was measured since it began.",
      steps: [
        "Is the disk of the state directory full, or mounted read-only? df and dmesg say so.",
        "Make room: it recovers by itself within seconds, with nothing lost but what farwatch_store_samples_dropped_total counts.",
        "Do not restart Farwatch before.",
      ]),
    "store-damaged": Page(
      title: "Stored samples were found damaged",
      meaning: "A checksum was wrong: samples of the past are missing. None is wrong.",
      steps: [
        "The log names the files; they are kept beside the others as .damaged and may be deleted.",
        "Suspect the disk or the memory of the machine: dmesg, smartctl, and the state of other databases on it.",
      ]),
    "receiver-failing": Page(
      title: "A receiver takes no pages",
      meaning:
        "Several requests in a row failed. Its pages wait, in order, and are tried on; the other receivers are told.",
      steps: [
        "farwatch events --kind attempt shows its answers: a 401 or 403 is a key, a 404 a wrong address, a timeout the network.",
        "Is somebody else told of what is waiting? A subscription's fallback and the topic's other receivers say who.",
        "After it is mended: farwatch prove --receiver NAME.",
      ]),
    "receiver-unproven": Page(
      title: "A receiver is not proven to work",
      meaning: "It has taken no test page for two rounds of the schedule, or none since it was configured.",
      steps: [
        "farwatch prove --receiver NAME sends one now and says how it went.",
        "If it is taken but nobody sees it: the service behind it (on-call schedule, channel, filter) drops it.",
      ]),
    "pages-lost": Page(
      title: "Pages were not delivered",
      meaning:
        "Pages left the outbox without having been taken, because a limit was reached or their time was over.",
      steps: [
        "farwatch events --kind dropped and --kind given_up name them: who should have heard of what.",
        "Tell those people by hand, then mend the receiver.",
      ]),
    "pages-not-durable": Page(
      title: "Pages are sent without being stored",
      meaning:
        "The state directory refuses writes. Pages go out at once, but a crash now could lose or repeat some.",
      steps: [
        "Is its disk full, or mounted read-only? Make room: what waits is written by itself.",
        "Do not restart Farwatch before.",
      ]),
    "alert-untold": Page(
      title: "Alerts reach nobody",
      meaning: "An alert fired, and no route takes it, or its topic has no subscriber that listens.",
      steps: [
        "The log and farwatch alerts name it and its labels.",
        "Add a last route without matchers: it takes what no other does.",
      ]),
    "rules-failing": Page(
      title: "Rules cannot be evaluated",
      meaning: "Their alerts stay as they are, and no new one can fire.",
      steps: [
        "The status page names group, file, rule and error.",
        "many-to-many matching and duplicate series usually mean that a label is missing in on() or by().",
      ]),
    "heartbeat-withheld": Page(
      title: "The heartbeat is withheld",
      meaning: "Something that must run does not, so Farwatch no longer says that it watches.",
      steps: [
        "The label reason names what: the core, the rules, the state database, the store or the collectors.",
        "The status page and the log say more.",
      ]),
    "subscription-not-confirmed": Page(
      title: "A subscription is not confirmed",
      meaning:
        "Its receiver never visited the SubscribeURL, or it has unsubscribed itself. It is sent no pages.",
      steps: [
        "The status page names it and says which of the two; the log has the answers to what it was sent.",
        "Never confirmed: is external_url reachable from there? confirm: skip does without the visit.",
        "Unsubscribed, and not on purpose: visit the SubscribeURL of the notice that it was sent.",
        "If it is to stay silent, take it out of the configuration.",
      ]),
    "configuration-reload-failed": Page(
      title: "The configuration on disk is not in force",
      meaning: "Farwatch goes on with what it had. A restart would fail.",
      steps: ["farwatch check config FILE lists every problem with its place.", "Mend it, then send SIGHUP."]),
  ]

  /// The page of `slug` as HTML; nil when there is none.
  static func render(_ slug: String) -> [UInt8]? {
    guard let page = pages[slug] else { return nil }
    var html = HTMLText()
    html.raw("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>")
    html.text(page.title)
    html.raw("</title><link rel=\"stylesheet\" href=\"/status.css\"></head><body><header><h1>")
    html.text(page.title)
    html.raw("</h1></header><p>")
    html.text(page.meaning)
    html.raw("</p><ol>\n")
    for step in page.steps {
      html.raw("<li>")
      html.text(step)
      html.raw("</li>\n")
    }
    html.raw(
      "</ol><p><a href=\"/\">Status page</a> &middot; <a href=\"/metrics\">Metrics</a></p></body></html>\n")
    return html.bytes
  }
}
