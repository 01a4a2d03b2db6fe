internal import Model
internal import Probing
internal import StrictYAML

/// `backups:` jobs.
enum BackupSection {
  static func read(_ m: MappingReader, _ scope: Scope) -> DirectoryBackupSettings {
    let job = m.required("job", .namePart)
    let region = m.required("region", scope.region)
    let every = m.required("every", .duration(.seconds(1) ... .seconds(365 * 86_400)))
    let interval = m.optional("interval", .duration(.seconds(1) ... .seconds(86_400)))
    var backup = m.required("directory", directory(job: job, region: region, every: every, scope))
    // Often enough that a missing backup is known within a tenth of its schedule.
    backup.interval = interval ?? min(max(every / 10, .seconds(5)), .seconds(60))
    backup.timeout = m.optional("timeout", .duration(.seconds(1) ... .seconds(3600))) ?? backup.timeout
    backup.repo = m.optional("repo", .nonEmptyString)
    backup.objective = m.optional("objective", .duration(.seconds(1) ... .seconds(3650 * 86_400)))
    backup.minimumSize = UInt64(m.optional("min_size", .byteSize) ?? 1)
    backup.expectedCount = m.optional("expected_count", .int(1...1_000_000))
    backup.verify = m.optional("verify", .mapping(readVerification)) ?? backup.verify
    if let low = m.optional("min_ratio", .double(0...1)) {
      backup.sizeRatio = low...(m.optional("max_ratio", .double(1...1_000_000)) ?? 1_000_000)
    } else if let high = m.optional("max_ratio", .double(1...1_000_000)) {
      backup.sizeRatio = 0...high
    }
    return backup
  }

  private static func directory(
    job: String, region: String, every: Duration, _ scope: Scope
  ) -> YAMLType<DirectoryBackupSettings> {
    .mapping { m in
      // The folder may be missing at this moment: that is for the collector to report, not a mistake here.
      let path = scope.paths.resolve(m.required("path", .nonEmptyString))
      let match = m.required("match", glob)
      var backup = DirectoryBackupSettings(job: job, region: region, path: path, match: match, every: every)
      backup.timeFormat = m.optional("time_format", timeFormat) ?? nil
      backup.settle = m.optional("settle", .duration(.zero ... .seconds(86_400))) ?? backup.settle
      return backup
    }
  }

  private static func readVerification(_ m: MappingReader) -> DirectoryBackupSettings.Verification {
    let gzip = m.optional("gzip", .bool) ?? false
    var verification = DirectoryBackupSettings.Verification(
      gzip: gzip, trailer: m.optional("trailer", trailer) ?? .none)
    m.atMostOne(of: "trailer", "trailer_text")
    if let text = m.optional("trailer_text", .nonEmptyString) { verification.trailer = .custom(text) }
    if let limit = m.optional("bytes_per_second", .byteSize) {
      verification.bytesPerSecond = UInt64(max(1, limit))
    }
    return verification
  }

  private enum KnownTrailer: String, CaseIterable {
    case none, mysqldump
    case mariadbDump = "mariadb-dump"
    case pgDump = "pg_dump"
  }

  private static var trailer: YAMLType<DumpTrailer> {
    .converted(from: YAMLType<KnownTrailer>.choice(), placeholder: .none) { known in
      switch known {
      case .none: .none
      case .mysqldump, .mariadbDump: .mysqldump
      case .pgDump: .pgDump
      }
    }
  }

  private static var glob: YAMLType<Glob> {
    .converted(from: .nonEmptyString, placeholder: anyName) { try Glob($0) }
  }

  private static var anyName: Glob {
    // `*` is a pattern by the pattern language's own definition.
    do { return try Glob("*") } catch { preconditionFailure("\(error)") }
  }

  private static var timeFormat: YAMLType<BackupTimeFormat?> {
    .converted(from: .nonEmptyString, placeholder: nil) { try BackupTimeFormat($0) }
  }
}
