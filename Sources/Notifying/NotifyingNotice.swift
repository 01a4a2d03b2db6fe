/// Something that an operator should find in the log: a constant message and its data.
package struct NotifyingNotice: Hashable, Sendable {
  package enum Level: String, Hashable, Sendable { case info, warning, error }

  package let level: Level
  package let message: String
  package let metadata: [String: String]

  init(_ level: Level, _ message: String, _ metadata: [String: String] = [:]) {
    self.level = level
    self.message = message
    self.metadata = metadata
  }
}
