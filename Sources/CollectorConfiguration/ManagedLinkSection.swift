internal import Collecting
internal import ConfigurationTypes
internal import PostgresClient
internal import Replication
internal import StrictYAML

/// Links of Aurora, CockroachDB and YugabyteDB: `source`, `targets`, and what each of them needs beside.
enum ManagedLinkSection {
  static func aurora(_ m: MappingReader, _ pace: LinkPace, _ scope: Scope) -> (any ReplicationLinkSettings)? {
    let name = { (m: MappingReader, region: String) in m.optional("aws_region", .nonEmptyString) ?? region }
    return read(
      m, pace, { _ in .aurora },
      source: { m in
        let region = m.required("region", scope.region)
        return .init(
          region: region, dsn: PostgresLinkSection.readDSN(m, scope), foreignName: name(m, region))
      },
      target: { m in
        let region = m.required("region", scope.region)
        // Other regions tell of it, too.
        let isAsked = m.has("dsn_file") || m.has("dsn_env") || m.has("dsn")
        m.allow("dsn_file", "dsn_env")
        return .init(
          region: region, dsn: isAsked ? PostgresLinkSection.readDSN(m, scope) : nil,
          foreignName: name(m, region))
      })
  }

  static func cockroachdb(
    _ m: MappingReader, _ pace: LinkPace, _ scope: Scope
  ) -> (any ReplicationLinkSettings)? {
    read(
      m, pace, { _ in .cockroachdb }, source: { plain($0, scope) },
      target: { m in
        var node = plain(m, scope)
        node.foreignName = m.optional("virtual_cluster", .nonEmptyString) ?? "main"
        return node
      })
  }

  static func yugabytedb(
    _ m: MappingReader, _ pace: LinkPace, _ scope: Scope
  ) -> (any ReplicationLinkSettings)? {
    let table = m.required("heartbeat", .mapping { $0.required("table", PostgresCheckSection.table) })
    return read(
      m, pace, { .yugabytedb(.init(table: table, link: pace.link, region: $0.region)) },
      source: { plain($0, scope) }, target: { plain($0, scope) })
  }

  private static func plain(_ m: MappingReader, _ scope: Scope) -> ManagedLinkSettings.Node {
    .init(region: m.required("region", scope.region), dsn: PostgresLinkSection.readDSN(m, scope))
  }

  private static func read(
    _ m: MappingReader, _ pace: LinkPace,
    _ engine: (_ source: ManagedLinkSettings.Node) -> ManagedLinkSettings.Engine,
    source: @escaping (MappingReader) -> ManagedLinkSettings.Node,
    target: @escaping (MappingReader) -> ManagedLinkSettings.Node
  ) -> (any ReplicationLinkSettings)? {
    let source = m.required("source", .mapping(source))
    let targets = m.required("targets", .list(.mapping(target)))
    do {
      return try ManagedLinkSettings(
        link: pace.link, engine: engine(source), source: source, targets: targets, rpo: pace.rpo,
        interval: pace.interval, timeout: pace.timeout)
    } catch {
      // A placeholder for what could not be read contradicts nothing.
      if m.problems.count == pace.problemsBefore { m.problem("\(error)") }
      return nil
    }
  }
}
