package import Collecting
package import Model

/// The backups of one Velero schedule, or all of a namespace, as the cluster's Backup objects tell of them.
///
/// Velero's own counters begin anew with each restart of its server and say nothing of what was before; the objects stay.
package struct VeleroSettings: ToolBackupSettings {
  package static let kind = "velero"

  package var basics: BackupBasics
  /// `kubectl`.
  package var program: ToolProgram
  package var rules = ToolRules()
  package var namespace = "velero"
  /// nil: backups of all schedules, and those made by hand.
  package var schedule: String?
  package var storageLocation: String?
  package var kubeconfig: String?
  package var context: String?
  /// A backup of which some items failed counts as good.
  package var acceptsPartial = false

  package init(basics: BackupBasics, program: ToolProgram) {
    self.basics = basics
    self.program = program
    if basics.repo.isEmpty { self.basics.repo = "velero" }
  }

  package static var families: [MetricFamily] {
    BackupFamilies.all + BackupToolFamilies.common + [BackupToolFamilies.expired]
  }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    try collector(VeleroDialogue(self), clients)
  }
}
