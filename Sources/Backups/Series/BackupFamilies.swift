package import Model

/// The families of every backup collector. Labels: `job`, `type`, `repo`, `region`.
package enum BackupFamilies {
  package static let up = MetricFamily.gauge(
    "backup_up", "Whether the place where the backups are could be read (1) or not (0).")
  package static let lastSuccess = MetricFamily.gauge(
    "backup_last_success_timestamp_seconds",
    "Time of the newest good backup. Kept while the place cannot be read or no good backup is left.")
  package static let lastAttempt = MetricFamily.gauge(
    "backup_last_attempt_timestamp_seconds", "Time of the newest backup, good or not.")
  package static let lastSize = MetricFamily.gauge(
    "backup_last_size_bytes", "Size of the newest good backup.")
  package static let sizeRatio = MetricFamily.gauge(
    "backup_size_ratio", "Size of the newest good backup divided by the median of those before it.")
  package static let retained = MetricFamily.gauge(
    "backup_retained", "Backups that are present and not known to be bad.")
  package static let expectedRetained = MetricFamily.gauge(
    "backup_expected_retained", "Backups that should be present, as configured.")
  package static let unverified = MetricFamily.gauge(
    "backup_unverified", "Retained backups whose content was not verified yet.")
  package static let totalSize = MetricFamily.gauge(
    "backup_total_size_bytes", "Size of all backup files that are present, good or not.")
  package static let gaps = MetricFamily.gauge(
    "backup_gaps",
    "Intervals between consecutive retained backups that exceed one and a half times the schedule.")
  package static let objectiveAge = MetricFamily.gauge(
    "backup_objective_age_seconds", "Age at which the newest good backup is too old, as configured.")
  package static let oldestRestorable = MetricFamily.gauge(
    "backup_oldest_restorable_timestamp_seconds", "Time of the oldest retained backup.")
  package static let rejected = MetricFamily.gauge(
    "backup_rejected", "Present backup files that do not count, by reason.")
  package static let timeDisagreements = MetricFamily.gauge(
    "backup_time_disagreements", "Present backup files whose name and modification time differ too much.")
  package static let clockSkew = MetricFamily.gauge(
    "backup_clock_skew_seconds",
    "How far the latest time in a name or of a modification lies in the future, or 0.")
  package static let entries = MetricFamily.gauge(
    "backup_directory_entries", "Entries of the directory, matching the pattern or not.")
  package static let verifiedFiles = MetricFamily.counter(
    "backup_verified_files_total", "Backup files whose content was verified and found good.")
  package static let failedFiles = MetricFamily.counter(
    "backup_verification_failed_files_total", "Backup files whose content was verified and found bad.")
  package static let restoreTested = MetricFamily.gauge(
    "backup_restore_tested_timestamp_seconds",
    "When a backup was last restored as a test, as the job's restore marker or push check tells; absent before that."
  )
  package static let restoreTook = MetricFamily.gauge(
    "backup_restore_test_duration_seconds",
    "How long the last restore test took, from its start signal to its end; absent where none told its start."
  )
  package static let restoreTestObjective = MetricFamily.gauge(
    "backup_restore_test_objective_seconds", "Age at which the last restore test is too old, as configured.")
  package static let retentionObjective = MetricFamily.gauge(
    "backup_retention_objective_seconds", "How far back a restore must be possible, as configured.")
  package static let detectionDelay = MetricFamily.gauge(
    "backup_detection_delay_seconds",
    "How long damage may stay unnoticed, as configured: older backups than that are needed to undo it.")

  // Of backups in object stores.
  package static let incompleteUploads = MetricFamily.gauge(
    "backup_incomplete_uploads",
    "Uploads in parts that were begun and neither completed nor given up; absent where that is not known.")
  package static let oldestIncompleteUpload = MetricFamily.gauge(
    "backup_oldest_incomplete_upload_timestamp_seconds", "When the oldest of the incomplete uploads began.")
  package static let archived = MetricFamily.gauge(
    "backup_archived", "Retained backups in a tier that has to be thawed before they can be restored.")
  package static let lastArchived = MetricFamily.gauge(
    "backup_last_archived", "1 when the newest good backup has to be thawed before it can be restored.")
  package static let storeClockOffset = MetricFamily.gauge(
    "backup_store_clock_offset_seconds", "The store's clock minus ours, to a second.")
  package static let listed = MetricFamily.gauge(
    "backup_listing_timestamp_seconds", "When the listing that all other numbers come from was complete.")
  package static let fullyListed = MetricFamily.gauge(
    "backup_full_listing_timestamp_seconds",
    "When all names were listed last; in between only those behind the last known ones are.")
  package static let pages = MetricFamily.counter(
    "backup_listing_pages_total", "Pages of listings that were read.")
  package static let readBytes = MetricFamily.counter(
    "backup_read_bytes_total", "Bytes of backups that were read to verify them.")
  package static let versioningEnabled = MetricFamily.gauge(
    "backup_store_versioning_enabled",
    "Whether the bucket keeps what is overwritten or deleted; absent unless `expect_versioning` asks for it.")
  package static let objectLockEnabled = MetricFamily.gauge(
    "backup_store_object_lock_enabled",
    "Whether the bucket has object lock; absent unless `expect_object_lock` asks for it.")
  package static let defaultRetention = MetricFamily.gauge(
    "backup_store_default_retention_seconds",
    "How long the bucket locks each new object by itself, by mode: governance, compliance, or none and 0.")
  package static let questionFailed = MetricFamily.gauge(
    "backup_question_failed",
    "1 when a question beside the list of backups has no answer: incomplete_uploads, wal, locks, size, check, restore_marker, protection."
  )
  package static let latestRestorable = MetricFamily.gauge(
    "backup_latest_restorable_timestamp_seconds",
    "Newest moment that a restore reaches: as the service says, or when the last log segment was archived that follows a good backup without a gap."
  )

  /// What only object stores bring.
  package static let objects = [
    incompleteUploads, oldestIncompleteUpload, archived, lastArchived, storeClockOffset, listed, fullyListed,
    pages, readBytes, questionFailed, versioningEnabled, objectLockEnabled, defaultRetention,
  ]

  /// Every family of this list.
  package static let all = [
    up, lastSuccess, lastAttempt, lastSize, sizeRatio, retained, expectedRetained, unverified, totalSize,
    gaps, objectiveAge, oldestRestorable, rejected, timeDisagreements, clockSkew, entries, verifiedFiles,
    failedFiles, restoreTested, restoreTook, restoreTestObjective, retentionObjective, detectionDelay,
  ]
}
