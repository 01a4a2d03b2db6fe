package import Model

/// How long a failover takes, as it was measured: never a guess.
package struct RecoveryEstimate: Hashable, Sendable, Codable {
  /// From what it is known; what proves most comes first.
  package enum Source: String, Sendable, CaseIterable, Codable {
    /// A failover that nobody had asked for.
    case failover
    case drill
    /// A restore of a backup: what has to be done besides it is not in it.
    case restore
  }

  package var takes: Duration
  package var source: Source
  package var measuredAt: Timestamp

  package init(takes: Duration, source: Source, measuredAt: Timestamp) {
    self.takes = takes
    self.source = source
    self.measuredAt = measuredAt
  }

  /// The slowest of the newest three failovers and drills into a region; without any the slowest restore that its data
  /// would need.
  package static func of(
    _ workload: Workload, in region: String, history: some Sequence<Failover>, _ facts: Facts
  ) -> RecoveryEstimate? {
    let measured = history.filter { $0.workload == workload.name && $0.to == region }
      .compactMap { failover -> RecoveryEstimate? in
        guard let takes = failover.recoveryTime, let end = failover.servingAt else { return nil }
        return RecoveryEstimate(
          takes: takes, source: failover.drill == nil ? .failover : .drill, measuredAt: end)
      }.sorted { $0.measuredAt > $1.measuredAt }
    if let slowest = measured.prefix(3).max(by: { $0.takes < $1.takes }) { return slowest }
    let restores = workload.data.compactMap { data -> RecoveryEstimate? in
      guard let point = RecoveryPoint.best(of: data, in: region, facts), point.provenance == .backup,
        let backup = facts.backups[point.via], let took = backup.restoreTook, let at = backup.restoreTested
      else { return nil }
      return RecoveryEstimate(takes: took, source: .restore, measuredAt: at)
    }
    return restores.max { $0.takes < $1.takes }
  }
}
