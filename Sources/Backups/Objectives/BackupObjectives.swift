internal import CheckIns
package import Collecting
package import Model

/// What is asked of a job's backups beyond their age: how far back they reach, and that restoring them is tested.
package struct BackupObjectives: Hashable, Sendable {
  /// How far back a restore must be possible.
  package var retention: Duration?
  /// How long damage may stay unnoticed; less than ``retention``.
  package var detectionDelay: Duration?
  /// The age at which the last restore test is too old.
  package var restoreTestEvery: Duration?
  /// The id of the push check whose successes are restore tests: a secret. nil: a marker tells, or nothing.
  package var restoreTestID: String?

  package init() {}

  /// What is asked, as it stands beside what was found.
  var readings: [Reading] {
    let all: [(MetricFamily, Duration?)] = [
      (BackupFamilies.retentionObjective, retention), (BackupFamilies.detectionDelay, detectionDelay),
      (BackupFamilies.restoreTestObjective, restoreTestEvery),
    ]
    return all.compactMap { family, value in value.map { Reading(family, $0.inSeconds) } }
  }

  /// `collector`, with what is asked of its backups beside all that it tells.
  package func beside(
    _ collector: any Collector, _ clients: CollectorClients
  ) throws -> any Collector {
    if self == BackupObjectives() { return collector }
    return ObjectivesCollector(
      collector, self, board: restoreTestID == nil ? nil : try clients.checkIns)
  }
}
