package import Model

/// From what a region could go on, and how much would be missing.
package struct RecoveryPoint: Hashable, Sendable, Codable {
  package enum Provenance: String, Sendable, CaseIterable, Codable { case replica, backup }

  /// Everything that was written before is there.
  package var at: Timestamp
  package var provenance: Provenance
  /// The link or the job.
  package var via: String
  /// Whether what it rests on was looked at lately. What is stale goes on ageing: the loss may be so much, never less.
  package var isStale: Bool

  package init(at: Timestamp, provenance: Provenance, via: String, isStale: Bool) {
    self.at = at
    self.provenance = provenance
    self.via = via
    self.isStale = isStale
  }

  /// The newest that `data` could be recovered from in `region`; nil: nothing is known that would do.
  package static func best(of data: Workload.DataSet, in region: String, _ facts: Facts) -> RecoveryPoint? {
    var candidates: [RecoveryPoint] = []
    if let name = data.link, let link = facts.links[Facts.Edge(name, region)], let at = link.recoveryPoint {
      candidates.append(
        RecoveryPoint(
          at: at, provenance: .replica, via: name,
          isStale: Self.isStale(link.wholeAt, link.patience, facts.now)))
    }
    for job in data.backups {
      guard let backup = facts.backups[job], let at = backup.newestGood else { continue }
      candidates.append(
        RecoveryPoint(
          at: at, provenance: .backup, via: job,
          isStale: Self.isStale(backup.measuredAt, backup.patience, facts.now)))
    }
    // Of equally new ones the replica: it is there already.
    return candidates.max { a, b in
      (a.at, a.provenance == .replica ? 1 : 0) < (b.at, b.provenance == .replica ? 1 : 0)
    }
  }

  static func isStale(_ last: Timestamp?, _ patience: Duration, _ now: Timestamp) -> Bool {
    guard let last else { return true }
    return now - last > patience
  }
}
