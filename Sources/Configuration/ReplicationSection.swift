internal import Model
internal import PostgresClient
internal import Probing
internal import StrictYAML

/// `replication:` links.
enum ReplicationSection {
  private enum Engine: String, CaseIterable { case postgres }

  /// nil when the link contradicts itself, which is then among the problems.
  static func read(_ m: MappingReader, _ scope: Scope) -> PostgresLinkSettings? {
    let problemsBefore = m.problems.count
    let link = m.required("link", .nonEmptyString)
    _ = m.required("engine", YAMLType<Engine>.choice())
    let node = YAMLType<PostgresLinkSettings.Node>.mapping { readNode($0, scope) }
    let source = m.required("source", node)
    let targets = m.required("targets", .list(node))
    let rpo = m.required("rpo", .duration(.milliseconds(1) ... .seconds(365 * 86_400)))
    let interval = m.optional("interval", .duration(.milliseconds(100) ... .seconds(86_400))) ?? .seconds(1)
    let timeout = m.optional("timeout", .duration(.milliseconds(100) ... .seconds(300))) ?? .seconds(3)
    do {
      return try PostgresLinkSettings(
        link: link, source: source, targets: targets, rpo: rpo, interval: interval, timeout: timeout)
    } catch {
      // A placeholder for what could not be read contradicts nothing.
      if m.problems.count == problemsBefore { m.problem("\(error)") }
      return nil
    }
  }

  private static func readNode(_ m: MappingReader, _ scope: Scope) -> PostgresLinkSettings.Node {
    let region = m.required("region", scope.region)
    m.atMostOne(of: "dsn_file", "dsn_env")
    let file = m.optional("dsn_file", scope.paths.existing("the file of the connection string"))
    let variable = m.optional("dsn_env", .nonEmptyString)
    if m.has("dsn") {
      // A connection string holds a password, and this file is read by people.
      m.allow("dsn")
      m.problem("a connection string does not belong in this file: name a file with `dsn_file`", at: "dsn")
    } else if file == nil, variable == nil, m.node("dsn_file") == nil {
      m.problem("missing key `dsn_file` (or `dsn_env`)")
    }
    return PostgresLinkSettings.Node(
      region: region, dsn: variable.map { .environment($0) } ?? .file(file ?? ""))
  }
}
