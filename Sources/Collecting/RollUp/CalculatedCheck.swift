/// A check that is made of others: well while at least x of y are.
package struct CalculatedCheck: Hashable, Sendable {
  package struct Member: Hashable, Sendable {
    package var region: String
    package var name: String

    package init(region: String, name: String) {
      self.region = region
      self.name = name
    }
  }

  package var name: String
  package var region: String
  package var zone = ""
  package var tier = ""
  package var weight = 1.0
  package var members: [Member]
  package var atLeast: Int
  /// Well while fewer are, as Route 53's inverted checks.
  package var isInverted = false
  /// Whether its members still count for their regions beside it.
  package var membersCount = false

  package init(name: String, region: String, members: [Member], atLeast: Int) {
    self.name = name
    self.region = region
    self.members = members
    self.atLeast = atLeast
  }

  /// What follows from the members' states; a member that is not there is unknown.
  package func health(_ state: (Member) -> CheckState.Health?) -> CheckState.Health {
    var up = 0
    var unknown = 0
    for member in members {
      switch state(member) ?? .unknown {
      case .up: up += 1
      case .unknown: unknown += 1
      case .down: break
      }
    }
    if up >= atLeast { return isInverted ? .down : .up }
    if up + unknown < atLeast { return isInverted ? .up : .down }
    return .unknown
  }
}
