internal import Collecting
internal import ConfigurationTypes
internal import PostgresClient
internal import Replication
internal import StrictYAML

/// A link of a PostgreSQL publisher and its subscribers: `source` and `targets`.
enum PostgresLogicalSection {
  static func read(_ m: MappingReader, _ pace: LinkPace, _ scope: Scope) -> (any ReplicationLinkSettings)? {
    let source = m.required(
      "source",
      YAMLType<(region: String, dsn: DSNSource)>.mapping { m in
        (m.required("region", scope.region), PostgresLinkSection.readDSN(m, scope))
      })
    let target = YAMLType<PostgresLogicalSettings.Target>.mapping { m in
      .init(
        region: m.required("region", scope.region), dsn: PostgresLinkSection.readDSN(m, scope),
        subscription: m.required("subscription", .nonEmptyString))
    }
    let targets = m.required("targets", .list(target))
    do {
      return try PostgresLogicalSettings(
        link: pace.link, sourceRegion: source.region, source: source.dsn, targets: targets, rpo: pace.rpo,
        interval: pace.interval, timeout: pace.timeout)
    } catch {
      // A placeholder for what could not be read contradicts nothing.
      if m.problems.count == pace.problemsBefore { m.problem("\(error)") }
      return nil
    }
  }
}
