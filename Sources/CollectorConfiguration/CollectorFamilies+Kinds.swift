internal import Collecting
package import Model

extension CollectorFamilies {
  /// What collectors of the kind that the configuration calls `kind` may bring, whatever it is written under; nil:
  /// there is no such kind.
  package static func ofKind(_ kind: String) -> [MetricFamily]? {
    let types =
      CheckKinds.table.filter { $0.key == kind }.map(\.settings)
      + ReplicationEngines.table.filter { $0.key == kind }.map(\.settings)
      + BackupKinds.table.filter { $0.key == kind }.map(\.settings)
      + MeasurementKinds.table.filter { $0.key == kind }.map(\.settings)
    return types.isEmpty ? nil : types.flatMap { $0.families }
  }

  /// The names of all kinds, in order, each once.
  package static var kinds: [String] {
    let keys =
      CheckKinds.table.map(\.key) + ReplicationEngines.table.map(\.key) + BackupKinds.table.map(\.key)
      + MeasurementKinds.table.map(\.key)
    return Set(keys).sorted()
  }
}
