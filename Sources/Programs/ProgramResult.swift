package import Model

/// How a program ended and what it said.
package struct ProgramResult: Hashable, Sendable {
  package enum Ending: Hashable, Sendable {
    case exited(Int32)
    /// By a signal that we did not send.
    case killed(signal: Int32)
    /// It ran longer than ``ProgramRequest/timeout`` and was ended, with its whole process group.
    case timedOut
    /// It did not run.
    case notStarted(FailureReason, String)
    /// The runner was stopped; says nothing about the program.
    case cancelled
  }

  package var ending: Ending
  /// The first bytes of standard output and of standard error, each at most ``ProgramRequest/outputLimit``.
  package var output: [UInt8] = []
  package var errorOutput: [UInt8] = []

  package init(_ ending: Ending) { self.ending = ending }

  /// The first line that it wrote to standard error and that is not empty, printable and at most 200 characters long.
  package var complaint: String? {
    for line in errorOutput.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d }) {
      let text = String(decoding: line, as: UTF8.self).unicodeScalars
        .filter { $0.value >= 0x20 && $0.value != 0x7f }.prefix(200)
      let trimmed = String(String.UnicodeScalarView(text))
      if trimmed.contains(where: { $0 != " " }) { return trimmed }
    }
    return nil
  }
}
