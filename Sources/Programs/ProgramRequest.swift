package import Secrets

/// A program to run: found by its path, given its arguments one by one, never a shell.
package struct ProgramRequest: Hashable, Sendable {
  /// The first is the program's path.
  package var arguments: [String]
  /// Beside `PATH`, which is the daemon's.
  package var environment: [String: String] = [:]
  /// More of its environment, read anew each time that ``ProgramRunner`` starts it. What the program says of them is made
  /// unreadable; so each needs 4 bytes at least.
  package var secrets: [String: SecretSource] = [:]
  package var standardInput: [UInt8] = []
  /// A program that takes longer is ended, with all that it started.
  package var timeout: Duration = .seconds(30)
  /// Bytes of its output that are kept; the rest is read and thrown away.
  package var outputLimit = 4096

  package init(arguments: [String]) { self.arguments = arguments }
}
