internal import Backups
internal import Collecting
internal import ConfigurationTypes
package import Model
internal import Probing
internal import Replication
internal import Scraping
internal import StrictYAML

/// The kinds of health checks, by the key that holds what is particular to one: one line a kind.
enum CheckKinds {
  /// Reads the mapping under the kind's key. Problems are in the reader's collector; the result is then meaningless.
  typealias Reader =
    @Sendable (_ m: MappingReader, _ basics: CheckBasics, _ scope: Scope) ->
    any HealthCheckSettings

  static let table: [(key: String, settings: any CollectorSettings.Type, read: Reader)] = [
    ("http", HTTPCheckSettings.self, HTTPSection.read),
    ("exec", ExecCheckSettings.self, ExecCheckSection.read),
  ]
}

/// The engines of replication links, by their name under `engine`: one line an engine.
enum ReplicationEngines {
  /// Reads what is particular to the engine from the link's own mapping: `source`, `targets` and more.
  /// nil when that contradicts itself, which is then among the problems.
  typealias Reader =
    @Sendable (_ m: MappingReader, _ pace: LinkPace, _ scope: Scope) ->
    (any ReplicationLinkSettings)?

  static let table: [(key: String, settings: any CollectorSettings.Type, read: Reader)] = [
    ("postgres", PostgresLinkSettings.self, PostgresLinkSection.read)
  ]
}

/// The kinds of backup jobs, by the key that says where the backups lie or what makes them: one line a kind.
enum BackupKinds {
  /// Reads the mapping under the kind's key. `basics.repo` is "" where the job does not say it.
  typealias Reader =
    @Sendable (_ m: MappingReader, _ basics: BackupBasics, _ scope: Scope) ->
    any BackupJobSettings

  static let table: [(key: String, settings: any CollectorSettings.Type, read: Reader)] = [
    ("directory", DirectoryBackupSettings.self, DirectoryBackupSection.read),
    ("pgbackrest", PgBackRestSettings.self, PgBackRestSection.read),
    ("restic", ResticSettings.self, ResticSection.read),
    ("borg", BorgSettings.self, BorgSection.read),
    ("barman", BarmanSettings.self, BarmanSection.read),
    ("wal_g", WALGSettings.self, WALGSection.read),
    ("velero", VeleroSettings.self, VeleroSection.read),
  ]
}

/// The kinds of other collectors under `collect`, by the key that holds what is particular to one: one line a kind.
enum MeasurementKinds {
  typealias Reader =
    @Sendable (_ m: MappingReader, _ basics: MeasurementBasics, _ scope: Scope) ->
    any CollectorSettings

  static let table: [(key: String, settings: any CollectorSettings.Type, read: Reader)] = [
    ("scrape", ScrapeSettings.self, ScrapeSection.read)
  ]
}

/// What collectors of all kinds may bring.
package enum CollectorFamilies {
  package static var all: [MetricFamily] {
    let types =
      CheckKinds.table.map(\.settings) + ReplicationEngines.table.map(\.settings)
      + BackupKinds.table.map(\.settings) + MeasurementKinds.table.map(\.settings)
    return types.flatMap { $0.families }
  }
}

/// The one entry of a table of kinds whose key the mapping has. None or several is a problem.
func theKind<Reader>(
  of m: MappingReader, among table: [(key: String, settings: any CollectorSettings.Type, read: Reader)]
) -> (key: String, settings: any CollectorSettings.Type, read: Reader)? {
  let written = table.filter { m.has($0.key) }
  // All are known, so that a misspelt one is told as such.
  for kind in table { m.allow(kind.key) }
  if written.count > 1 {
    m.problem(
      "only one of " + table.map { "`\($0.key)`" }.joined(separator: ", ") + " may be given",
      at: written[1].key)
  } else if written.isEmpty {
    let others = table.dropFirst().map { "`\($0.key)`" }.joined(separator: ", ")
    m.problem("missing key `\(table.first?.key ?? "")`" + (others.isEmpty ? "" : " (or \(others))"))
  }
  return written.count == 1 ? written[0] : nil
}
