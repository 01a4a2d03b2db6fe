/// What a page says of the drill that it is part of, so that nobody takes it for the real thing.
package struct DrillMark: Hashable, Sendable, Codable {
  /// The annotation that each alert of such a page has: the drill's ``id``.
  package static let annotation = "farwatch_drill"
  /// What everything begins with that people read first.
  package static let prefix = "DRILL: "

  /// The drill's, unique.
  package var id: String
  package var workload: String
  package var region: String
  /// `partial` or `full`.
  package var kind: String

  package init(id: String, workload: String, region: String, kind: String) {
    self.id = id
    self.workload = workload
    self.region = region
    self.kind = kind
  }
}
