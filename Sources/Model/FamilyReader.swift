/// What the metrics page needs of a store. Safe to call from any thread.
package protocol FamilyReader: Sendable {
  /// Every exposed family in order of name, with a number that changes whenever one of its current values or its
  /// set of current series changes. A family without a current series may be left out.
  func familyVersions() -> [(family: MetricFamily, version: UInt64)]

  /// Calls `body` with each current (not stale) series of `family` in a fixed order, and returns the version that
  /// was read, all under one lock: `body` must be short and must not call back.
  func readFamily(_ family: MetricFamily, _ body: (SeriesID, Labels, Double) -> Void) -> UInt64
}
