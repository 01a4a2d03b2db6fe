internal import Backups
internal import Collecting
internal import ConfigurationTypes
internal import Model
internal import ObjectStores
internal import StrictYAML

/// `s3:`, `azure_blob:`, `gcs:` and `sftp:` of a backup job.
enum ObjectBackupSection {
  @Sendable static func s3(
    _ m: MappingReader, _ basics: BackupBasics, _ scope: Scope
  ) -> any BackupJobSettings { read(m, basics, scope, StorePlaceSection.s3) }

  @Sendable static func azureBlob(
    _ m: MappingReader, _ basics: BackupBasics, _ scope: Scope
  ) -> any BackupJobSettings { read(m, basics, scope, StorePlaceSection.azureBlob) }

  @Sendable static func gcs(
    _ m: MappingReader, _ basics: BackupBasics, _ scope: Scope
  ) -> any BackupJobSettings { read(m, basics, scope, StorePlaceSection.gcs) }

  @Sendable static func sftp(
    _ m: MappingReader, _ basics: BackupBasics, _ scope: Scope
  ) -> any BackupJobSettings { read(m, basics, scope, StorePlaceSection.sftp) }

  private static func read(
    _ m: MappingReader, _ basics: BackupBasics, _ scope: Scope, _ place: StorePlaceSection.Reader
  ) -> any BackupJobSettings {
    let place = place(m, scope)
    let isFolder = if case .sftp = place { true } else { false }
    var backup = ObjectBackupSettings(
      basics: basics, naming: BackupNamingSection.read(m), place: place,
      prefix: m.optional("prefix", .string) ?? "")
    backup.members = m.optional("members", .mapping { BackupMembersSection.read($0) })
    if isFolder, m.has("members") {
      m.problem("files of a directory do not come in the order of their names", at: "members")
    }
    // An object appears when it is whole; a file, or the last of several objects, comes later.
    let settle: Duration = isFolder || backup.members != nil ? .seconds(60) : .zero
    backup.settle = m.optional("settle", .duration(.zero ... .seconds(86_400))) ?? settle
    backup.objectsLimit = m.optional("objects_limit", .int(1...100_000_000)) ?? backup.objectsLimit
    if let every = m.optional("full_listing_every", .duration(.zero ... .seconds(7 * 86_400))) {
      backup.fullListingEvery = every > .zero ? every : nil
    }
    backup.wantsIncompleteUploads = m.optional("incomplete_uploads", .bool) ?? !isFolder
    backup.restoreMarker = m.optional("restore_marker", .nonEmptyString)
    backup.objectives = BackupObjectivesSection.read(m, basics, scope)
    if case .s3 = place {
      backup.expectsVersioning = m.optional("expect_versioning", .bool) ?? false
      backup.expectsObjectLock = m.optional("expect_object_lock", .bool) ?? false
    }
    if let limit = m.optional("whole_read_limit", .byteSize) { backup.wholeReadLimit = UInt64(max(1, limit)) }
    backup.readBytesPerHour = m.optional("read_bytes_per_hour", .byteSize).map { UInt64(max(1, $0)) }
    return backup
  }
}

/// `members:` what a backup of several objects or files consists of.
enum BackupMembersSection {
  static func read(_ m: MappingReader, separator usual: String = "/", isFolder: Bool = false) -> BackupMembers
  {
    let separator = m.optional("separator", .nonEmptyString) ?? usual
    if isFolder, separator.contains("/") {
      m.problem("subdirectories are not searched: what separates must stand in the name", at: "separator")
    }
    let required = m.required("required", .oneOrMore(BackupNamingSection.glob))
    if m.node("required")?.content.isEmptyList == true {
      m.problem("needs at least one pattern", at: "required")
    }
    return BackupMembers(separator: separator, required: required)
  }
}
