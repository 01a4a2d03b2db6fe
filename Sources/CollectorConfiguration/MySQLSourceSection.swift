internal import Secrets
internal import ConfigurationTypes
internal import MySQLClient
internal import StrictYAML

/// The keys that say where a MySQL or MariaDB server is and who asks it.
enum MySQLSourceSection {
  /// `option_file`, or `host` or `socket` with `user`; each of them also beside the file.
  static func read(_ m: MappingReader, _ scope: Scope) -> MySQLSource {
    var source = MySQLSource()
    source.optionFile = m.optional("option_file", scope.paths.existing("the option file"))
    source.host = m.optional("host", .nonEmptyString)
    source.port = m.optional("port", .int(1...65_535))
    source.socket = m.optional("socket", .nonEmptyString).map { scope.paths.resolve($0) }
    source.user = m.optional("user", .nonEmptyString)
    source.database = m.optional("database", .nonEmptyString)
    source.tls = m.optional("tls", YAMLType<MySQLTLS>.choice())
    source.caFile = m.optional("ca_file", scope.paths.existing("the CA file"))
    m.atMostOne(of: "host", "socket")
    m.atMostOne(of: "password_file", "password_env")
    let file = m.optional("password_file", scope.paths.existing("the file of the password"))
    let variable = m.optional("password_env", .nonEmptyString)
    source.password = file.map { .file($0) } ?? variable.map { .environment($0) }
    if m.has("password") {
      // This file is read by people.
      m.allow("password")
      m.problem("a password does not belong in this file: name a file with `password_file`", at: "password")
    }
    guard !m.has("option_file") else { return source }
    if !m.has("host"), !m.has("socket") { m.problem("missing key `option_file` (or `host`, or `socket`)") }
    if !m.has("user") { m.problem("missing key `user`, which no `option_file` gives") }
    return source
  }

  /// `database.table`.
  static var table: YAMLType<MySQLTable?> {
    .converted(from: .nonEmptyString, placeholder: nil) { try MySQLTable($0) }
  }
}
