internal import Collecting
internal import ConfigurationTypes
internal import Model
internal import PostgresClient
internal import Replication
internal import StrictYAML

/// A link of PostgreSQL servers: `source` and `targets`.
enum PostgresLinkSection {
  static func read(_ m: MappingReader, _ pace: LinkPace, _ scope: Scope) -> (any ReplicationLinkSettings)? {
    let node = YAMLType<PostgresLinkSettings.Node>.mapping { readNode($0, scope) }
    let source = m.required("source", node)
    let target = YAMLType<PostgresLinkSettings.Node>.mapping { m in
      var target = readNode(m, scope)
      target.upstream = m.optional("upstream", scope.region)
      return target
    }
    let targets = m.required("targets", .list(target))
    let table = m.optional("heartbeat", .mapping { $0.required("table", PostgresCheckSection.table) })
    do {
      var link = try PostgresLinkSettings(
        link: pace.link, source: source, targets: targets, rpo: pace.rpo, interval: pace.interval,
        timeout: pace.timeout)
      link.heartbeat = table.map { .init(table: $0, link: pace.link, region: source.region) }
      return link
    } catch {
      // A placeholder for what could not be read contradicts nothing.
      if m.problems.count == pace.problemsBefore { m.problem("\(error)") }
      return nil
    }
  }

  private static func readNode(_ m: MappingReader, _ scope: Scope) -> PostgresLinkSettings.Node {
    PostgresLinkSettings.Node(region: m.required("region", scope.region), dsn: readDSN(m, scope))
  }

  /// `dsn_file` or `dsn_env`, one of which is needed.
  static func readDSN(_ m: MappingReader, _ scope: Scope) -> DSNSource {
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
    return variable.map { .environment($0) } ?? .file(file ?? "")
  }
}
