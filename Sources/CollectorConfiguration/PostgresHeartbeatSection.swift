internal import Collecting
internal import ConfigurationTypes
internal import Replication
internal import StrictYAML

/// `postgres_heartbeat:` of a collector: the row that is renewed on a source.
enum PostgresHeartbeatSection {
  static func read(_ m: MappingReader, _ basics: MeasurementBasics, _ scope: Scope) -> any CollectorSettings {
    if basics.region.isEmpty { m.problem("the collector needs `region`: the row is named after it") }
    let dsn = PostgresLinkSection.readDSN(m, scope)
    let heartbeat = PostgresHeartbeat(
      table: m.required("table", PostgresCheckSection.table), link: m.required("link", .nonEmptyString),
      region: basics.region)
    var writer = PostgresHeartbeatSettings(basics: basics, dsn: dsn, heartbeat: heartbeat)
    writer.create = m.optional("create", .bool) ?? false
    writer.keep = m.optional("keep", .duration(.seconds(60) ... .seconds(3650 * 86_400)))
    return writer
  }
}
