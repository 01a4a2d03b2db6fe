package import Collecting
package import Model

/// The backups of one pgBackRest stanza in one repository, and its archive of WAL.
package struct PgBackRestSettings: ToolBackupSettings {
  package static let kind = "pgbackrest"

  package var basics: BackupBasics
  package var program: ToolProgram
  package var rules = ToolRules()
  package var stanza: String
  /// nil: where the tool looks by itself.
  package var config: String?
  /// Its number, as in `repo2-path`.
  package var repository = 1
  /// List the archive, and see whether every segment is there.
  package var checksWAL = true
  /// nil: told by the backups' addresses and the sizes of segments.
  package var segmentSize: UInt64?

  /// The label `repo` is `repo1` (or another number) unless `basics` says otherwise.
  package init(basics: BackupBasics, program: ToolProgram, stanza: String, repository: Int = 1) {
    self.basics = basics
    if basics.repo.isEmpty { self.basics.repo = "repo\(repository)" }
    self.program = program
    self.stanza = stanza
    self.repository = repository
  }

  package static var families: [MetricFamily] {
    BackupFamilies.all + BackupToolFamilies.common + BackupToolFamilies.wal
  }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    try collector(PgBackRestDialogue(self), clients)
  }
}
