package import Collecting
package import Model

/// The backups of one server in Barman's catalogue, and Barman's own checks of it.
package struct BarmanSettings: ToolBackupSettings {
  package static let kind = "barman"

  package var basics: BackupBasics
  package var program: ToolProgram
  package var rules = ToolRules()
  /// As Barman calls it.
  package var server: String
  /// nil: `/etc/barman.conf`.
  package var config: String?
  /// Run `barman check`, which connects to the server.
  package var runsCheck = true

  package init(basics: BackupBasics, program: ToolProgram, server: String) {
    self.basics = basics
    self.program = program
    self.server = server
    if basics.repo.isEmpty { self.basics.repo = server }
  }

  package static var families: [MetricFamily] {
    BackupFamilies.all + BackupToolFamilies.common + [BackupToolFamilies.checkFailed]
  }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    try collector(BarmanDialogue(self), clients)
  }
}
