package import Collecting
package import Model

/// What all backup tools have beyond ``BackupBasics``.
@dynamicMemberLookup
package struct ToolRules: Hashable, Sendable {
  /// The age at which the newest full backup is too old.
  package var fullEvery: Duration?
  package var objectives = BackupObjectives()
  /// A local file that a restore test writes when it succeeded: a time in it (RFC 3339 or seconds since 1970), or else
  /// when it was changed last.
  package var restoreMarker: String?

  package init() {}

  package subscript<Value>(dynamicMember field: WritableKeyPath<BackupObjectives, Value>) -> Value {
    get { objectives[keyPath: field] }
    set { objectives[keyPath: field] = newValue }
  }
}

/// One job of a backup tool that is run and listened to.
package protocol ToolBackupSettings: BackupJobSettings {
  /// The word that the configuration and the label `type` have for the tool.
  static var kind: String { get }
  var basics: BackupBasics { get set }
  var program: ToolProgram { get set }
  var rules: ToolRules { get set }
}

extension ToolBackupSettings {
  package var description: CollectorDescription { basics.description(type: Self.kind) }

  /// Runs the tool, and says beside it what is asked of its backups.
  func collector(_ dialogue: some ToolDialogue, _ clients: CollectorClients) throws -> any Collector {
    try rules.objectives.beside(
      ToolBackupCollector(self, dialogue, runner: try clients.programs, time: clients.time), clients)
  }

  package func makeRehearsal(start: Timestamp) -> any Rehearsal { BackupRehearsal(basics, start: start) }
}
