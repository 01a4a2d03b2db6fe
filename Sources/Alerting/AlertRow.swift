internal import Model
internal import RowCoding

/// An active alert as it is remembered in the table of alerts, under its identity.
///
/// It holds everything that its end has to tell, because its rule may be gone by then.
struct AlertRow: Codable {
  static let currentVersion = 1

  var version = currentVersion
  /// Identity of the rule.
  var rule: String
  var state: AlertInstance.State
  var activeAt: Timestamp
  /// nil in rows of older versions.
  var episode: UInt64?
  var firedAt: Timestamp?
  var keepFiringSince: Timestamp?
  /// When a firing alert was first seen not to hold; nil while it holds, and in rows of older versions.
  var ceasedAt: Timestamp?
  /// Places of selectors in the rule's expression.
  var witnesses: [Int]?
  var labels: Labels
  var annotations: Labels
  /// As text: JSON has no infinity.
  var value: String
  var origin: AlertOrigin

  init(_ instance: AlertInstance, rule: String, origin: AlertOrigin) {
    self.rule = rule
    state = instance.state
    activeAt = instance.activeAt
    episode = instance.episode
    firedAt = instance.firedAt
    keepFiringSince = instance.keepFiringSince
    ceasedAt = instance.ceasedAt
    witnesses = instance.witnesses
    labels = instance.labels
    annotations = instance.annotations
    value = NumberText.shortest(instance.value)
    self.origin = origin
  }

  var instance: AlertInstance {
    AlertInstance(
      restored: state, activeAt: activeAt, episode: episode, firedAt: firedAt,
      keepFiringSince: keepFiringSince, ceasedAt: ceasedAt ?? keepFiringSince, witnesses: witnesses,
      labels: labels, annotations: annotations,
      value: Double(value) ?? .nan
    )
  }

  /// nil when it cannot be encoded.
  var bytes: [UInt8]? { try? RowCoding.encode(self) }

  /// Why bytes are no such row, for people.
  struct RowProblem: Error {
    var message: String
  }

  init(key: String, bytes: [UInt8]) throws(RowProblem) {
    let row: AlertRow
    do {
      row = try RowCoding.decode(AlertRow.self, bytes)
    } catch {
      throw RowProblem(message: "alert row \(key) cannot be read: \(error)")
    }
    guard row.version == Self.currentVersion else {
      throw RowProblem(message: "alert row \(key) has version \(row.version)")
    }
    guard alertIdentity(rule: row.rule, labels: row.labels) == key else {
      throw RowProblem(message: "alert row \(key) does not hold the alert of its key")
    }
    self = row
  }
}
