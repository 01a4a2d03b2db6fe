internal import FoundationEssentials
internal import Model

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

  var bytes: [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Texts and whole numbers only: there is nothing that encoding could refuse.
    guard let data = try? encoder.encode(self) else { preconditionFailure("an alarm row cannot be encoded") }
    return [UInt8](data)
  }

  /// nil when the bytes are no such row.
  init?(bytes: [UInt8]) {
    guard let row = try? JSONDecoder().decode(AlarmRow.self, from: Data(bytes)),
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
