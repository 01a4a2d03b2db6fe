internal import DrillReports
internal import DurableIO
internal import Model
internal import Terminal

/// `farwatch drill verify`: holds a report's file against its own signature. Asks nobody.
package struct DrillVerdict: Sendable {
  private static let longestReport = 64 << 20

  /// For people: what was checked, and what came of it.
  package let lines: [String]
  package let holds: Bool

  /// - Parameter fingerprint: that the certificate must have; nil: any will do, and whoever asks compares it.
  package init(file: String, fingerprint: String?) throws(AskingFailure) {
    let bytes: [UInt8]
    do { bytes = try readFile(file, limit: Self.longestReport) } catch {
      throw AskingFailure("\(file) cannot be read: \(error)", isMisuse: true)
    }
    let found = ReportVerification(bytes, fingerprint: fingerprint)
    holds = found.holds
    var lines = found.findings.map { finding in
      let word = finding.holds.map { $0 ? "ok      " : "WRONG   " } ?? "unknown "
      return TerminalText.plain(word + finding.what)
    }
    if found.holds {
      lines.append("The report of drill \(TerminalText.plain(found.drill ?? "")) is as it was signed.")
      if fingerprint == nil {
        lines.append(
          "Whose certificate it is you must know from elsewhere: compare its fingerprint with that of "
            + "signing-certificates.pem on the watcher, or give it with --fingerprint.")
      }
    } else {
      lines.append("The report does NOT hold: it is not what was signed.")
    }
    self.lines = lines
  }
}
