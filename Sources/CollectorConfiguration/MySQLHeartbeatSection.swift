internal import Collecting
internal import ConfigurationTypes
internal import MySQLClient
internal import Replication
internal import StrictYAML

/// `mysql_heartbeat:` under `collect`: which server to write to, and into what.
enum MySQLHeartbeatSection {
  static func read(_ m: MappingReader, _ basics: MeasurementBasics, _ scope: Scope) -> any CollectorSettings {
    let source = MySQLSourceSection.read(m, scope)
    let table = m.required("table", MySQLSourceSection.table)
    var settings = MySQLHeartbeatSettings(basics: basics, source: source, table: table ?? placeholder)
    settings.ttl = m.optional("ttl", .duration(.seconds(3600) ... .seconds(365 * 86_400))) ?? settings.ttl
    return settings
  }

  private static var placeholder: MySQLTable {
    // The name is well-formed by the type's own definition.
    do { return try MySQLTable("farwatch.heartbeat") } catch { preconditionFailure("\(error)") }
  }
}
