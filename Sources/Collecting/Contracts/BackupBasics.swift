package import Model

/// What every backup job has, wherever its backups lie and whatever tool makes them.
package struct BackupBasics: Hashable, Sendable {
  /// Unique together with region and repository.
  package var job: String
  package var region: String
  /// The label `repo`.
  package var repo: String
  /// How often a backup is due.
  package var every: Duration
  /// The age at which the newest good backup is too old; ``every`` when nil.
  package var objective: Duration?
  package var minimumSize: UInt64 = 1
  /// Something changed more recently than this is still being written.
  package var settle: Duration = .seconds(60)
  /// Size divided by the median of the ``medianOf`` backups before it; outside, a backup does not count.
  package var sizeRatio: ClosedRange<Double>?
  package var medianOf = 7
  package var expectedCount: Int?
  /// Times from two places may differ by this much; ``every`` when nil.
  package var timeTolerance: Duration?
  /// How far back gaps are counted; seven times ``every`` when nil.
  package var gapWindow: Duration?
  package var interval: Duration
  package var timeout: Duration = .seconds(30)

  package init(
    job: String, region: String, repo: String, every: Duration, interval: Duration = .seconds(60)
  ) {
    self.job = job
    self.region = region
    self.repo = repo
    self.every = every
    self.interval = interval
  }

  package var objectiveAge: Duration { objective ?? every }

  /// - Parameter type: what makes or keeps the backups (`directory`, `s3`, `restic` …): a bounded set.
  package func description(type: String) -> CollectorDescription {
    CollectorDescription(
      kind: type, name: "\(region)/\(job)/\(repo)",
      labels: ["job": job, "type": type, "repo": repo, "region": region], interval: interval,
      timeout: timeout)
  }
}
