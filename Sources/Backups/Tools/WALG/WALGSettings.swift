package import Collecting
package import Model

/// The backups and the WAL that WAL-G keeps of one PostgreSQL cluster.
package struct WALGSettings: ToolBackupSettings {
  package static let kind = "wal_g"

  package var basics: BackupBasics
  package var program: ToolProgram
  package var rules = ToolRules()
  /// WAL-G's own file of settings; nil: its variables.
  package var config: String?
  package var checksWAL = true

  package init(basics: BackupBasics, program: ToolProgram) {
    self.basics = basics
    self.program = program
    if basics.repo.isEmpty { self.basics.repo = "wal-g" }
  }

  package static var families: [MetricFamily] {
    BackupFamilies.all + BackupToolFamilies.common
      + [BackupToolFamilies.walGap, BackupToolFamilies.walSegments]
  }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    try collector(WALGDialogue(self), clients)
  }
}
