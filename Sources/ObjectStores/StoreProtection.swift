/// What keeps the objects of a bucket from being overwritten and deleted.
package struct StoreProtection: Hashable, Sendable {
  package enum Versioning: String, Hashable, Sendable {
    /// It never was on.
    case off
    /// It was on: what is written now replaces what is there.
    case suspended
    case enabled
  }

  package enum Mode: String, Hashable, Sendable, CaseIterable {
    /// Whoever has a privilege of its own may still delete.
    case governance
    /// Nobody may, the account's owner neither.
    case compliance
  }

  /// How long every new object is locked that says nothing of its own.
  package struct Retention: Hashable, Sendable {
    package var mode: Mode
    package var period: Duration

    package init(mode: Mode, period: Duration) {
      self.mode = mode
      self.period = period
    }
  }

  package var versioning: Versioning
  package var hasObjectLock: Bool
  /// nil: new objects are not locked by themselves.
  package var retention: Retention?

  package init(versioning: Versioning, hasObjectLock: Bool = false, retention: Retention? = nil) {
    self.versioning = versioning
    self.hasObjectLock = hasObjectLock
    self.retention = retention
  }
}
