internal import Collecting
internal import ConfigurationTypes
internal import Replication
internal import StrictYAML

/// A link of MySQL or MariaDB servers: `source`, `targets`, `heartbeat` and `targets_may_write`.
enum MySQLLinkSection {
  static func read(_ m: MappingReader, _ pace: LinkPace, _ scope: Scope) -> (any ReplicationLinkSettings)? {
    let source = m.required("source", YAMLType<MySQLLinkSettings.Node>.mapping { readNode($0, scope) })
    let targets = m.required(
      "targets", .list(YAMLType<MySQLLinkSettings.Node>.mapping { readTarget($0, scope) }))
    let heartbeat = m.optional("heartbeat", MySQLSourceSection.table) ?? nil
    let targetsMayWrite = m.optional("targets_may_write", .bool) ?? false
    do {
      var link = try MySQLLinkSettings(
        link: pace.link, source: source, targets: targets, rpo: pace.rpo, interval: pace.interval,
        timeout: pace.timeout)
      link.heartbeat = heartbeat
      link.targetsMayWrite = targetsMayWrite
      return link
    } catch {
      // A placeholder for what could not be read contradicts nothing.
      if m.problems.count == pace.problemsBefore { m.problem("\(error)") }
      return nil
    }
  }

  private static func readNode(_ m: MappingReader, _ scope: Scope) -> MySQLLinkSettings.Node {
    MySQLLinkSettings.Node(
      region: m.required("region", scope.region), source: MySQLSourceSection.read(m, scope))
  }

  private static func readTarget(_ m: MappingReader, _ scope: Scope) -> MySQLLinkSettings.Node {
    var node = readNode(m, scope)
    node.channel = m.optional("channel", .string)
    node.isCascaded = m.optional("cascaded", .bool) ?? false
    return node
  }
}
