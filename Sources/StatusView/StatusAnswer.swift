package import Model

/// What a running Farwatch says of itself and its world at `/api/status`.
///
/// Whatever is missing or null is unknown, and what is new is passed over: the daemon may be older or newer.
package struct StatusAnswer: Hashable, Sendable {
  /// As the daemon judges; any other word is unknown.
  package enum Verdict: String, Hashable, Sendable { case good, degraded, bad, unknown }

  /// What failing over to a region would cost now.
  package struct Readiness: Hashable, Sendable {
    /// nil: everything that the region's links carry.
    package var workload: String?
    package var region = ""
    package var verdict = Verdict.unknown
    /// `not known to be safe`; nil: an older daemon does not say.
    package var call: String?
    package var exposureSeconds: Double?
    package var takesSeconds: Double?
    package var lastProven: Timestamp?
    /// Why something of it is not known.
    package var reason: String?
  }

  package struct Check: Hashable, Sendable {
    package var name = ""
    package var verdict = Verdict.unknown
    package var since: Timestamp?
    package var consecutiveFailures = 0
    package var problem: String?
    package var latencySeconds: Double?
  }

  /// What a region serves; nil is unknown.
  package struct Traffic: Hashable, Sendable {
    package var requestsPerSecond: Double?
    package var errorsPerSecond: Double?
    /// Why something of it is not known.
    package var reason: String?
  }

  package struct Region: Hashable, Sendable {
    package var name = ""
    package var role = ""
    package var sharePercent: Double?
    package var verdict = Verdict.unknown
    /// nil: nothing tells.
    package var traffic: Traffic?
    package var checks: [Check] = []
  }

  package struct Link: Hashable, Sendable {
    package var name = ""
    package var engine = ""
    package var source = ""
    package var target = ""
    package var exposureSeconds: Double?
    package var objectiveSeconds: Double?
    package var verdict = Verdict.unknown
    package var problem: String?
  }

  package struct Backup: Hashable, Sendable {
    package var job = ""
    package var region = ""
    package var newestGood: Timestamp?
    package var objectiveSeconds: Double?
    package var sizeBytes: Double?
    package var measured = false
    package var verdict = Verdict.unknown
    package var problem: String?
  }

  package struct Alert: Hashable, Sendable {
    package var name = ""
    package var state = ""
    package var since: Timestamp?
    package var labels: [String: String] = [:]
    package var summary = ""
    /// Why nobody is paged, in words; empty: nothing holds it back.
    package var heldBackBy: [String] = []
    package var acknowledgedBy: String?
  }

  package struct Alarm: Hashable, Sendable {
    package var name = ""
    package var state = ""
    package var verdict = Verdict.unknown
    package var since: Timestamp?
    package var reason = ""
  }

  package struct Receiver: Hashable, Sendable {
    package var topic = ""
    package var name = ""
    package var confirmed = true
    package var waiting = 0
    package var consecutiveFailures = 0
    package var givenUp = 0
    package var problem: String?
    /// Who is told in its place, now.
    package var fallback: String?
    package var isFallenBack = false

    package var isInTrouble: Bool { !confirmed || consecutiveFailures > 0 || isFallenBack }
  }

  package var takenAt: Timestamp?
  package var startedAt: Timestamp?
  package var vantage = ""
  package var version = ""
  package var isReady = false
  /// Sentences about the daemon's own state.
  package var problems: [String] = []
  /// The whole, as the daemon judges it; nil: an older one leaves that to whoever asks.
  package struct Told: Hashable, Sendable {
    package var verdict: Verdict
    package var text: String
    package var failover: String?

    package init(verdict: Verdict, text: String, failover: String? = nil) {
      self.verdict = verdict
      self.text = text
      self.failover = failover
    }
  }

  package var told: Told?
  package var readiness: [Readiness] = []
  package var regions: [Region] = []
  package var links: [Link] = []
  package var backups: [Backup] = []
  /// The most urgent.
  package var alerts: [Alert] = []
  /// Those that fire of all, as the daemon counts; nil: an older one, which sends them all.
  package var countedFiring: Int?
  /// Those that are counted and not among ``alerts``.
  package var alertsLeftOut = 0
  package var alarms: [Alarm] = []
  package var receivers: [Receiver] = []

  package init() {}

  /// Of all that there are.
  package var alertsFiring: Int { max(countedFiring ?? 0, alerts.count(where: \.isFiring)) }
}
