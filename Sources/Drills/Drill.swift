package import Model
package import Readiness

/// One rehearsal of a failover: what was meant, what was noted while it ran, how it ended.
package struct Drill: Hashable, Sendable, Codable {
  package enum Outcome: String, Sendable, CaseIterable, Codable {
    case passed, failed, aborted
    /// Nobody ended it in its time.
    case expired

    /// Whether it was carried through, so that the calendar takes it for done: one that failed taught something.
    package var counts: Bool { self == .passed || self == .failed }
  }

  /// A phase that was reached, or is still to be.
  package struct Phase: Hashable, Sendable, Codable {
    package var name: String
    /// Since the start, in milliseconds; nil: it has no target.
    package var within: Int64?
    package var reachedAt: Timestamp?

    /// nil: no target, or not reached and still in time, as of `now`.
    package func isMet(startedAt: Timestamp, now: Timestamp) -> Bool? {
      guard let within else { return nil }
      let limit = startedAt + .milliseconds(within)
      if let reachedAt { return reachedAt <= limit }
      return now > limit ? false : nil
    }
  }

  package struct Note: Hashable, Sendable, Codable {
    package var at: Timestamp
    package var by: String
    package var text: String
  }

  /// Unique: the workload and when it began, as `shop-20261122T022034Z`.
  package var id: String
  package var workload: String
  /// The region that is left.
  package var region: String
  package var kind: DrillKind
  package var by: String
  package var comment: String
  /// Where pages that are part of it go in place of their own topics; nil: they go where they always do.
  package var topic: String?
  package var startedAt: Timestamp
  package var expiresAt: Timestamp
  package var endedAt: Timestamp?
  package var outcome: Outcome?
  package var phases: [Phase]
  package var notes: [Note] = []
  /// What was promised when it began, in milliseconds.
  package var objectives: Failover.Objectives
  /// Number of the journal's newest entry when it began: all that is written of it comes later.
  package var journalHead: Int

  package var isRunning: Bool { endedAt == nil }

  package var mark: DrillMark {
    DrillMark(id: id, workload: workload, region: region, kind: kind.rawValue)
  }
}

/// What somebody wants rehearsed.
package struct DrillRequest: Hashable, Sendable {
  package var workload: String
  package var region: String
  package var kind: DrillKind
  package var by: String
  package var comment: String
  package var topic: String?
  /// How long it may take before it ends by itself.
  package var expires: Duration

  package init(
    workload: String, region: String, kind: DrillKind, by: String, comment: String = "", topic: String? = nil,
    expires: Duration = DrillBook.usualLength
  ) {
    self.workload = workload
    self.region = region
    self.kind = kind
    self.by = by
    self.comment = comment
    self.topic = topic
    self.expires = expires
  }
}

/// Something happened to a drill.
package struct DrillEvent: Hashable, Sendable {
  package enum Step: String, Sendable { case started, note, phase, stopped, expired }

  package var drill: Drill
  package var step: Step
  package var at: Timestamp
  package var by: String
  /// The note, the phase's name, the comment; empty where there is none.
  package var text: String
}

/// Why something that was asked of drills was not done, in words for who asked.
package enum DrillRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was asked cannot be right.
  case invalid(String)
  /// There is no such drill, or none that runs.
  case notFound(String)
  /// It is not the moment: one runs already, or the phase was reached.
  case conflict(String)

  package var description: String {
    switch self {
    case .invalid(let why), .notFound(let why), .conflict(let why): why
    }
  }
}
