package import Model

/// One failover of a workload, as it was seen: what happened when, and what it cost.
package struct Failover: Hashable, Sendable, Codable {
  /// What happens in a failover, in the order in which it usually does.
  package enum Step: String, Sendable, CaseIterable, Codable {
    /// The first sample that was bad, of those that the outage was confirmed by.
    case firstBad = "first_bad"
    case confirmed
    case paged
    case acknowledged
    /// Another region accepts writes.
    case roleChanged = "role_changed"
    /// People are sent to another region.
    case steeringChanged = "steering_changed"
    /// The workload's check succeeds in the other region after that.
    case serving
    /// The region that failed follows again, within the objective.
    case caughtUp = "caught_up"
    /// It has the role or the traffic again that it had.
    case failedBack = "failed_back"
    /// It came back before anything else took over.
    case recovered
    /// Another failover began, or a new configuration no longer has the workload or the region.
    case superseded
  }

  /// Unique: the workload, and when it began.
  package var id: String { "\(workload)@\(startedAt.milliseconds)" }
  package var workload: String
  package var from: String
  /// nil until another region took over.
  package var to: String?
  /// Name of the drill that it was part of.
  package var drill: String?
  package var times: [Step: Timestamp] = [:]
  /// Whether ``from`` accepted writes, and whether people were sent there, before.
  package var hadRole: Bool
  package var hadTraffic: Bool
  /// What the region that took over was complete up to when it did.
  package var recoveryPoint: RecoveryPoint?
  package var objectives: Objectives

  /// What was promised when it happened, in milliseconds.
  package struct Objectives: Hashable, Sendable, Codable {
    package var recoveryPoint: Int64?
    package var recoveryTime: Int64?

    package init(_ objectives: Workload.Objectives) {
      recoveryPoint = objectives.recoveryPoint?.milliseconds
      recoveryTime = objectives.recoveryTime?.milliseconds
    }
  }

  package init(
    workload: Workload, from: String, startedAt: Timestamp, hadRole: Bool, hadTraffic: Bool
  ) {
    self.workload = workload.name
    self.from = from
    self.hadRole = hadRole
    self.hadTraffic = hadTraffic
    times[.firstBad] = startedAt
    objectives = Objectives(workload.objectives)
  }

  package var startedAt: Timestamp { times[.firstBad] ?? Timestamp(milliseconds: 0) }
  package var servingAt: Timestamp? { times[.serving] }
  /// Nothing more of it is waited for.
  package var isOver: Bool {
    times[.failedBack] != nil || times[.recovered] != nil || times[.superseded] != nil
  }

  /// Another one of the same workload began later than this.
  var earliestNext: Timestamp {
    let end = times[.failedBack] ?? times[.recovered] ?? times[.serving] ?? startedAt
    return max(end, startedAt) + .milliseconds(1)
  }

  /// From the first bad sample until the other region serves; nil: it does not, or not yet.
  package var recoveryTime: Duration? {
    guard to != nil, let end = servingAt else { return nil }
    return max(.zero, end - startedAt)
  }

  /// From what the other region was complete up to until the first bad sample: what was lost, as time. nil: not known.
  package var lost: Duration? { recoveryPoint.map { max(.zero, startedAt - $0.at) } }

  /// Time from the first bad sample to the page; nil: nobody was told.
  package var detectionTime: Duration? { times[.paged].map { max(.zero, $0 - startedAt) } }

  /// nil: no objective, or not measured.
  package var metRecoveryTime: Bool? {
    guard let limit = objectives.recoveryTime, let took = recoveryTime else { return nil }
    return took.milliseconds <= limit
  }

  package var metRecoveryPoint: Bool? {
    guard let limit = objectives.recoveryPoint, let lost else { return nil }
    return lost.milliseconds <= limit
  }
}

// So that a row has them by name.
extension Failover.Step: CodingKeyRepresentable {}

/// One step of a failover was taken.
package struct FailoverEvent: Hashable, Sendable {
  package var failover: Failover
  package var step: Failover.Step
  package var at: Timestamp
}
