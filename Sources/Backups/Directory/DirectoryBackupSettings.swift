package import Collecting
package import Model

/// One series of backup files in one directory (subdirectories are not searched).
@dynamicMemberLookup
package struct DirectoryBackupSettings: VerifiedBackupSettings {
  package typealias Verification = BackupContentRules

  package var basics: BackupBasics
  package var naming: BackupNaming
  package var path: String
  package var verify = BackupContentRules()
  /// nil: every file is a backup.
  package var members: BackupMembers?
  /// The path of a file that a restore test writes when it succeeded.
  package var restoreMarker: String?
  package var objectives = BackupObjectives()
  /// Entries of the directory, matching or not, beyond which its newest file is unknown.
  package var entriesLimit = 200_000

  /// The label `repo` is the path's last component unless ``basics`` says otherwise.
  package init(
    job: String, region: String, path: String, match: Glob, every: Duration, interval: Duration = .seconds(60)
  ) {
    let repo = path.split(separator: "/").last.map(String.init) ?? path
    basics = BackupBasics(job: job, region: region, repo: repo, every: every, interval: interval)
    naming = BackupNaming(match: match)
    self.path = path
  }

  package subscript<Value>(dynamicMember field: WritableKeyPath<BackupBasics, Value>) -> Value {
    get { basics[keyPath: field] }
    set { basics[keyPath: field] = newValue }
  }

  package static var families: [MetricFamily] { BackupFamilies.all }
  package var description: CollectorDescription { basics.description(type: "directory") }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    try objectives.beside(DirectoryBackupCollector(self, time: clients.time), clients)
  }

  package func makeRehearsal(start: Timestamp) -> any Rehearsal { BackupRehearsal(basics, start: start) }
}
