package import Model

/// Everything that a person asks first, at one moment: what the status page and `/api/status` show.
package struct StatusSnapshot: Sendable {
  /// Good, bad, or not known; unknown is never shown as good.
  package enum Verdict: String, Sendable { case good, bad, degraded, unknown }

  package struct Check: Sendable {
    package var name: String
    package var verdict: Verdict
    package var since: Timestamp?
    package var consecutiveFailures: Int
    /// Why the newest probe failed; nil when it succeeded or none has ended yet.
    package var problem: String?
    package var latencySeconds: Double?
    package var lastProbe: Timestamp?
  }

  package struct Region: Sendable {
    package var name: String
    package var role: String
    /// Percent of the traffic that this region is meant to carry.
    package var share: Double?
    package var verdict: Verdict
    package var checks: [Check]
  }

  package struct Link: Sendable {
    package var name: String
    package var engine: String
    package var source: String
    package var target: String
    /// The target is complete up to here; nil when that was never known.
    package var recoveryPoint: Timestamp?
    package var objective: Duration
    /// Whether the newest collection succeeded.
    package var measured: Bool
    package var problem: String?

    /// What failing over now would lose.
    package func exposure(at now: Timestamp) -> Duration? {
      recoveryPoint.map { max(.zero, now - $0) }
    }

    package func verdict(at now: Timestamp) -> Verdict {
      guard let exposure = exposure(at: now) else { return .unknown }
      return exposure <= objective ? (measured ? .good : .unknown) : .bad
    }
  }

  package struct Backup: Sendable {
    package var job: String
    package var region: String
    /// Time of the newest good backup; nil when there is none.
    package var newestGood: Timestamp?
    package var objective: Duration
    package var sizeBytes: Double?
    package var measured: Bool
    package var problem: String?

    package func verdict(at now: Timestamp) -> Verdict {
      guard measured else { return .unknown }
      guard let newestGood else { return .bad }
      return now - newestGood <= objective ? .good : .bad
    }
  }

  package struct ActiveAlert: Sendable {
    package var name: String
    package var state: String
    package var since: Timestamp
    package var labels: Labels
    package var summary: String
    /// For alerts that say nothing of themselves.
    package var expression = ""
    /// Why it goes on although its expression does not hold; nil: it holds.
    package var held: String?
    /// nil: paging has not heard of it, as of what is pending.
    package var paging: Paging?
  }

  /// What paging makes of an alert.
  package struct Paging: Sendable {
    /// `ada until 2026-11-21 18:00:13 UTC: moving shelves`
    package var silencedBy: [String] = []
    /// Names of the alerts that hold it back.
    package var inhibitedBy: [String] = []
    package var mutedBy: [String] = []
    package var acknowledgedBy: String?
    package var acknowledgedAt: Timestamp?
    /// Topics that its routes lead to, those that were told, and when last.
    package var topics: [String] = []
    package var told: [String] = []
    package var toldAt: Timestamp?

    package var isHeldBack: Bool { !silencedBy.isEmpty || !inhibitedBy.isEmpty || !mutedBy.isEmpty }
  }

  /// A silence that holds or will.
  package struct Silenced: Sendable {
    package var matchers: String
    package var by: String
    package var comment: String
    package var startsAt: Timestamp
    package var endsAt: Timestamp
    /// Alerts that it holds back now.
    package var alerts: Int
  }

  /// A CloudWatch alarm.
  package struct Alarm: Sendable {
    package var name: String
    /// `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    package var state: String
    package var verdict: Verdict
    package var since: Timestamp
    package var reason: String
    package var isSuppressed: Bool
    package var problem: String?
    package var description: String?
    /// Metric, dimensions and threshold, or the rule of a composite alarm.
    package var watches = ""
    package var actionsEnabled = true
    /// Whom any of its states is told to.
    package var topics: [String] = []
    /// When a page about it was last decided.
    package var toldAt: Timestamp?
  }

  /// Where samples are kept.
  package struct Store: Sendable {
    package var series: Int
    package var seriesLimit: Int
    package var retention: Duration
    package var diskBytes: Int
    package var isFailing: Bool
    package var failure: String
  }

  package struct Receiver: Sendable {
    package var topic: String
    /// The subscription's name, or its receiver's kind.
    package var name = ""
    package var endpoint: String
    package var confirmed: Bool
    package var isUnsubscribed = false
    package var waiting: Int
    package var oldestWaiting: Duration?
    package var givenUp = 0
    /// Who is told while it fails, and whether that is so now.
    package var fallback: String?
    package var isFallenBack = false
    package var lastSuccess: Timestamp?
    package var consecutiveFailures: Int
    package var lastProblem: String?
    /// When it last took a test page.
    package var lastProven: Timestamp?
    package var failedProofs = 0
  }

  /// A dead man's switch.
  package struct Heartbeat: Sendable {
    package var name: String
    package var interval: Duration
    package var lastSuccess: Timestamp?
    package var lastProblem: String?
    /// Why none is sent; empty: they are.
    package var withheld: [String]
  }

  /// One line of the journal.
  package struct Event: Sendable {
    package var at: Timestamp
    package var kind: String
    package var alert: String
    package var what: String
  }

  package var takenAt: Timestamp
  package var startedAt: Timestamp
  package var vantage: String
  package var version: String
  /// False until every collector has reported once: rules are not judged before.
  package var ready: Bool
  package var lastReloadProblem: String?
  package var regions: [Region]
  package var links: [Link]
  package var backups: [Backup]
  package var alerts: [ActiveAlert]
  package var silences: [Silenced] = []
  package var alarms: [Alarm] = []
  /// Sentences about the store's files and about rules that cannot be evaluated.
  package var ruleProblems: [String]
  package var receivers: [Receiver]
  package var store: Store?
  package var heartbeats: [Heartbeat] = []
  /// Newest first.
  package var events: [Event] = []
}
