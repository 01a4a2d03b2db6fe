internal import Model
internal import Readiness
internal import StatusPage

/// What failing over would mean, and past failovers, as the readiness desk has them.
extension Conductor {
  /// Failovers shown of each workload.
  private static let shownFailovers = 5

  /// nil: no workload is configured.
  func workloadReadiness(_ now: Timestamp) -> [StatusSnapshot.Readiness]? {
    if readiness.book.workloads.isEmpty { return nil }
    return readiness.book.standings.map { StatusSnapshot.Readiness($0, now) }
  }

  func failoverStatuses() -> [StatusSnapshot.Failover] {
    readiness.book.workloads.flatMap { readiness.book.failovers(of: $0.name).prefix(Self.shownFailovers) }
      .sorted { ($1.startedAt, $0.workload) < ($0.startedAt, $1.workload) }.map {
        StatusSnapshot.Failover($0)
      }
  }
}

extension StatusSnapshot.Readiness {
  init(_ standing: Standing, _ now: Timestamp) {
    let isDegraded = standing.reasons.contains(.regionDegraded)
    let verdict: StatusSnapshot.Verdict =
      switch standing.truth {
      case .ok: isDegraded ? .degraded : .good
      case .bad: .bad
      case .unknown, .stale: .unknown
      }
    self.init(workload: standing.workload, region: standing.region, verdict: verdict)
    loses = standing.dataAtRisk(at: now)
    if loses != nil {
      worst = standing.worstData
    } else {
      unknown = [standing.worstData].compactMap { $0 }
    }
    takes = standing.estimate?.takes
    takesFrom = standing.estimate?.source.rawValue
    // A restore proves the backup, and nothing of the failover.
    lastProven = standing.estimate.flatMap { $0.source == .restore ? nil : $0.measuredAt }
    objections = standing.reasons.compactMap { Self.words($0, of: standing) }
    if let point = standing.recoveryPoint, point.provenance == .backup {
      objections.append("it would go on from the backup \(point.via)")
    }
  }

  /// nil: the sentence says it.
  private static func words(_ reason: Standing.Reason, of standing: Standing) -> String? {
    let data = standing.worstData ?? "its data"
    return switch reason {
    case .regionDown: "the region itself is down"
    case .regionDegraded: "the region itself is degraded"
    case .regionUnknown: "the region's own state is not known"
    case .splitBrain: "two servers of its data accept writes"
    case .replicaBroken: "a replica of its data is broken"
    case .replicaBehind: "more would be lost than the objective allows: \(data)"
    case .replicaStale: "nobody has looked at \(data) for too long"
    case .backupTooOld: "the backup it would need is too old"
    case .recoveryTooSlow: "it takes longer than the objective allows"
    case .watcherOffline: "Farwatch itself is offline"
    case .dataUnknown, .recoveryNotMeasured: nil
    }
  }
}

extension StatusSnapshot.Failover {
  init(_ failover: Failover) {
    self.init(
      workload: failover.workload, from: failover.from, to: failover.to, drill: failover.drill,
      startedAt: failover.startedAt, isOver: failover.isOver,
      steps: Failover.Step.allCases.compactMap { step in
        failover.times[step].map { Step(name: step.rawValue.replacing("_", with: " "), at: $0) }
      }.sorted { $0.at < $1.at }, recoveryTime: failover.recoveryTime,
      recoveryTimeObjective: failover.objectives.recoveryTime.map { .milliseconds($0) }, lost: failover.lost,
      lostObjective: failover.objectives.recoveryPoint.map { .milliseconds($0) })
  }
}
