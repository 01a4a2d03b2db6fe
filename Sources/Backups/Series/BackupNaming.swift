internal import Model

/// Which names are backups of a series, and what time such a name tells.
package struct BackupNaming: Hashable, Sendable {
  package var match: Glob
  /// nil to recognise the common forms; then a name without a time is judged by its modification time alone.
  package var timeFormat: BackupTimeFormat?
  /// What the clocks in names are ahead of UTC.
  package var offset: Duration = .zero

  package init(match: Glob, timeFormat: BackupTimeFormat? = nil, offset: Duration = .zero) {
    self.match = match
    self.timeFormat = timeFormat
    self.offset = offset
  }
}
