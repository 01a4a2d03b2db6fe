package import Model

/// Why a connection or a query failed. Never holds a password: see ``ConnectionOptions``.
package struct MySQLError: Error, Equatable, Sendable, CustomStringConvertible {
  package let reason: FailureReason
  /// The server's number (1000 to 1999, 3000 and up), when the server said no; nil when it did not get to speak.
  package let serverCode: Int?
  /// One line for people: the library's or the server's words, and what to do where that is known.
  package let message: String

  package init(_ reason: FailureReason, serverCode: Int? = nil, _ message: String) {
    self.reason = reason
    self.serverCode = serverCode
    self.message = message
  }

  package var description: String { serverCode.map { "\(message) (error \($0))" } ?? message }

  /// The library's own numbers are 2000 to 2999 and 5000 to 5999 (errmsg.h); all others are a server's.
  static func isServers(_ code: Int) -> Bool {
    !(2000..<3000).contains(code) && !(5000..<6000).contains(code)
  }

  /// What `mysql_errno` and `mysql_error` say.
  static func said(_ code: Int, _ text: String) -> MySQLError {
    let line = oneLine(text)
    guard isServers(code) else {
      return MySQLError(reason(forClient: code, line), hint(forClient: code, line))
    }
    return MySQLError(
      reason(forServer: code), serverCode: code, line + (remedies[code].map { "; \($0)" } ?? ""))
  }

  /// The reason behind a server's number (MySQL "Server Error Message Reference", MariaDB "Error Codes").
  private static func reason(forServer code: Int) -> FailureReason {
    switch code {
    case 1045, 1130, 1251, 1275, 1524, 1698, 1820, 1862, 3118, 3159, 4151: .authentication
    case 1044, 1142, 1143, 1227, 1370, 1410: .permission
    case 1040, 1203, 1226: .limit
    case 1129: .refused
    case 1053, 1077, 1079, 1152, 1158, 1159, 1160, 1161, 1317, 1927: .reset
    case 1205, 1969, 3024: .timeout
    case 1049, 1054, 1146, 1305, 1193: .missing
    // It is there and says that it does not write: read_only, read-only transaction, a Galera node outside its cluster.
    case 1047, 1290, 1792, 1836: .status
    default: .query
    }
  }

  private static let remedies: [Int: String] = [
    1040: "raise max_connections, or find who keeps them",
    1129: "FLUSH HOSTS on the server unblocks this client",
    1130: "create the account for this client's address",
    1862: "the account's password has expired",
    1820: "the account's password has expired",
  ]

  private static func reason(forClient code: Int, _ text: String) -> FailureReason {
    switch code {
    case 2005: .dns
    case 2001, 2002, 2003, 2004, 5012: systemReason(text) ?? .refused
    case 2006, 2013, 2055, 5013: systemReason(text) ?? .reset
    case 2026: tlsReason(text)
    case 2007, 2012, 2014, 2027, 2047: .protocolError
    case 2020: .limit
    case 2049, 2059, 2061, 5010: .authentication
    case 2008: .limit
    case 2019, 5004, 5005: .configuration
    default: .other
    }
  }

  /// The library puts the number of the system's error in brackets, or its text behind a colon.
  private static func systemReason(_ text: String) -> FailureReason? {
    let known: [(String, FailureReason)] = [
      ("(111", .refused), ("refused", .refused), ("(2)", .refused), ("(2 ", .refused),
      ("No such file", .refused),
      ("(110", .timeout), ("timed out", .timeout), ("(113", .unreachable), ("No route", .unreachable),
      ("(101", .unreachable), ("unreachable", .unreachable), ("(104", .reset), ("reset", .reset),
      ("(13)", .permission), ("(13 ", .permission),
    ]
    return known.first { text.contains($0.0) }?.1
  }

  private static func tlsReason(_ text: String) -> FailureReason {
    let lower = text.lowercased()
    let known: [(String, FailureReason)] = [
      ("expired", .certificateExpired), ("hostname", .certificateName), ("host name", .certificateName),
      ("validation of ssl server certificate failed", .certificateName),
      ("certificate", .certificateInvalid), ("self-signed", .certificateInvalid),
      ("self signed", .certificateInvalid),
    ]
    return known.first { lower.contains($0.0) }?.1 ?? .tlsHandshake
  }

  private static func hint(forClient code: Int, _ text: String) -> String {
    switch code {
    case 2059: "\(text); the library lacks this authentication plugin: give the account another"
    case 5010: "\(text); this way to authenticate is not safe without TLS"
    default: text
    }
  }

  /// At most 300 characters without line breaks.
  static func oneLine(_ text: String) -> String {
    String(text.split(whereSeparator: \.isNewline).joined(separator: "; ").prefix(300))
  }
}
