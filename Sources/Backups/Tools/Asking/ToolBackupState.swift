internal import Collecting
internal import Model

/// What is remembered of one job, and the readings of what its tool said. Pure.
struct ToolBackupState: Sendable {
  private let basics: BackupBasics
  private let rules: ToolRules
  /// Of this process' life: a series that vanished with its last backup could never raise an alarm.
  private var lastSuccess: Timestamp?
  private var restoreTested: Timestamp?

  init(_ basics: BackupBasics, _ rules: ToolRules) {
    self.basics = basics
    self.rules = rules
  }

  /// What can be said without an answer: what was seen stays true, and keeps ageing.
  var absence: [Reading] {
    var readings = [Reading(BackupFamilies.up, false)] + objectives
    if let lastSuccess { readings.append(Reading(BackupFamilies.lastSuccess, lastSuccess.seconds)) }
    if let restoreTested {
      readings.append(Reading(BackupToolFamilies.restoreTested, restoreTested.seconds))
    }
    return readings
  }

  private var objectives: [Reading] {
    let all: [(MetricFamily, Duration?)] = [
      (BackupFamilies.objectiveAge, basics.objectiveAge),
      (BackupToolFamilies.fullObjectiveAge, rules.fullEvery),
    ]
    return all.compactMap { family, value in value.map { Reading(family, $0.inSeconds) } }
  }

  /// - Parameter marker: nil where none is configured; a success of nil: no restore was tested yet.
  mutating func readings(
    _ findings: ToolFindings, marker: Result<Timestamp?, ToolTrouble>?, at now: Timestamp
  ) -> (verdict: Outcome.Verdict, readings: [Reading]) {
    var questions = findings.questions
    if let marker {
      switch marker {
      case .success(let time):
        restoreTested = time
        questions.append(("restore_marker", nil))
      case .failure(let trouble): questions.append(("restore_marker", trouble))
      }
    }
    let found = SnapshotSeries.assess(findings.snapshots, basics, now: now)
    if let last = found.lastSuccess { lastSuccess = last }
    var readings = [Reading(BackupFamilies.up, true)] + objectives
    func add(_ family: MetricFamily, _ value: Double?) {
      if let value { readings.append(Reading(family, value)) }
    }
    add(BackupFamilies.retained, Double(found.good.count))
    add(BackupFamilies.gaps, Double(found.gaps))
    add(BackupFamilies.clockSkew, found.clockSkew.inSeconds)
    add(BackupFamilies.lastSuccess, lastSuccess?.seconds)
    add(BackupFamilies.lastAttempt, found.lastAttempt?.seconds)
    add(BackupFamilies.lastSize, found.lastSize.map { Double($0) })
    add(BackupFamilies.sizeRatio, found.sizeRatio)
    add(BackupFamilies.totalSize, found.totalSize.map { Double($0) })
    add(BackupFamilies.oldestRestorable, found.oldestRestorable?.seconds)
    add(BackupFamilies.expectedRetained, basics.expectedCount.map { Double($0) })
    add(BackupToolFamilies.lastFull, found.lastFull?.seconds)
    add(BackupToolFamilies.running, findings.isRunning.map { $0 ? 1 : 0 })
    add(BackupToolFamilies.restoreTested, restoreTested?.seconds)
    for reason in SnapshotRejection.allCases {
      let labels: Labels = ["reason": reason.rawValue]
      let count = found.count(reason) + (reason == .unreadable ? findings.unreadable : 0)
      readings.append(Reading(BackupFamilies.rejected, Double(count), labels: labels))
    }
    for question in questions {
      let labels: Labels = ["question": question.name]
      readings.append(Reading(BackupToolFamilies.questionFailed, question.trouble != nil, labels: labels))
    }
    readings += findings.readings
    // The backups are known: what else went wrong is told, and named in the log.
    let trouble = questions.lazy.compactMap(\.trouble).first ?? findings.warning
    return (trouble.map { .failure($0.reason, detail: $0.detail) } ?? .success, readings)
  }
}
