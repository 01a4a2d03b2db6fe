package import Model

/// What backup tools tell beyond ``BackupFamilies``, with the same labels.
package enum BackupToolFamilies {
  package static let lastFull = MetricFamily.gauge(
    "backup_last_full_timestamp_seconds", "Time of the newest good backup that needs no other one.")
  package static let fullObjectiveAge = MetricFamily.gauge(
    "backup_full_objective_age_seconds", "Age at which the newest good full backup is too old, as configured."
  )
  package static let running = MetricFamily.gauge(
    "backup_running", "Whether the tool says that a backup is being made; absent where it does not tell.")
  package static let restoreTested = BackupFamilies.restoreTested
  package static let questionFailed = BackupFamilies.questionFailed

  // Of tools that keep write-ahead log.
  package static let walGap = MetricFamily.gauge(
    "backup_wal_gap_segments",
    "WAL segments that are missing between the newest or oldest good backup and the newest archived segment.")
  package static let latestRestorable = BackupFamilies.latestRestorable
  package static let continuousSince = MetricFamily.gauge(
    "backup_continuous_since_timestamp_seconds",
    "Time of the oldest good backup from which every later moment can be restored.")
  package static let newestArchived = MetricFamily.gauge(
    "backup_wal_newest_archived_timestamp_seconds", "When the newest WAL segment was archived.")
  package static let walSegments = MetricFamily.gauge(
    "backup_wal_segments", "WAL segments in the archive of the newest backup's cluster.")
  package static let missingHistories = MetricFamily.gauge(
    "backup_wal_missing_histories",
    "Timelines in the archive, above the first, whose history file is not there: they cannot be recovered to."
  )

  // Of tools that lock their repository.
  package static let locks = MetricFamily.gauge("backup_locks", "Locks that are on the repository.")
  package static let staleLocks = MetricFamily.gauge(
    "backup_stale_locks", "Locks that were not renewed for longer than the configured time.")
  package static let oldestLock = MetricFamily.gauge(
    "backup_oldest_lock_timestamp_seconds", "Time of the oldest lock.")

  package static let checkFailed = MetricFamily.gauge(
    "backup_tool_check_failed", "Whether the tool's own check of this name failed.")
  package static let expired = MetricFamily.gauge(
    "backup_expired", "Backups that are present past the time at which they were to be deleted.")

  /// What every tool brings.
  package static let common = [
    lastFull, fullObjectiveAge, running, restoreTested, questionFailed,
  ]
  package static let wal = [
    walGap, latestRestorable, continuousSince, newestArchived, walSegments, missingHistories,
  ]
  package static let lockFamilies = [locks, staleLocks, oldestLock]
}
