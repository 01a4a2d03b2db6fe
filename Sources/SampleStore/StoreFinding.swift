internal import Synchronization

/// Something that a store met, at its start or later, and its operator should know.
package struct StoreFinding: Sendable, Equatable {
  /// Constant text.
  package var message: String
  package var file: String
  package var detail: String
  /// Whether something is wrong; otherwise something is right again.
  package var isProblem = true
}

extension State {
  /// More at once than anyone reads; the counters go on.
  private static let findingsLimit = 100

  mutating func tell(_ message: String, _ file: String, _ detail: String, isProblem: Bool = true) {
    guard findings.count < Self.findingsLimit else { return }
    findings.append(StoreFinding(message: message, file: file, detail: detail, isProblem: isProblem))
  }
}

extension SampleStore {
  /// What happened to the files since the last call (not what the start found): for the log.
  package func takeFindings() -> [StoreFinding] {
    state.withLock { state in
      defer { state.findings = [] }
      return state.findings
    }
  }
}
