internal import Backups
internal import Collecting
internal import ConfigurationTypes
internal import Model
internal import StrictYAML

/// `directory:` of a backup job.
enum DirectoryBackupSection {
  static func read(_ m: MappingReader, _ basics: BackupBasics, _ scope: Scope) -> any BackupJobSettings {
    // The folder may be missing at this moment: that is for the collector to report, not a mistake here.
    let path = scope.paths.resolve(m.required("path", .nonEmptyString))
    let naming = BackupNamingSection.read(m)
    var backup = DirectoryBackupSettings(
      job: basics.job, region: basics.region, path: path, match: naming.match, every: basics.every)
    let repo = backup.basics.repo
    backup.basics = basics
    if basics.repo.isEmpty { backup.basics.repo = repo }
    backup.naming = naming
    backup.settle = m.optional("settle", .duration(.zero ... .seconds(86_400))) ?? backup.settle
    backup.members = m.optional(
      "members", .mapping { BackupMembersSection.read($0, separator: ".", isFolder: true) })
    backup.restoreMarker = m.optional("restore_marker", .nonEmptyString).map {
      $0.hasPrefix("/") ? $0 : "\(path)/\($0)"
    }
    backup.objectives = BackupObjectivesSection.read(m, basics, scope)
    return backup
  }
}

/// `match` and `time_format`: which names are backups, and what time they tell.
enum BackupNamingSection {
  static func read(_ m: MappingReader) -> BackupNaming {
    BackupNaming(match: m.required("match", glob), timeFormat: m.optional("time_format", timeFormat) ?? nil)
  }

  static var glob: YAMLType<Glob> {
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

/// `verify:` of a backup job: what its content must be.
enum BackupContentSection {
  static func read(_ m: MappingReader) -> BackupContentRules {
    let gzip = m.optional("gzip", .bool) ?? false
    var rules = BackupContentRules(gzip: gzip, trailer: m.optional("trailer", trailer) ?? .none)
    m.atMostOne(of: "trailer", "trailer_text")
    if let text = m.optional("trailer_text", .nonEmptyString) { rules.trailer = .custom(text) }
    rules.archive = m.optional("archive", YAMLType<ArchiveKind>.choice())
    if gzip, rules.archive != nil {
      m.problem("`gzip: true` reads all of it already: only one of the two may be given", at: "archive")
    }
    if let limit = m.optional("bytes_per_second", .byteSize) { rules.bytesPerSecond = UInt64(max(1, limit)) }
    return rules
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
}
