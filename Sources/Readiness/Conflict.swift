package import Model

/// Two regions that each believe to be the one: both histories grow, and every second makes the repair harder.
package struct Conflict: Hashable, Sendable {
  package enum Kind: String, Sendable, CaseIterable {
    /// Two servers of one lineage accept writes.
    case twoWriters = "two_writers"
    /// People are sent where writes are not accepted, and nobody to where they are.
    case steering = "steering_and_role"
  }

  package var kind: Kind
  /// In order.
  package var regions: [String]

  /// Every conflict of a workload.
  ///
  /// - Parameter handover: since when a failover waits for role and traffic to follow each other, which is no conflict
  ///   until the objective for the time to recover is over (one minute where there is none).
  package static func all(in workload: Workload, _ facts: Facts, handover: Timestamp?) -> [Conflict] {
    guard let link = workload.writer else { return [] }
    var found: [Conflict] = []
    let writers = workload.regions.filter { region in
      facts.writers[Facts.Place(link, region)].map { $0.accepts && !$0.isSilent } ?? false
    }.sorted()
    let isSplit = facts.links.contains { $0.key.link == link && $0.value.isSplit }
    if writers.count > 1 || isSplit { found.append(Conflict(kind: .twoWriters, regions: writers)) }
    if let name = workload.traffic, let traffic = facts.traffic[name], writers.count == 1,
      !traffic.serving.isEmpty, traffic.serving.isDisjoint(with: writers)
    {
      let patience = workload.objectives.recoveryTime ?? .seconds(60)
      if handover.map({ facts.now - $0 > patience }) ?? true {
        found.append(Conflict(kind: .steering, regions: (writers + traffic.serving).sorted()))
      }
    }
    return found
  }
}
