internal import CheckIns
internal import Collecting
internal import Model

/// Adds what is asked of backups, and when a visit last told of a restore test, to what another collector found.
///
/// Both are known while the backups cannot be read, so that a test grows old through an outage. The visits are kept by
/// the board, which outlives the process.
final class ObjectivesCollector: Collector {
  let description: CollectorDescription
  private let collector: any Collector
  private let objectives: BackupObjectives
  private let board: CheckInBoard?

  init(_ collector: any Collector, _ objectives: BackupObjectives, board: CheckInBoard?) {
    description = collector.description
    self.collector = collector
    self.objectives = objectives
    self.board = board
  }

  func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    collector.collect { [objectives, board] outcome in
      var outcome = outcome
      outcome.readings += objectives.readings
      if let id = objectives.restoreTestID, let tested = board?.record(of: id)?.record.lastSuccess {
        outcome.readings.append(Reading(BackupFamilies.restoreTested, tested.seconds))
        if let took = board?.record(of: id)?.record.lastDuration {
          outcome.readings.append(Reading(BackupFamilies.restoreTook, took.inSeconds))
        }
      }
      completion(outcome)
    }
  }
}
