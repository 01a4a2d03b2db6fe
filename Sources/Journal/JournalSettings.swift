/// How much of the journal is kept.
package struct JournalSettings: Sendable {
  package var retention: Duration = .seconds(90 * 86_400)
  package var maximumEntries = 1_000_000

  package init() {}
}
