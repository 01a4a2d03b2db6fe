internal import CloudAccess
internal import Collecting
package import Model

/// Turns what RDS says of a database's backups into readings. Pure.
///
/// A success that was seen stays, and ages, while RDS cannot be asked or nothing good is left.
package struct RDSBackupState: Sendable {
  package struct Pass: Sendable {
    package let readings: [Reading]
    package let verdict: Outcome.Verdict
  }

  private let settings: RDSBackupSettings
  private var lastSuccess: Timestamp?

  package init(_ settings: RDSBackupSettings) { self.settings = settings }

  private func common(isUp: Bool) -> [Reading] {
    var readings = [
      Reading(BackupFamilies.up, isUp),
      Reading(BackupFamilies.objectiveAge, settings.basics.objectiveAge.inSeconds),
    ]
    if let lastSuccess { readings.append(Reading(BackupFamilies.lastSuccess, lastSuccess.seconds)) }
    if let expected = settings.basics.expectedCount {
      readings.append(Reading(BackupFamilies.expectedRetained, Double(expected)))
    }
    return readings
  }

  package func unseen(_ reason: FailureReason, _ detail: String) -> Pass {
    Pass(readings: common(isUp: false), verdict: .failure(reason, detail: detail))
  }

  // MARK: - Point in time

  package mutating func observe(_ window: RDSRestoreWindow, at now: Timestamp) -> Pass {
    guard let latest = window.latest else {
      let isOff = window.retentionDays == 0
      var pass = unseen(
        .missing,
        isOff
          ? "automated backups are off (retention of 0 days): nothing can be restored"
          : "RDS names no time that can be restored: is the first backup still being made?")
      if let days = window.retentionDays {
        pass = Pass(
          readings: pass.readings + [Reading(RDSBackupFamilies.retention, Double(days))],
          verdict: pass.verdict)
      }
      return pass
    }
    // RDS cannot restore what has not happened yet: this machine's clock is behind.
    let skew = max(latest - now, .zero)
    lastSuccess = min(latest, now)
    var readings = common(isUp: true)
    readings.append(Reading(RDSBackupFamilies.latestRestorable, latest.seconds))
    readings.append(Reading(BackupFamilies.clockSkew, skew.inSeconds))
    if let earliest = window.earliest {
      readings.append(Reading(BackupFamilies.oldestRestorable, earliest.seconds))
    }
    if let days = window.retentionDays {
      readings.append(Reading(RDSBackupFamilies.retention, Double(days)))
    }
    return Pass(readings: readings, verdict: .success)
  }

  // MARK: - Snapshots

  package mutating func observe(_ snapshots: [RDSSnapshot], at now: Timestamp) -> Pass {
    let files = snapshots.map { file($0, now) }
    // Times in names are whoever's who gave them: RDS says when a snapshot was taken.
    let naming = BackupNaming(match: .any)
    let found = BackupSeries.assess(files, settings.basics, naming, now: now)
    if let last = found.lastSuccess { lastSuccess = last }
    var readings = common(isUp: true)
    readings += [
      Reading(BackupFamilies.retained, Double(found.retained)),
      Reading(BackupFamilies.gaps, Double(found.gaps)),
      Reading(BackupFamilies.clockSkew, found.clockSkew.inSeconds),
      Reading(RDSBackupFamilies.unencrypted, Double(snapshots.count { !$0.isEncrypted })),
    ]
    func add(_ family: MetricFamily, _ value: Double?) {
      if let value { readings.append(Reading(family, value)) }
    }
    add(BackupFamilies.lastAttempt, snapshots.compactMap(\.taken).max()?.seconds)
    add(BackupFamilies.oldestRestorable, found.oldestRestorable?.seconds)
    if !snapshots.isEmpty, snapshots.allSatisfy({ $0.allocated != nil }) {
      add(BackupFamilies.totalSize, Double(found.totalSize))
      add(BackupFamilies.lastSize, found.lastSize.map { Double($0) })
      add(BackupFamilies.sizeRatio, found.sizeRatio)
    }
    for reason in BackupRejection.allCases {
      readings.append(
        Reading(BackupFamilies.rejected, Double(found.count(reason)), labels: ["reason": reason.rawValue]))
    }
    let statuses = Dictionary(grouping: snapshots, by: \.status).sorted { byteOrder($0.key, $1.key) }
    for (status, all) in statuses {
      readings.append(
        Reading(RDSBackupFamilies.snapshots, Double(all.count), labels: ["status": String(status.prefix(40))])
      )
    }
    return Pass(readings: readings, verdict: .success)
  }

  private func file(_ snapshot: RDSSnapshot, _ now: Timestamp) -> BackupFile {
    let content: BackupContent
    switch snapshot.status {
    case "available":
      content = settings.requiresEncryption && !snapshot.isEncrypted ? .bad(.unencrypted) : .good
    case "creating", "copying", "pending", "modifying", "backing-up": content = .bad(.settling)
    default: content = .bad(.corrupt)
    }
    let time = snapshot.taken ?? now
    return BackupFile(
      name: "snapshot", size: snapshot.allocated ?? max(1, settings.basics.minimumSize), modified: time,
      firstSeen: time, content: content)
  }
}

extension Glob {
  /// Every name.
  fileprivate static var any: Glob {
    // `*` is a pattern by the pattern language's own definition.
    do { return try Glob("*") } catch { preconditionFailure("\(error)") }
  }
}
