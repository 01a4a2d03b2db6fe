package import Model

/// Why a connection or a command failed. Never holds a password.
package struct RedisError: Error, Equatable, Sendable, CustomStringConvertible {
  package let reason: FailureReason
  /// The word that the server's refusal begins with (`NOAUTH`, `LOADING` …), when it was the server who said no.
  package let code: String?
  /// One line for people: what happened and, where it is known, what helps.
  package let message: String

  package init(_ reason: FailureReason, code: String? = nil, _ message: String) {
    self.reason = reason
    self.code = code
    self.message = message
  }

  package var description: String { message }

  /// Reads a server's error line, without the leading `-`.
  static func said(_ line: String) -> RedisError {
    let text = String(
      line.unicodeScalars.prefix(300).map { $0.value < 0x20 || $0.value == 0x7f ? " " : Character($0) })
    let word = text.prefix { $0 != " " }
    let isCode = !word.isEmpty && word.utf8.allSatisfy { (0x41...0x5a).contains($0) }
    let code = isCode ? String(word) : nil
    let (reason, remedy) = meaning(of: code ?? "", text)
    return RedisError(reason, code: code, remedy.map { "\(text) - \($0)" } ?? text)
  }

  private static func meaning(of code: String, _ text: String) -> (FailureReason, remedy: String?) {
    switch code {
    case "NOAUTH": (.authentication, "the server wants a password: give `password_file`")
    case "WRONGPASS": (.authentication, "check `username` and the password")
    case "NOPERM": (.permission, "give the ACL user this command and key")
    case "DENIED": (.permission, "the server is in protected mode: bind it, or set a password")
    case "LOADING": (.refused, "it answers once its data set is read")
    case "BUSY": (.refused, "a script or function blocks it: SCRIPT KILL or FUNCTION KILL")
    case "MASTERDOWN": (.refused, "its link to the master is down and replica-serve-stale-data is no")
    case "MISCONF": (.io, "it cannot save to disk and takes no writes: look into its log")
    case "READONLY": (.status, "it is a replica, and writes belong on the master")
    case "NOREPLICAS": (.status, "fewer replicas than min-replicas-to-write are near enough")
    case "CLUSTERDOWN": (.status, "the cluster does not serve all its slots")
    case "MOVED", "ASK": (.status, "another node of the cluster holds this key")
    case "OOM": (.limit, "it is at maxmemory and may not evict")
    case "WRONGTYPE", "NOPROTO": (.configuration, nil)
    default: meaningOfText(text)
    }
  }

  /// Servers say these with the code `ERR`, or with none.
  private static func meaningOfText(_ text: String) -> (FailureReason, remedy: String?) {
    if text.contains("max number of clients") { return (.limit, "raise maxclients or find who leaks") }
    if text.contains("invalid password") || text.contains("invalid username-password") {
      return (.authentication, "check the password")
    }
    if text.contains("without any password configured") {
      return (.authentication, "the server has no password: take away `password_file`, or set requirepass")
    }
    if text.contains("unknown command") || text.contains("unknown subcommand") {
      return (.missing, "the server does not have this command, or it was renamed")
    }
    if text.contains("wrong number of arguments for 'auth'") {
      return (.authentication, "a server before Redis 6 knows no user names: take away `username`")
    }
    if text.contains("DB index is out of range") || text.contains("SELECT is not allowed") {
      return (.configuration, "check `database`")
    }
    if text.contains("operation not permitted") { return (.authentication, nil) }
    return (.query, nil)
  }

  /// With every occurrence of a secret taken out.
  func redacting(_ secret: String?) -> RedisError {
    guard let secret, !secret.isEmpty, message.contains(secret) else { return self }
    return RedisError(reason, code: code == secret ? nil : code, message.replacing(secret, with: "***"))
  }
}
