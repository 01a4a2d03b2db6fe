package import Model

/// Why a connection or a query failed. Never holds a password: see ``ConnectionParameters``.
package struct PostgresError: Error, Equatable, Sendable, CustomStringConvertible {
  package let reason: FailureReason
  /// The server's five-character code, when the server said no.
  package let sqlState: String?
  /// One line for people: libpq's or the server's words.
  package let message: String

  package init(_ reason: FailureReason, sqlState: String? = nil, _ message: String) {
    self.reason = reason
    self.sqlState = sqlState
    self.message = message
  }

  package var description: String { sqlState.map { "\(message) (SQLSTATE \($0))" } ?? message }

  /// The reason behind a SQLSTATE (PostgreSQL manual, appendix A).
  static func reason(forSQLState code: String) -> FailureReason {
    switch code {
    case "42501": .permission
    case "57014": .timeout
    // Starting up, shutting down or not yet consistent: it is there, and refuses.
    case "57P03": .refused
    case "53300": .limit
    // It takes no writes: a standby, or closed to them.
    case "25006": .status
    case "3D000", "42P01", "42703", "42883": .missing
    case _ where code.hasPrefix("28"): .authentication
    case _ where code.hasPrefix("08") || code.hasPrefix("57P"): .reset
    default: .query
    }
  }

  /// Reads what libpq says about a connection that failed. The connection must have been made with verbose errors,
  /// so that a server's refusal carries its SQLSTATE: libpq offers no other way to it before a connection stands.
  static func connecting(_ text: String) -> PostgresError {
    let line = firstLines(text)
    if let (code, rest) = verboseCode(line) {
      return PostgresError(reason(forSQLState: code), sqlState: code, rest)
    }
    // libpq's own texts are English here: the process never calls setlocale.
    let reasons: [(String, FailureReason)] = [
      ("could not translate host name", .dns),
      ("certificate has expired", .certificateExpired),
      ("certificate expired", .certificateExpired),
      ("does not match host name", .certificateName),
      ("certificate", .certificateInvalid),
      ("Connection refused", .refused),
      ("No such file or directory", .refused),
      ("Connection timed out", .timeout),
      ("timeout expired", .timeout),
      ("No route to host", .unreachable),
      ("Network is unreachable", .unreachable),
      ("no password supplied", .authentication),
      ("authentication", .authentication),
      ("SSL", .tlsHandshake),
      ("Connection reset", .reset),
      ("server closed the connection", .reset),
      ("EOF detected", .reset),
      ("invalid", .configuration),
    ]
    return PostgresError(reasons.first { line.contains($0.0) }?.1 ?? .other, line)
  }

  /// `FATAL:  28P01: text` as code and the line without it. The severity may be in the server's language.
  private static func verboseCode(_ line: String) -> (code: String, rest: String)? {
    var rest = Substring(line)
    while let mark = rest.firstRange(of: ":  ") {
      rest = rest[mark.upperBound...]
      let code = rest.prefix(5)
      guard code.utf8.count == 5, rest.dropFirst(5).hasPrefix(": ") else { continue }
      guard code.utf8.allSatisfy({ (48...57).contains($0) || (65...90).contains($0) }) else { continue }
      return (String(code), line.replacing("\(code): ", with: "", maxReplacements: 1))
    }
    return nil
  }

  /// At most 300 characters, without the lines that verbose errors add and without line breaks.
  static func firstLines(_ text: String) -> String {
    let lines = text.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("LOCATION:") }
    return String(lines.joined(separator: "; ").prefix(300))
  }
}
