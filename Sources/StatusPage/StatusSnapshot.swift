package import Model

/// Everything that a person asks first, at one moment: what the status page and `/api/status` show.
package struct StatusSnapshot: Sendable {
  /// Good, bad, or not known; unknown is never shown as good.
  package enum Verdict: String, Sendable { case good, bad, degraded, unknown }

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
    /// How old the recovery point was at most in each step of ``StatusSnapshot/trendWindow``, in seconds, oldest first;
    /// nil where it was not measured.
    package var lags: [Double?] = []

    /// What failing over now would lose.
    package func exposure(at now: Timestamp) -> Duration? {
      recoveryPoint.map { max(.zero, now - $0) }
    }

    package func verdict(at now: Timestamp) -> Verdict {
      guard let exposure = exposure(at: now) else { return .unknown }
      return exposure <= objective ? (measured ? .good : .unknown) : .bad
    }

    package init(
      name: String, engine: String, source: String, target: String, recoveryPoint: Timestamp? = nil,
      objective: Duration, measured: Bool, problem: String? = nil, lags: [Double?] = []
    ) {
      self.lags = lags
      self.name = name
      self.engine = engine
      self.source = source
      self.target = target
      self.recoveryPoint = recoveryPoint
      self.objective = objective
      self.measured = measured
      self.problem = problem
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
    /// The newest good backup's size at steps of equal length over ``sizesWindow``, oldest first, in bytes.
    package var sizes: [Double?] = []
    /// Retained backups whose content was not verified yet; nil: nobody says.
    package var unverified: Double?
    /// Files whose content was found bad; nil: nobody looks.
    package var foundBad: Double?
    package var restoreTested: Timestamp?
    /// What ``sizes`` is drawn over: at most what samples are kept for.
    package var sizesWindow: Duration = .zero
    /// Backups that are present and not known to be bad; nil: nobody says.
    package var retained: Double?
    /// Files whose content was read and found good, since Farwatch looks; nil: nobody looks.
    package var foundGood: Double?

    package func verdict(at now: Timestamp) -> Verdict {
      guard measured else { return .unknown }
      guard let newestGood else { return .bad }
      return now - newestGood <= objective ? .good : .bad
    }

    package init(
      job: String, region: String, newestGood: Timestamp? = nil, objective: Duration,
      sizeBytes: Double? = nil, measured: Bool, problem: String? = nil, sizes: [Double?] = [],
      unverified: Double? = nil, foundBad: Double? = nil, restoreTested: Timestamp? = nil
    ) {
      self.job = job
      self.region = region
      self.newestGood = newestGood
      self.objective = objective
      self.sizeBytes = sizeBytes
      self.measured = measured
      self.problem = problem
      self.sizes = sizes
      self.unverified = unverified
      self.foundBad = foundBad
      self.restoreTested = restoreTested
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

    package init(
      name: String, state: String, since: Timestamp, labels: Labels, summary: String, expression: String = "",
      held: String? = nil, paging: Paging? = nil
    ) {
      self.name = name
      self.state = state
      self.since = since
      self.labels = labels
      self.summary = summary
      self.expression = expression
      self.held = held
      self.paging = paging
    }
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

    package init(
      silencedBy: [String] = [], inhibitedBy: [String] = [], mutedBy: [String] = [],
      acknowledgedBy: String? = nil, acknowledgedAt: Timestamp? = nil, topics: [String] = [],
      told: [String] = [], toldAt: Timestamp? = nil
    ) {
      self.silencedBy = silencedBy
      self.inhibitedBy = inhibitedBy
      self.mutedBy = mutedBy
      self.acknowledgedBy = acknowledgedBy
      self.acknowledgedAt = acknowledgedAt
      self.topics = topics
      self.told = told
      self.toldAt = toldAt
    }
  }

  /// A silence that holds or will.
  package struct Silenced: Sendable {
    package var id = ""
    package var matchers: String
    package var by: String
    package var comment: String
    package var startsAt: Timestamp
    package var endsAt: Timestamp
    /// Alerts that it holds back now.
    package var alerts: Int

    package init(
      id: String = "", matchers: String, by: String, comment: String, startsAt: Timestamp, endsAt: Timestamp,
      alerts: Int
    ) {
      self.id = id
      self.matchers = matchers
      self.by = by
      self.comment = comment
      self.startsAt = startsAt
      self.endsAt = endsAt
      self.alerts = alerts
    }
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

    package init(
      name: String, state: String, verdict: Verdict, since: Timestamp, reason: String, isSuppressed: Bool,
      problem: String? = nil, description: String? = nil, watches: String = "", actionsEnabled: Bool = true,
      topics: [String] = [], toldAt: Timestamp? = nil
    ) {
      self.name = name
      self.state = state
      self.verdict = verdict
      self.since = since
      self.reason = reason
      self.isSuppressed = isSuppressed
      self.problem = problem
      self.description = description
      self.watches = watches
      self.actionsEnabled = actionsEnabled
      self.topics = topics
      self.toldAt = toldAt
    }
  }

  /// Where samples are kept.
  package struct Store: Sendable {
    package var series: Int
    package var seriesLimit: Int
    package var retention: Duration
    package var diskBytes: Int
    package var isFailing: Bool
    package var failure: String

    package init(
      series: Int, seriesLimit: Int, retention: Duration, diskBytes: Int, isFailing: Bool, failure: String
    ) {
      self.series = series
      self.seriesLimit = seriesLimit
      self.retention = retention
      self.diskBytes = diskBytes
      self.isFailing = isFailing
      self.failure = failure
    }
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

    package init(
      topic: String, name: String = "", endpoint: String, confirmed: Bool, isUnsubscribed: Bool = false,
      waiting: Int, oldestWaiting: Duration? = nil, givenUp: Int = 0, fallback: String? = nil,
      isFallenBack: Bool = false, lastSuccess: Timestamp? = nil, consecutiveFailures: Int,
      lastProblem: String? = nil, lastProven: Timestamp? = nil, failedProofs: Int = 0
    ) {
      self.topic = topic
      self.name = name
      self.endpoint = endpoint
      self.confirmed = confirmed
      self.isUnsubscribed = isUnsubscribed
      self.waiting = waiting
      self.oldestWaiting = oldestWaiting
      self.givenUp = givenUp
      self.fallback = fallback
      self.isFallenBack = isFallenBack
      self.lastSuccess = lastSuccess
      self.consecutiveFailures = consecutiveFailures
      self.lastProblem = lastProblem
      self.lastProven = lastProven
      self.failedProofs = failedProofs
    }
  }

  /// A dead man's switch.
  package struct Heartbeat: Sendable {
    package var name: String
    package var interval: Duration
    package var lastSuccess: Timestamp?
    package var lastProblem: String?
    /// Why none is sent; empty: they are.
    package var withheld: [String]

    package init(
      name: String, interval: Duration, lastSuccess: Timestamp? = nil, lastProblem: String? = nil,
      withheld: [String]
    ) {
      self.name = name
      self.interval = interval
      self.lastSuccess = lastSuccess
      self.lastProblem = lastProblem
      self.withheld = withheld
    }
  }

  /// One line of the journal.
  package struct Event: Sendable {
    /// Its place in the journal; 0: not known.
    package var sequence = 0
    package var at: Timestamp
    package var kind: String
    /// The alert, or the check, that it is about.
    package var alert: String
    package var what: String

    package init(
      sequence: Int = 0, at: Timestamp, kind: String, alert: String, what: String
    ) {
      self.sequence = sequence
      self.at = at
      self.kind = kind
      self.alert = alert
      self.what = what
    }
  }

  /// What proofs and drills say of failing over to a region.
  package struct Rehearsal: Sendable {
    package var region: String
    /// How long it takes; nil: not measured.
    package var takes: Duration?
    package var lastProven: Timestamp?

    package init(
      region: String, takes: Duration? = nil, lastProven: Timestamp? = nil
    ) {
      self.region = region
      self.takes = takes
      self.lastProven = lastProven
    }
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
  /// Of regions that were rehearsed; none while nothing measures it.
  package var rehearsals: [Rehearsal] = []
  /// Collections of the last five minutes that were left out because the one before was still running.
  package var overruns: UInt64 = 0
  /// How far back the small lines on the page go.
  package var trendWindow: Duration = .seconds(3600)
  /// Collectors that have not come back though twice their time limit is over.
  package var stuckCollectors = 0
  /// Whether canaries say that this vantage is offline; nil: there are none.
  package var isOffline: Bool?

  package init(
    takenAt: Timestamp, startedAt: Timestamp, vantage: String, version: String, ready: Bool,
    lastReloadProblem: String? = nil, regions: [Region], links: [Link], backups: [Backup],
    alerts: [ActiveAlert], silences: [Silenced] = [], alarms: [Alarm] = [], ruleProblems: [String],
    receivers: [Receiver], store: Store? = nil, heartbeats: [Heartbeat] = [], events: [Event] = [],
    rehearsals: [Rehearsal] = [], overruns: UInt64 = 0, stuckCollectors: Int = 0, isOffline: Bool? = nil
  ) {
    self.takenAt = takenAt
    self.startedAt = startedAt
    self.vantage = vantage
    self.version = version
    self.ready = ready
    self.lastReloadProblem = lastReloadProblem
    self.regions = regions
    self.links = links
    self.backups = backups
    self.alerts = alerts
    self.silences = silences
    self.alarms = alarms
    self.ruleProblems = ruleProblems
    self.receivers = receivers
    self.store = store
    self.heartbeats = heartbeats
    self.events = events
    self.rehearsals = rehearsals
    self.overruns = overruns
    self.stuckCollectors = stuckCollectors
    self.isOffline = isOffline
  }
}
