import Collecting
import CollectorConfiguration
import ConfigurationTypes
import FarwatchTesting
import Model
import MySQLClient
import Probing
import Replication
import StrictYAML
import Testing

@Suite struct MySQLSectionTests {
  private static let scope = Scope(regions: ["r", "s"], vantage: "here", paths: FilePaths(directory: "."))

  /// What is read of a whole file of one part, and what is said about it.
  private func read<Value>(
    _ text: String, _ section: @escaping (MappingReader) -> Value
  ) -> (value: Value?, said: [String]) {
    let problems = Problems(file: "f.yml")
    let value = YAML.parse(text, problems).flatMap { YAMLType<Value?>.mapping(section).read($0, problems) }
    return (value ?? nil, problems.list.map { "\($0.line):\($0.column): \($0.message)" })
  }

  private func links(_ text: String) -> (value: [any ReplicationLinkSettings]?, said: [String]) {
    read("replication:\n- {link: l, engine: mysql, rpo: 1m, \(text)}") {
      ReplicationSection.read($0, Self.scope)
    }
  }

  private func checks(_ text: String) -> (value: [any HealthCheckSettings]?, said: [String]) {
    read("checks:\n- {name: c, region: r, mysql:       {\(text)}}") {
      HealthSection.read($0, Self.scope).checks
    }
  }

  private func collectors(_ text: String) -> (value: [any CollectorSettings]?, said: [String]) {
    read("collect:\n- {name: c, region: r, mysql_heartbeat: {\(text)}}") {
      MeasurementSection.read($0, Self.scope)
    }
  }

  @Test func everyKeyArrives() throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write("my.cnf", "[client]\n")
    let link = links(
      """
      source: {region: r, option_file: \(file), host: db, port: 3307, user: u, database: d, tls: verify, ca_file: \(file),
        password_file: \(file)},
      targets: [{region: s, socket: /run/s, user: u, password_env: W, channel: a, cascaded: true}],
      heartbeat: farwatch.heartbeat, targets_may_write: true, interval: 2s, timeout: 1s
      """)
    #expect(link.said == [])
    var source = MySQLSource(optionFile: file, host: "db", port: 3307, user: "u")
    source.database = "d"
    source.tls = .verify
    source.caFile = file
    source.password = .file(file)
    var socket = MySQLSource(user: "u")
    socket.socket = "/run/s"
    socket.password = .environment("W")
    var target = MySQLLinkSettings.Node(region: "s", source: socket, channel: "a")
    target.isCascaded = true
    var wanted = try MySQLLinkSettings(
      link: "l", source: .init(region: "r", source: source), targets: [target], rpo: .seconds(60),
      interval: .seconds(2), timeout: .seconds(1))
    wanted.heartbeat = try MySQLTable("farwatch.heartbeat")
    wanted.targetsMayWrite = true
    #expect(link.value?.first as? MySQLLinkSettings == wanted)

    let check = checks(
      "host: h, user: u, role: primary, query: SELECT 1, expect: '1', canary: farwatch.canary, reuse_connection: false"
    )
    #expect(check.said == [])
    let read = try #require(check.value?.first as? MySQLCheckSettings)
    #expect(
      read.role == .primary && read.query == "SELECT 1" && read.expected == "1" && !read.reusesConnection)
    #expect(
      read.canary?.description == "farwatch.canary" && read.basics.name == "c"
        && read.basics.vantage == "here")
    #expect(read.source == MySQLSource(host: "h", user: "u"))

    let heartbeat = collectors("host: h, user: u, table: a.b, ttl: 2h")
    #expect(heartbeat.said == [])
    let writer = try #require(heartbeat.value?.first as? MySQLHeartbeatSettings)
    #expect(writer.table.description == "a.b" && writer.ttl == .seconds(7200) && writer.basics.region == "r")
    #expect(writer.description.kind == "mysql_heartbeat")
  }

  @Test(arguments: [
    ("targets: [{region: s, host: h, user: u}]", "2:3: missing key `source`"),
    (
      "source: {region: r}, targets: [{region: s, host: h, user: u}]",
      "2:45: missing key `option_file` (or `host`, or `socket`)"
    ),
    (
      "source: {region: r, host: h}, targets: [{region: s, host: h, user: u}]",
      "2:45: missing key `user`, which no `option_file` gives"
    ),
    (
      "source: {region: x, host: h, user: u}, targets: []",
      "2:54: unknown region \"x\"; did you mean \"r\"?"
    ),
    ("source: {region: r, host: h, user: u}, targets: []", "2:3: link l has no target"),
    (
      "source: {region: r, host: h, user: u}, targets: [{region: r, host: h, user: u}]",
      "2:3: link l names the region r twice"
    ),
    ("source: {region: r, host: h, user: u, channel: a}, targets: []", "2:75: unknown key `channel`"),
    (
      "source: {region: r, host: h, user: u}, targets: [{region: s, host: h, user: u, cascaded: 1}]",
      "2:126: expected true or false"
    ),
    (
      "source: {region: r, host: h, user: u}, targets: [{region: s, host: h, user: u, channel: [a]}]",
      "2:125: expected text, found a list"
    ),
    (
      "source: {region: r, host: h, user: u}, targets: [{region: s, host: h, user: u}], heartbeat: beat",
      "2:129: must be a database and a table of letters, digits, `_` and `$`, such as farwatch.heartbeat; found \"beat\""
    ),
    (
      "source: {region: r, host: h, user: u}, targets: [{region: s, host: h, user: u}], targets_may_write: 3",
      "2:137: expected true or false"
    ),
  ])
  func faultsOfLinks(text: String, said: String) {
    let found = links(text).said
    #expect(found.contains { $0.hasPrefix(said) }, "\(found)")
  }

  @Test(arguments: [
    ("user: u", "2:37: missing key `option_file` (or `host`, or `socket`)"),
    (
      "option_file: /nowhere/my.cnf",
      "2:51: the option file \"/nowhere/my.cnf\" cannot be read: No such file or directory"
    ),
    ("host: '', user: u", "2:44: must not be empty"),
    ("host: h, socket: /s, user: u", "2:47: only one of `host`, `socket` may be given"),
    ("host: h, port: 0, user: u", "2:53: must be between 1 and 65535, found 0"),
    ("host: h, user: ''", "2:53: must not be empty"),
    ("host: h, user: u, database: ''", "2:66: must not be empty"),
    (
      "host: h, user: u, tls: maybe",
      "2:61: unknown value `maybe`; expected one of `off`, `require`, `verify`"
    ),
    (
      "host: h, user: u, ca_file: /nowhere",
      "2:65: the CA file \"/nowhere\" cannot be read: No such file or directory"
    ),
    (
      "host: h, user: u, password: geheim",
      "2:66: a password does not belong in this file: name a file with `password_file`"
    ),
    (
      "host: h, user: u, password_file: /nowhere",
      "2:71: the file of the password \"/nowhere\" cannot be read"
    ),
    ("host: h, user: u, password_env: ''", "2:70: must not be empty"),
    (
      "host: h, user: u, password_env: A, password_file: /etc/hostname",
      "2:73: only one of `password_file`, `password_env` may be given"
    ),
    (
      "host: h, user: u, role: boss",
      "2:62: unknown value `boss`; expected one of `any`, `primary`, `replica`"
    ),
    ("host: h, user: u, query: ''", "2:63: must not be empty"),
    ("host: h, user: u, expect: '1'", "2:37: expect: says what `query` must answer, and there is none"),
    ("host: h, user: u, canary: x", "2:64: must be a database and a table"),
    (
      "host: h, user: u, role: replica, canary: a.b",
      "2:37: canary: writes, and a replica does not accept that"
    ),
    ("host: h, user: u, reuse_connection: 2", "2:74: expected true or false"),
    ("host: h, user: u, colour: red", "2:56: unknown key `colour`"),
  ])
  func faultsOfChecks(text: String, said: String) {
    let found = checks(text).said
    #expect(found.contains { $0.hasPrefix(said) }, "\(found)")
    #expect(!found.contains { $0.contains("geheim") })
  }

  @Test(arguments: [
    ("host: h, user: u", "2:41: missing key `table`"),
    ("host: h, user: u, table: a-b.c", "2:67: must be a database and a table"),
    ("host: h, user: u, table: a.b, ttl: 5s", "2:77: must be between 1h and 1y, found 5s"),
    ("user: u, table: a.b", "2:41: missing key `option_file`"),
  ])
  func faultsOfHeartbeats(text: String, said: String) {
    let found = collectors(text).said
    #expect(found.contains { $0.hasPrefix(said) }, "\(found)")
  }
}
