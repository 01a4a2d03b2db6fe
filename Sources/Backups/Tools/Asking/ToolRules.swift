package import Collecting
package import Model

/// What all backup tools have beyond ``BackupBasics``.
package struct ToolRules: Hashable, Sendable {
  /// The age at which the newest full backup is too old.
  package var fullEvery: Duration?
  /// How far back a restore must be possible.
  package var retention: Duration?
  /// How long damage may stay unnoticed; less than ``retention``.
  package var detectionDelay: Duration?
  /// A local file that a restore test writes when it succeeded: a time in it (RFC 3339 or seconds since 1970), or else
  /// when it was changed last.
  package var restoreMarker: String?
  package var restoreTestEvery: Duration?

  package init() {}
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

  package func makeRehearsal(start: Timestamp) -> any Rehearsal { BackupRehearsal(basics, start: start) }
}
