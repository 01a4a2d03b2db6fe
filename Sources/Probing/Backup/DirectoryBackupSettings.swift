package import Model

/// One series of backup files in one directory (subdirectories are not searched).
package struct DirectoryBackupSettings: Hashable, Sendable {
  package struct Verification: Hashable, Sendable {
    /// Decompress each file to its end; the trailer is then looked for in what came out.
    package var gzip = false
    package var trailer = DumpTrailer.none
    /// Decompressed bytes after which a file counts as not verified.
    package var decompressedLimit: UInt64 = 1 << 40
    /// Bytes of files read in a second; nil for as fast as the disk gives them.
    package var bytesPerSecond: UInt64?
    /// Files older than the newest good one that are verified in one pass, until all were once.
    package var olderFilesPerPass = 1

    package init(gzip: Bool = false, trailer: DumpTrailer = .none) {
      self.gzip = gzip
      self.trailer = trailer
    }
  }

  package var job: String
  package var region: String
  /// The label `repo`; the path's last component when nil.
  package var repo: String?
  package var path: String
  package var match: Glob
  /// nil to recognise the common forms; then a name without a time is judged by its modification time alone.
  package var timeFormat: BackupTimeFormat?
  /// What the clocks in names are ahead of UTC.
  package var nameOffset: Duration = .zero

  /// How often a backup is due.
  package var every: Duration
  /// The age at which the newest good backup is too old; ``every`` when nil.
  package var objective: Duration?
  package var minimumSize: UInt64 = 1
  /// A file changed more recently than this is still being written.
  package var settle: Duration = .seconds(60)
  /// Size divided by the median of the ``medianOf`` backups before it; outside, a backup does not count.
  package var sizeRatio: ClosedRange<Double>?
  package var medianOf = 7
  package var expectedCount: Int?
  /// Name and modification time may differ by this much; ``every`` when nil.
  package var timeTolerance: Duration?
  /// How far back gaps are counted; seven times ``every`` when nil.
  package var gapWindow: Duration?
  package var verify = Verification()

  package var interval: Duration
  package var timeout: Duration = .seconds(30)
  /// Entries of the directory, matching or not, beyond which its newest file is unknown.
  package var entriesLimit = 200_000

  package init(
    job: String, region: String, path: String, match: Glob, every: Duration, interval: Duration = .seconds(60)
  ) {
    self.job = job
    self.region = region
    self.path = path
    self.match = match
    self.every = every
    self.interval = interval
  }

  package var repository: String {
    repo ?? path.split(separator: "/").last.map(String.init) ?? path
  }

  package var labels: Labels {
    ["job": job, "type": "directory", "repo": repository, "region": region]
  }
}
