internal import Model
internal import RowCoding

/// What the table of alarms remembers of one alarm, under its name.
struct AlarmRow: Codable, Equatable {
  static let currentVersion = 1

  var version = currentVersion
  var state: AlarmState
  var reason: String
  var changedAt: Timestamp
  /// When the definition was last seen to change.
  var configuredAt: Timestamp
  /// Fingerprint of the definition.
  var definition: String
  /// Of a composite alarm.
  var suppression: ActionSuppression?
  /// When a page was last decided; nil: never.
  var toldAt: Timestamp?

  /// nil when it cannot be encoded: then the row on the disk stays as it is.
  var bytes: [UInt8]? { try? RowCoding.encode(self) }

  /// nil when the bytes are no such row.
  init?(bytes: [UInt8]) {
    guard let row = try? RowCoding.decode(AlarmRow.self, bytes),
      row.version == Self.currentVersion
    else { return nil }
    self = row
  }

  init(beginning definition: String, at now: Timestamp) {
    state = .insufficientData
    reason = StateReason.initial
    changedAt = now
    configuredAt = now
    self.definition = definition
  }
}
