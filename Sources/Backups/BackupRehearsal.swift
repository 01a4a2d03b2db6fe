package import Collecting
package import Model

/// What collections of one backup job bring when nothing is read: a good backup each time that one is due, for as
/// long as the region is not silent; what falls into a silence is missed.
package struct BackupRehearsal: Rehearsal {
  private static let took: Duration = .milliseconds(20)

  private let settings: BackupBasics
  private var newest: Timestamp
  private let size: Double

  /// At the start the newest backup has half its time behind it.
  package init(_ settings: BackupBasics, start: Timestamp) {
    self.settings = settings
    newest = start - settings.every / 2
    size = Double(max(settings.minimumSize, 1 << 20))
  }

  package mutating func outcome(_ loss: RehearsedLoss, at moment: Timestamp) -> Outcome {
    let every = max(1, settings.every.milliseconds)
    let due = newest + .milliseconds((moment - newest).milliseconds / every * every)
    let objective = Reading(
      BackupFamilies.objectiveAge, settings.objectiveAge.inSeconds)
    if loss.regions.contains(settings.region) {
      return Outcome(
        startedAt: moment, finishedAt: moment + Self.took, took: Self.took,
        verdict: .failure(.io, detail: "the backups cannot be read"),
        readings: [
          Reading(BackupFamilies.up, false), objective, Reading(BackupFamilies.lastSuccess, newest.seconds),
        ])
    }
    newest = max(newest, due)
    let count = settings.expectedCount ?? 7
    var readings = [
      Reading(BackupFamilies.up, true), objective,
      Reading(BackupFamilies.retained, Double(count)), Reading(BackupFamilies.unverified, 0),
      Reading(BackupFamilies.totalSize, Double(count) * size), Reading(BackupFamilies.gaps, 0),
      Reading(BackupFamilies.timeDisagreements, 0), Reading(BackupFamilies.clockSkew, 0),
      Reading(BackupFamilies.entries, Double(count)), Reading(BackupFamilies.verifiedFiles, Double(count)),
      Reading(BackupFamilies.failedFiles, 0), Reading(BackupFamilies.lastSuccess, newest.seconds),
      Reading(BackupFamilies.lastAttempt, newest.seconds), Reading(BackupFamilies.lastSize, size),
      Reading(BackupFamilies.sizeRatio, 1),
      Reading(
        BackupFamilies.oldestRestorable, (newest - settings.every * max(0, count - 1)).seconds),
    ]
    if let expected = settings.expectedCount {
      readings.append(Reading(BackupFamilies.expectedRetained, Double(expected)))
    }
    for reason in BackupRejection.allCases {
      readings.append(Reading(BackupFamilies.rejected, 0, labels: ["reason": reason.rawValue]))
    }
    return Outcome(
      startedAt: moment, finishedAt: moment + Self.took, took: Self.took, verdict: .success,
      readings: readings)
  }
}
