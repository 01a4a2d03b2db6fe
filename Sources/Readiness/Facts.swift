package import Model

/// What is known about the world at one moment: everything that readiness follows from. Nothing in it is guessed; what
/// was not measured is nil.
package struct Facts: Sendable {
  /// The state of a region, rolled up from its checks.
  package struct Region: Hashable, Sendable {
    package enum Health: String, Sendable { case up, degraded, down, unknown }
    package var health: Health
    /// When the first of the bad samples was taken that the state follows from; nil while all is well.
    package var badSince: Timestamp?
    /// When it was confirmed to be down.
    package var downSince: Timestamp?

    package init(_ health: Health, badSince: Timestamp? = nil, downSince: Timestamp? = nil) {
      self.health = health
      self.badSince = badSince
      self.downSince = downSince
    }
  }

  /// One target of a replication link.
  package struct Link: Hashable, Sendable {
    package var source: String
    /// Newest source time up to which the target is known to be complete.
    package var recoveryPoint: Timestamp?
    /// When both ends were last measured and the link was found whole.
    package var wholeAt: Timestamp?
    /// How old ``wholeAt`` may be before nobody can be said to have looked.
    package var patience: Duration
    /// The newest measurement found it broken: not only silent.
    package var isBroken: Bool
    /// Two servers of its cluster accept writes.
    package var isSplit: Bool

    package init(
      source: String, recoveryPoint: Timestamp? = nil, wholeAt: Timestamp? = nil, patience: Duration,
      isBroken: Bool = false, isSplit: Bool = false
    ) {
      self.source = source
      self.recoveryPoint = recoveryPoint
      self.wholeAt = wholeAt
      self.patience = patience
      self.isBroken = isBroken
      self.isSplit = isSplit
    }
  }

  package struct Backup: Hashable, Sendable {
    /// When the newest good one was begun.
    package var newestGood: Timestamp?
    package var measuredAt: Timestamp?
    package var patience: Duration
    /// Age at which the newest good one is too old.
    package var objective: Duration
    /// When one was last restored, and how long that took.
    package var restoreTested: Timestamp?
    package var restoreTook: Duration?

    package init(
      newestGood: Timestamp? = nil, measuredAt: Timestamp? = nil, patience: Duration, objective: Duration,
      restoreTested: Timestamp? = nil, restoreTook: Duration? = nil
    ) {
      self.newestGood = newestGood
      self.measuredAt = measuredAt
      self.patience = patience
      self.objective = objective
      self.restoreTested = restoreTested
      self.restoreTook = restoreTook
    }
  }

  /// Where people are sent: the part of each region, which add up to 1 at most.
  package struct Traffic: Hashable, Sendable {
    package var shares: [String: Double]
    package var measuredAt: Timestamp

    package init(shares: [String: Double], measuredAt: Timestamp) {
      self.shares = shares
      self.measuredAt = measuredAt
    }

    /// Regions that anybody is sent to.
    package var serving: Set<String> { Set(shares.filter { $0.value > 0 }.keys) }
  }

  /// Whether the server of a region accepts writes, as it last said.
  package struct Writer: Hashable, Sendable {
    package var accepts: Bool
    package var at: Timestamp
    /// It does not answer now: what it last said may hold no more.
    package var isSilent: Bool
    /// When the first of the looks began that it did not answer; nil while it does.
    package var silentSince: Timestamp?

    package init(accepts: Bool, at: Timestamp, isSilent: Bool = false, silentSince: Timestamp? = nil) {
      self.accepts = accepts
      self.at = at
      self.isSilent = isSilent
      self.silentSince = silentSince
    }
  }

  package struct Probe: Hashable, Sendable {
    package var succeeded: Bool
    package var finishedAt: Timestamp

    package init(succeeded: Bool, finishedAt: Timestamp) {
      self.succeeded = succeeded
      self.finishedAt = finishedAt
    }
  }

  package struct Edge: Hashable, Sendable {
    package var link: String
    package var target: String

    package init(_ link: String, _ target: String) {
      self.link = link
      self.target = target
    }
  }

  package struct Place: Hashable, Sendable {
    package var name: String
    package var region: String

    package init(_ name: String, _ region: String) {
      self.name = name
      self.region = region
    }
  }

  package var now: Timestamp
  /// This watcher sees nothing of the world: it says nothing about it.
  package var isOffline = false
  package var regions: [String: Region] = [:]
  package var links: [Edge: Link] = [:]
  /// By job; of a job with several places the best.
  package var backups: [String: Backup] = [:]
  /// By collector.
  package var traffic: [String: Traffic] = [:]
  /// By link and region.
  package var writers: [Place: Writer] = [:]
  /// By check and region.
  package var probes: [Place: Probe] = [:]

  package init(now: Timestamp) { self.now = now }
}
