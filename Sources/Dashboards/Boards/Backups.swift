extension Dashboard {
  static let backups = Dashboard(
    uid: "farwatch-backups", title: "Farwatch / Backups",
    description: "How old the newest good backup of each job is, how its size goes, and what was verified.",
    from: "now-7d", variables: [.region, .job],
    rows: [
      Row("Jobs", [jobs, age, size]),
      Row("Are they good?", [sizeRatio, verified, rejected, restoreTests]),
      Row("How far back", [retained, oldest, gaps, walGaps]),
      Row("The places", [readable, taken]),
      Row("Alerts", [.alerts("Firing alerts of backups", ", alertname=~\"Backup.+\"")]),
    ])

  private static let choice = "{job=~\"$job\", region=~\"$region\"}"
  private static let job = "by (job, type, repo, region)"
  private static let legend = "{{job}} {{repo}} {{region}}"

  private static let jobs = Panel(
    "Jobs", "The newest good backup of each job. Its age is kept while the place cannot be read.", .table,
    [
      Query(Expressions.backupAge, "age", .seconds),
      Query("max \(job) (backup_objective_age_seconds\(choice))", "objective", .seconds),
      Query("max \(job) (backup_last_size_bytes\(choice))", "size", .bytes),
      Query("max \(job) (backup_retained\(choice))", "kept", .count),
      Query("max \(job) (backup_unverified\(choice))", "not verified", .count),
      Query("min \(job) (backup_up\(choice))", "readable", .plain),
    ], width: 24, height: 7)

  private static let age = Panel(
    "Age, of the objective", "Beyond 1 the newest good backup is too old.", .timeSeries(stacked: false),
    [Query(Expressions.backupObjectiveUsed, "{{job}} {{repo}} {{region}}")], unit: .ratio,
    thresholds: Threshold.rising(0.8, 1))

  private static let size = Panel(
    "Size of the newest", "A dump that shrinks has lost something.", .timeSeries(stacked: false),
    [Query("max \(job) (backup_last_size_bytes\(choice))", legend)], unit: .bytes)

  private static let sizeRatio = Panel(
    "Size against those before", "1 is the median of the backups before the newest.",
    .timeSeries(stacked: false),
    [Query("max \(job) (backup_size_ratio\(choice))", legend)], unit: .ratio, width: 6)

  private static let verified = Panel(
    "Verified", "Backups whose content was read to the end: good, and bad.", .timeSeries(stacked: false),
    [
      Query("max \(job) (backup_verified_files_total\(choice))", "good: \(legend)"),
      Query("max \(job) (backup_verification_failed_files_total\(choice))", "bad: \(legend)"),
    ], width: 6, whenEmpty: "no job verifies content")

  private static let rejected = Panel(
    "Do not count", "Backups that are there and not good, by reason.", .timeSeries(stacked: true),
    [Query("sum by (job, reason) (backup_rejected\(choice)) > 0", "{{job}} {{reason}}")], width: 6,
    whenEmpty: "every backup counts")

  private static let restoreTests = Panel(
    "Last restore test", "A backup that was never restored is a hope.", .stat(sparkline: false),
    [Query("1000 * max \(job) (backup_restore_tested_timestamp_seconds\(choice))", legend)], unit: .timeAgo,
    width: 6, whenEmpty: "no job tells of restore tests")

  private static let retained = Panel(
    "Kept", "Backups that are present and not known to be bad.", .timeSeries(stacked: false),
    [Query("max \(job) (backup_retained\(choice))", legend)], width: 6)

  private static let oldest = Panel(
    "Oldest that can be restored", "How far back damage can be undone.", .stat(sparkline: false),
    [Query("1000 * min \(job) (backup_oldest_restorable_timestamp_seconds\(choice))", legend)],
    unit: .timeAgo,
    width: 6)

  private static let gaps = Panel(
    "Gaps", "Intervals between kept backups of more than one and a half times the schedule.",
    .timeSeries(stacked: false), [Query("max \(job) (backup_gaps\(choice))", legend)], width: 6)

  private static let walGaps = Panel(
    "Missing log segments", "A gap in the archive ends what can be restored to a moment.",
    .timeSeries(stacked: false),
    [
      Query("max by (job, repo, since) (backup_wal_gap_segments\(choice))", "{{job}} {{repo}} {{since}}")
    ], width: 6, whenEmpty: "no archive of log segments is watched")

  private static let readable = Panel(
    "Can be read", "Whether the place could be read; what it held before stays known.", .stateTimeline,
    [Query("min \(job) (backup_up\(choice))", legend)], unit: .plain,
    names: ValueName.yes("readable", no: "not readable", colours: (.green, .red)))

  private static let taken = Panel(
    "Space taken", "All backup files that are present, good or not.", .timeSeries(stacked: true),
    [Query("max \(job) (backup_total_size_bytes\(choice))", legend)], unit: .bytes)
}
