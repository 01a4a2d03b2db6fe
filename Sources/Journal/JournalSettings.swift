/// How much of the journal is kept.
package struct JournalSettings: Sendable, Equatable {
  /// An entry goes at most a hundredth of this (and at least a minute) after it became so old.
  package var retention: Duration = .seconds(90 * 86_400)
  /// Entries beyond this many go, the oldest first, a few thousand at a time.
  package var maximumEntries = 1_000_000

  package init() {}
}
