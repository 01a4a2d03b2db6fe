package import Model

/// What failing over to one region now would mean.
package struct Standing: Hashable, Sendable {
  /// Why not: bounded, because each becomes a label value.
  package enum Reason: String, Sendable, CaseIterable, Codable {
    case regionDown = "region_down"
    case regionDegraded = "region_degraded"
    case regionUnknown = "region_unknown"
    case splitBrain = "split_brain"
    case replicaBroken = "replica_broken"
    case replicaBehind = "replica_behind"
    case replicaStale = "replica_stale"
    case dataUnknown = "data_unknown"
    case backupTooOld = "backup_too_old"
    case recoveryTooSlow = "recovery_too_slow"
    case recoveryNotMeasured = "recovery_not_measured"
    case watcherOffline = "watcher_offline"

    /// What it says about being ready.
    package var truth: Truth {
      switch self {
      case .regionDown, .splitBrain, .replicaBroken, .replicaBehind, .backupTooOld, .recoveryTooSlow: .bad
      case .regionUnknown, .dataUnknown, .watcherOffline: .unknown
      case .replicaStale: .stale
      // Worth telling, and no obstacle: it would work, with less to spare, or nobody has tried.
      case .regionDegraded, .recoveryNotMeasured: .ok
      }
    }
  }

  package var workload: String
  package var region: String
  package var truth: Truth
  /// In the order of ``Reason``'s cases.
  package var reasons: [Reason]
  /// Of the data set that is furthest behind; nil where the point of any data set is not known, or there is no data.
  package var recoveryPoint: RecoveryPoint?
  /// The data set that is furthest behind, or the first of which nothing is known.
  package var worstData: String?
  package var estimate: RecoveryEstimate?
  package var objectives: Workload.Objectives

  /// Age of the recovery point: what would be lost. nil: not known.
  package func dataAtRisk(at now: Timestamp) -> Duration? {
    recoveryPoint.map { max(.zero, now - $0.at) }
  }

  /// - Parameter estimate: how long it takes, as measured before.
  package init(of workload: Workload, in region: String, estimate: RecoveryEstimate?, _ facts: Facts) {
    self.workload = workload.name
    self.region = region
    self.estimate = estimate
    objectives = workload.objectives
    var found: Set<Reason> = []
    if facts.isOffline { found.insert(.watcherOffline) }
    switch facts.regions[region]?.health ?? .unknown {
    case .up: break
    case .degraded: found.insert(.regionDegraded)
    case .down: found.insert(.regionDown)
    case .unknown: found.insert(.regionUnknown)
    }
    var points: [(data: String, point: RecoveryPoint?)] = []
    for data in workload.data {
      let point = RecoveryPoint.best(of: data, in: region, facts)
      points.append((data.name, point))
      found.formUnion(Self.reasons(data, point, in: region, workload.objectives, facts))
    }
    if let unknown = points.first(where: { $0.point == nil }) {
      worstData = unknown.data
    } else if let worst = points.compactMap({ entry in entry.point.map { (entry.data, $0) } })
      .min(by: { $0.1.at < $1.1.at })
    {
      (worstData, recoveryPoint) = (worst.0, worst.1)
    }
    if let limit = workload.objectives.recoveryTime {
      if let estimate {
        if estimate.takes > limit { found.insert(.recoveryTooSlow) }
      } else {
        found.insert(.recoveryNotMeasured)
      }
    }
    reasons = Reason.allCases.filter(found.contains)
    truth = Truth(all: reasons.map(\.truth) + [.ok])
  }

  private static func reasons(
    _ data: Workload.DataSet, _ point: RecoveryPoint?, in region: String,
    _ objectives: Workload.Objectives, _ facts: Facts
  ) -> Set<Reason> {
    var found: Set<Reason> = []
    let link = data.link.flatMap { facts.links[Facts.Edge($0, region)] }
    if link?.isSplit == true { found.insert(.splitBrain) }
    guard let point else { return found.union([.dataUnknown]) }
    let age = facts.now - point.at
    switch point.provenance {
    case .replica:
      if let limit = objectives.recoveryPoint, age > limit { found.insert(.replicaBehind) }
      if link?.isBroken == true {
        found.insert(.replicaBroken)
      } else if point.isStale {
        found.insert(.replicaStale)
      }
    case .backup:
      let limit = objectives.recoveryPoint ?? facts.backups[point.via]?.objective
      if let limit, age > limit { found.insert(.backupTooOld) }
      if point.isStale { found.insert(.replicaStale) }
    }
    return found
  }
}
