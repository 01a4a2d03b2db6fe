/// What a metrics page needs of a store. Safe to call from any thread.
package protocol FamilyReader: Sendable {
  /// Every exposed family in order of name, with a number that changes whenever one of its current values or its
  /// set of current series changes. A family without a current series may be left out.
  func familyVersions() -> [(family: MetricFamily, version: UInt64)]

  /// What changed since the answer whose `version` is given; nil: everything. A reader that does not keep account of
  /// changes always tells all of its families.
  func familyChanges(since version: UInt64?) -> FamilyChanges

  /// Calls `body` with each current (not stale) series of `family` in a fixed order, and returns the version that
  /// was read, all under one lock: `body` must be short and must not call back.
  func readFamily(_ family: MetricFamily, _ body: (SeriesID, Labels, Double) -> Void) -> UInt64
}

extension FamilyReader {
  package func familyChanges(since version: UInt64?) -> FamilyChanges {
    FamilyChanges(version: 0, isWhole: true, families: familyVersions())
  }
}

/// The families of a ``FamilyReader`` that somebody who has looked before must look at again.
package struct FamilyChanges: Sendable {
  /// To ask with the next time.
  package var version: UInt64
  /// Whether `families` are all there are, as ``FamilyReader/familyVersions()`` tells them. Else they are those that
  /// changed, in any order, while no family came or went.
  package var isWhole: Bool
  package var families: [(family: MetricFamily, version: UInt64)]

  package init(version: UInt64, isWhole: Bool, families: [(family: MetricFamily, version: UInt64)]) {
    self.version = version
    self.isWhole = isWhole
    self.families = families
  }
}
