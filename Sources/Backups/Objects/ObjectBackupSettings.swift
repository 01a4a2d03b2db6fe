package import Collecting
package import Model
package import ObjectStores

/// One series of backups in an object store, or in one directory of an SFTP server.
@dynamicMemberLookup
package struct ObjectBackupSettings: VerifiedBackupSettings {
  package var basics: BackupBasics
  package var naming: BackupNaming
  package var place: StorePlace
  /// Names begin with it; what is matched and read as a time stands behind it.
  package var prefix: String
  /// nil: every object is a backup.
  package var members: BackupMembers?
  package var verify = BackupContentRules()
  /// Greatest size of an object that is read from its beginning to its end to verify it.
  package var wholeReadLimit: UInt64 = 1 << 30
  /// Bytes that are read to verify in one hour; nil for as many as it takes.
  package var readBytesPerHour: UInt64?
  /// Objects under the prefix, matching or not, beyond which the newest is unknown.
  package var objectsLimit = 2_000_000
  /// The newest backups that are judged one by one.
  package var window = 1000
  /// List only what is behind the known names where names sort by time, and all of them this often.
  package var fullListingEvery: Duration? = .seconds(6 * 3600)
  /// Ask for uploads that were begun and not completed.
  package var wantsIncompleteUploads = true
  /// The whole name of an object that a restore test writes when it succeeded.
  package var restoreMarker: String?
  /// Ask whether the bucket has versioning, and object lock with a default retention.
  package var expectsVersioning = false
  package var expectsObjectLock = false
  package var objectives = BackupObjectives()

  package init(basics: BackupBasics, naming: BackupNaming, place: StorePlace, prefix: String = "") {
    self.basics = basics
    if basics.repo.isEmpty { self.basics.repo = place.label }
    self.naming = naming
    self.place = place
    self.prefix = prefix
  }

  package subscript<Value>(dynamicMember field: WritableKeyPath<BackupBasics, Value>) -> Value {
    get { basics[keyPath: field] }
    set { basics[keyPath: field] = newValue }
  }

  package static var families: [MetricFamily] { BackupFamilies.all + BackupFamilies.objects }
  package var description: CollectorDescription { basics.description(type: place.kind) }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    let collector = ObjectBackupCollector(
      self, store: place.store(try clients.objectStores), time: clients.time)
    return try objectives.beside(collector, clients)
  }

  package func makeRehearsal(start: Timestamp) -> any Rehearsal { BackupRehearsal(basics, start: start) }
}
