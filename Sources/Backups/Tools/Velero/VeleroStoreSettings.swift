package import Collecting
package import Model
package import ObjectStores

/// The backups of Velero as they lie in their bucket: for clusters that do not answer any more, which is when they
/// are needed.
package struct VeleroStoreSettings: BackupJobSettings {
  package var basics: BackupBasics
  package var place: StorePlace
  /// As the backup storage location has it; `backups/` comes behind it.
  package var prefix: String
  package var rules = ToolRules()
  /// nil: backups of all schedules, and those made by hand.
  package var schedule: String?
  /// A backup of which some items failed counts as good.
  package var acceptsPartial = false

  package init(basics: BackupBasics, place: StorePlace, prefix: String = "") {
    self.basics = basics
    self.place = place
    self.prefix = prefix
    if basics.repo.isEmpty { self.basics.repo = place.label }
  }

  package static var families: [MetricFamily] { VeleroSettings.families }
  package var description: CollectorDescription { basics.description(type: VeleroSettings.kind) }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    let collector = VeleroStoreCollector(
      self, store: place.store(try clients.objectStores), time: clients.time)
    return try rules.objectives.beside(collector, clients)
  }

  package func makeRehearsal(start: Timestamp) -> any Rehearsal { BackupRehearsal(basics, start: start) }
}
