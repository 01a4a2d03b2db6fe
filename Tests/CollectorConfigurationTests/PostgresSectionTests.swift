import Collecting
import CollectorConfiguration
import ConfigurationTypes
import Model
import PostgresClient
import Probing
import Replication
import StrictYAML
import Testing

/// `postgres` checks and links, logical links, and writers of heartbeats: every key, and every way to get it wrong.
@Suite struct PostgresSectionTests {
  private static let scope = Scope(regions: ["r", "s", "t"], vantage: "v", paths: FilePaths(directory: "."))

  /// A text with one mistake, and what is said of it.
  struct Mistake: Sendable, CustomTestStringConvertible {
    let text: String
    let said: String
    init(_ text: String, _ said: String) {
      self.text = text
      self.said = said
    }
    var testDescription: String { said }
  }

  private func read<Value>(_ text: String, _ body: @escaping (MappingReader) -> Value) -> (Value, [String]) {
    let problems = Problems(file: "f")
    let value = YAML.read(text, as: .mapping(body), problems)
    return (value, problems.list.map { "\($0.line):\($0.column): \($0.message)" })
  }

  private func checks(_ text: String) -> ([any HealthCheckSettings], [String]) {
    read("checks: [{name: c, region: r, postgres: {\(text)}}]") { HealthSection.read($0, Self.scope).checks }
  }

  private func links(_ text: String) -> ([any ReplicationLinkSettings], [String]) {
    read("replication:\n- \(text)") { ReplicationSection.read($0, Self.scope) }
  }

  private func collectors(_ text: String) -> ([any CollectorSettings], [String]) {
    read("collect:\n- \(text)") { MeasurementSection.read($0, Self.scope) }
  }

  // MARK: - Checks

  @Test func aCheckWithEveryKey() throws {
    let (all, said) = checks(
      "dsn_env: A, query: SELECT 2, min: 1, max: 3.5, role: primary, max_connections_ratio: 0.9, "
        + "write: {table: farwatch.canary, create: true}")
    #expect(said == [])
    var wanted = PostgresCheckSettings(name: "c", region: "r", dsn: .environment("A"))
    wanted.basics = try #require(all.first).basics
    wanted.query = "SELECT 2"
    wanted.expectation = .range(minimum: 1, maximum: 3.5)
    wanted.role = .primary
    wanted.maximumConnectionsRatio = 0.9
    wanted.canary = .init(table: try #require(PostgresTable("farwatch.canary")), create: true)
    #expect(all.first as? PostgresCheckSettings == wanted)
    #expect(wanted.description.kind == "postgres_check" && wanted.description.name == "r/c")
    let (plain, silent) = checks("dsn_env: A, expect: ok, query: SELECT 'ok'")
    #expect(silent == [])
    let check = try #require(plain.first as? PostgresCheckSettings)
    #expect(check.expectation == .text("ok") && check.role == .any && check.canary == nil)
  }

  @Test(arguments: [
    Mistake("query: x", "1:41: missing key `dsn_file` (or `dsn_env`)"),
    Mistake(
      "dsn: 'host=h password=secret'",
      "1:47: a connection string does not belong in this file: name a file with `dsn_file`"),
    Mistake(
      "dsn_file: none",
      #"1:52: the file of the connection string "none" cannot be read: No such file or directory"#),
    Mistake("dsn_env: A, dsn_file: f", "1:54: only one of `dsn_file`, `dsn_env` may be given"),
    Mistake("dsn_env: A, query: ''", "1:61: must not be empty"),
    Mistake("dsn_env: A, expect: a, min: 1", "1:65: only one of `expect`, `min` may be given"),
    Mistake("dsn_env: A, max: 1, expect: a", "1:62: only one of `expect`, `max` may be given"),
    Mistake("dsn_env: A, min: x", #"1:59: expected a number, found "x""#),
    Mistake("dsn_env: A, max: x", #"1:59: expected a number, found "x""#),
    Mistake("dsn_env: A, min: 2, max: 1", "1:59: min: must not be more than max"),
    Mistake(
      "dsn_env: A, role: leader",
      "1:60: unknown value `leader`; expected one of `any`, `primary`, `standby`"),
    Mistake("dsn_env: A, max_connections_ratio: 90", "1:77: must be between 0 and 1, found 90"),
    Mistake("dsn_env: A, write: {}", "1:61: missing key `table`"),
    Mistake(
      "dsn_env: A, write: {table: 'a b'}",
      "1:69: expected the name of a table, such as beats or farwatch.beats, in lower-case letters, digits and _, "
        + #"found the text "a b""#),
    Mistake("dsn_env: A, write: {table: a, create: 1}", #"1:80: expected true or false, found the number 1"#),
    Mistake("dsn_env: A, write: {table: a}, role: standby", "1:61: write: a standby takes no writes"),
    Mistake(
      "dsn_env: A, quiery: a", "1:54: unknown key `quiery`; did you mean `query`?"),
  ])
  func aCheckWithAMistake(_ mistake: Mistake) {
    let said = checks(mistake.text).1
    #expect(said.contains(mistake.said), "\(said)")
    #expect(!said.contains { $0.contains("secret") })
  }

  // MARK: - Links

  private static let source = "source: {region: r, dsn_env: A}"

  @Test func linksWithEveryKey() throws {
    let (all, said) = links(
      "{link: l, engine: postgres, \(Self.source), rpo: 30s, heartbeat: {table: beats}, "
        + "targets: [{region: s, dsn_env: B}, {region: t, dsn_env: C, upstream: s}]}")
    #expect(said == [])
    let link = try #require(all.first as? PostgresLinkSettings)
    #expect(link.targets.map(\.upstream) == [nil, "s"])
    #expect(
      link.heartbeat == .init(table: try #require(PostgresTable("beats")), link: "l", region: "r"))
    let (logical, silent) = links(
      "{link: l, engine: postgres_logical, \(Self.source), rpo: 30s, interval: 2s, timeout: 1s, "
        + "targets: [{region: s, dsn_env: B, subscription: orders}]}")
    #expect(silent == [])
    let wanted = try PostgresLogicalSettings(
      link: "l", sourceRegion: "r", source: .environment("A"),
      targets: [.init(region: "s", dsn: .environment("B"), subscription: "orders")], rpo: .seconds(30),
      interval: .seconds(2), timeout: .seconds(1))
    #expect(logical.first as? PostgresLogicalSettings == wanted)
  }

  @Test(arguments: [
    Mistake(
      "{engine: postgres, targets: [{region: s, dsn_env: B, upstream: x}], ",
      #"2:66: unknown region "x"; did you mean "r"?"#),
    Mistake(
      "{engine: postgres, targets: [{region: s, dsn_env: B, upstream: t}], ",
      "2:3: link l: upstream t of s is none of the link's regions"),
    Mistake(
      "{engine: postgres, targets: [{region: s, dsn_env: B, upstream: s}], ",
      "2:3: link l: s would follow itself"),
    Mistake(
      "{engine: postgres, targets: [{region: s, dsn_env: B}], heartbeat: {}, ", "2:69: missing key `table`"),
    Mistake(
      "{engine: postgres, targets: [{region: s, dsn_env: B}], heartbeat: {table: A}, ",
      "2:77: expected the name of a table, such as beats or farwatch.beats, in lower-case letters, digits and _, "
        + #"found "A""#),
    Mistake(
      "{engine: postgres_logical, targets: [{region: s, dsn_env: B}], ", "2:40: missing key `subscription`"),
    Mistake(
      "{engine: postgres_logical, targets: [{region: s, dsn_env: B, subscription: ''}], ",
      "2:78: must not be empty"),
    Mistake(
      "{engine: postgres_logical, targets: [{region: s, subscription: o}], ",
      "2:40: missing key `dsn_file` (or `dsn_env`)"),
    Mistake("{engine: postgres_logical, targets: [], ", "2:3: link l has no target"),
    Mistake(
      "{engine: postgres_logical, targets: [{region: r, dsn_env: B, subscription: o}], ",
      "2:3: link l names the region r twice"),
  ])
  func aLinkWithAMistake(_ mistake: Mistake) {
    let said = links("\(mistake.text)link: l, rpo: 30s, \(Self.source)}").1
    #expect(said.contains(mistake.said), "\(said)")
  }

  @Test func managedLinksWithEveryKey() throws {
    let (aurora, said) = links(
      "{link: l, engine: aurora, rpo: 1s, source: {region: r, aws_region: us-east-1, dsn_env: A}, "
        + "targets: [{region: s}, {region: t, aws_region: eu-west-1, dsn_env: B}]}")
    #expect(said == [])
    #expect(
      aurora.first as? ManagedLinkSettings
        == (try ManagedLinkSettings(
          link: "l", engine: .aurora,
          source: .init(region: "r", dsn: .environment("A"), foreignName: "us-east-1"),
          targets: [
            .init(region: "s", dsn: nil, foreignName: "s"),
            .init(region: "t", dsn: .environment("B"), foreignName: "eu-west-1"),
          ], rpo: .seconds(1))))
    let (cockroach, silent) = links(
      "{link: l, engine: cockroachdb, rpo: 1m, \(Self.source), "
        + "targets: [{region: s, dsn_env: B}, {region: t, dsn_env: C, virtual_cluster: app}]}")
    #expect(silent == [])
    let names = (cockroach.first as? ManagedLinkSettings)?.targets.map(\.foreignName)
    #expect(names == ["main", "app"])
    let (yugabyte, quiet) = links(
      "{link: l, engine: yugabytedb, rpo: 1m, \(Self.source), heartbeat: {table: beats}, "
        + "targets: [{region: s, dsn_env: B}]}")
    #expect(quiet == [])
    let heartbeat = PostgresHeartbeat(table: try #require(PostgresTable("beats")), link: "l", region: "r")
    #expect((yugabyte.first as? ManagedLinkSettings)?.engine == .yugabytedb(heartbeat))
  }

  @Test(arguments: [
    Mistake(
      "{engine: aurora, targets: [{region: s, dsn: x}], ",
      "2:47: a connection string does not belong in this file: name a file with `dsn_file`"),
    Mistake("{engine: aurora, targets: [{region: s, aws_region: ''}], ", "2:54: must not be empty"),
    Mistake("{engine: aurora, targets: [], ", "2:3: link l has no target"),
    Mistake("{engine: cockroachdb, targets: [{region: s}], ", "2:35: missing key `dsn_file` (or `dsn_env`)"),
    Mistake(
      "{engine: cockroachdb, targets: [{region: s, dsn_env: B, virtual_cluster: ''}], ",
      "2:76: must not be empty"),
    Mistake("{engine: yugabytedb, targets: [{region: s, dsn_env: B}], ", "2:3: missing key `heartbeat`"),
    Mistake(
      "{engine: yugabytedb, heartbeat: {table: beats}, targets: [{region: r, dsn_env: B}], ",
      "2:3: link l names the region r twice"),
  ])
  func aManagedLinkWithAMistake(_ mistake: Mistake) {
    let said = links("\(mistake.text)link: l, rpo: 30s, \(Self.source)}").1
    #expect(said.contains(mistake.said), "\(said)")
  }

  // MARK: - Writers of heartbeats

  @Test func aWriterWithEveryKey() throws {
    let (all, said) = collectors(
      "{name: b, region: r, postgres_heartbeat: {dsn_env: A, table: farwatch.beats, link: l, create: true, "
        + "keep: 7d}}")
    #expect(said == [])
    let writer = try #require(all.first as? PostgresHeartbeatSettings)
    #expect(writer.basics.interval == .seconds(1), "a minute would be a minute of data")
    #expect(writer.create && writer.keep == .seconds(7 * 86_400))
    #expect(
      writer.heartbeat == .init(table: try #require(PostgresTable("farwatch.beats")), link: "l", region: "r"))
    #expect(
      writer.description.kind == "postgres_heartbeat" && writer.description.labels["source_region"] == "r")
    let (slow, _) = collectors(
      "{name: b, region: r, interval: 5s, postgres_heartbeat: {dsn_env: A, table: beats, link: l}}")
    let plain = try #require(slow.first as? PostgresHeartbeatSettings)
    #expect(plain.basics.interval == .seconds(5) && !plain.create && plain.keep == nil)
  }

  @Test(arguments: [
    Mistake(
      "region: r, postgres_heartbeat: {table: a, link: l}", "2:44: missing key `dsn_file` (or `dsn_env`)"),
    Mistake("region: r, postgres_heartbeat: {dsn_env: A, link: l}", "2:44: missing key `table`"),
    Mistake("region: r, postgres_heartbeat: {dsn_env: A, table: a}", "2:44: missing key `link`"),
    Mistake(
      "postgres_heartbeat: {dsn_env: A, table: a, link: l}",
      "2:33: the collector needs `region`: the row is named after it"),
    Mistake(
      "region: r, postgres_heartbeat: {dsn_env: A, table: a, link: l, create: x}",
      #"2:84: expected true or false, found "x""#),
    Mistake(
      "region: r, postgres_heartbeat: {dsn_env: A, table: a, link: l, keep: 1s}",
      "2:82: must be between 1m and 10y, found 1s"),
  ])
  func aWriterWithAMistake(_ mistake: Mistake) {
    let said = collectors("{name: b, \(mistake.text)}").1
    #expect(said.contains(mistake.said), "\(said)")
  }
}
