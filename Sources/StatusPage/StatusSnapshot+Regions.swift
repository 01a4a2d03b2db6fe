package import Model

extension StatusSnapshot {
  package struct Check: Sendable {
    package var name: String
    /// "" where the check names none.
    package var zone = ""
    package var tier = ""
    package var verdict: Verdict
    package var since: Timestamp?
    package var consecutiveFailures: Int
    /// Why the newest probe failed; nil when it succeeded or none has ended yet.
    package var problem: String?
    package var latencySeconds: Double?
    package var lastProbe: Timestamp?
    /// ``StatusSnapshot/trendWindow`` in steps of equal length, oldest first: the longest of each in seconds; nil where
    /// there was none.
    package var latencies: [Double?] = []
    /// `at least 2 of api, db`: of other checks, and never probed itself; nil: it is probed.
    package var madeOf: String?

    package init(
      name: String, zone: String = "", tier: String = "", verdict: Verdict, since: Timestamp? = nil,
      consecutiveFailures: Int, problem: String? = nil, latencySeconds: Double? = nil,
      lastProbe: Timestamp? = nil, latencies: [Double?] = [], madeOf: String? = nil
    ) {
      self.name = name
      self.zone = zone
      self.tier = tier
      self.verdict = verdict
      self.since = since
      self.consecutiveFailures = consecutiveFailures
      self.problem = problem
      self.latencySeconds = latencySeconds
      self.lastProbe = lastProbe
      self.latencies = latencies
      self.madeOf = madeOf
    }
  }

  /// What a region serves; what is not known is nil, and never 0.
  package struct Traffic: Sendable {
    /// A second.
    package var requests: Double?
    /// Those of them that fail, a second.
    package var errors: Double?
    /// Why something of it is not known.
    package var problem: String?
    /// Requests a second over ``StatusSnapshot/trendWindow``, in steps as those of latencies.
    package var history: [Double?] = []

    /// Part of the requests that fail; nil also where there are none.
    package var errorShare: Double? {
      guard let requests, let errors, requests > 0 else { return nil }
      return errors / requests
    }

    package init(
      requests: Double? = nil, errors: Double? = nil, problem: String? = nil, history: [Double?] = []
    ) {
      self.requests = requests
      self.errors = errors
      self.problem = problem
      self.history = history
    }
  }

  /// A zone or a tier of a region, as rolled up from its checks.
  package struct Part: Sendable {
    /// "" for a zone, and for a tier of the region itself.
    package var zone = ""
    package var name: String
    package var verdict: Verdict
    /// Part of a tier's weight that is known to be well; nil for zones.
    package var healthyShare: Double?

    package init(
      zone: String = "", name: String, verdict: Verdict, healthyShare: Double? = nil
    ) {
      self.zone = zone
      self.name = name
      self.verdict = verdict
      self.healthyShare = healthyShare
    }
  }

  package struct Region: Sendable {
    package var name: String
    package var role: String
    /// Percent of the traffic that this region is meant to carry.
    package var share: Double?
    package var verdict: Verdict
    package var checks: [Check]
    package var zones: [Part] = []
    package var tiers: [Part] = []
    /// Part of the answers that lead here, by what was measured; nil: not measured.
    package var servedShare: Double?
    /// nil: nothing tells.
    package var traffic: Traffic?
    /// What happened to it and its checks, newest first.
    package var events: [Event] = []

    package init(
      name: String, role: String, share: Double? = nil, verdict: Verdict, checks: [Check], zones: [Part] = [],
      tiers: [Part] = [], servedShare: Double? = nil, traffic: Traffic? = nil, events: [Event] = []
    ) {
      self.name = name
      self.role = role
      self.share = share
      self.verdict = verdict
      self.checks = checks
      self.zones = zones
      self.tiers = tiers
      self.servedShare = servedShare
      self.traffic = traffic
      self.events = events
    }
  }
}
