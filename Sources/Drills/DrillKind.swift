/// How much of a failover is rehearsed.
package enum DrillKind: String, Sendable, CaseIterable, Codable {
  /// People talk it through; nothing is touched.
  case tabletop
  /// Some of the steps are taken.
  case partial
  /// The region is left for real.
  case full

  /// Whether something is really broken in it, so that pages about it are part of it. In a tabletop nothing is: a page
  /// that goes out meanwhile is meant.
  package var touchesTheWorld: Bool { self != .tabletop }
}
