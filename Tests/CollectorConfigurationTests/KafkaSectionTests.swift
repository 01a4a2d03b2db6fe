import Secrets
import Collecting
import CollectorConfiguration
import ConfigurationTypes
import FarwatchTesting
import KafkaClient
import Model
import Probing
import Replication
import StrictYAML
import TLSTransport
import Testing

/// What the two sections make of a file whose regions are `r` and `s`.
private func read(_ text: String) throws -> [any CollectorSettings] {
  let scope = Scope(regions: ["r", "s"], vantage: "", paths: FilePaths(directory: "."))
  let problems = Problems(file: "f")
  let type = YAMLType<[any CollectorSettings]>.mapping { m in
    var all: [any CollectorSettings] = []
    all += m.optional("health", .mapping { HealthSection.read($0, scope).checks }) ?? []
    all += ReplicationSection.read(m, scope)
    return all
  }
  let node = try #require(YAML.parse(text, problems))
  let all = type.read(node, problems) ?? []
  try problems.throwIfAny()
  return all
}

/// The first problem as `line:column: message`; "" when there is none.
private func fault(_ text: String) throws -> String {
  do {
    _ = try read(text)
    return ""
  } catch let problems as YAMLProblems {
    return problems.list.first.map { "\($0.line):\($0.column): \($0.message)" } ?? ""
  }
}

private func check(_ keys: String) -> String {
  "health:\n  checks:\n  - {name: c, region: r, kafka: {\(keys)}}\n"
}
private func link(_ keys: String, target: String = "{region: s, bootstrap: 'b:2'}") -> String {
  "replication:\n- {link: l, engine: kafka, rpo: 1m, source: {region: r, bootstrap: 'a:1'}, target: \(target), \(keys)}\n"
}

@Suite struct KafkaSectionTests {
  @Test func everyKeyIsRead() throws {
    let files = try TemporaryDirectory()
    let secret = try files.write("secret", "x")
    let checks = try read(
      check(
        "bootstrap: ['a:9092', '[::1]:9093'], sasl: {mechanism: SCRAM-SHA-512, username: u, password_file: \(secret)}, "
          + "tls: {ca_file: \(secret), verify: false}, min_brokers: 3, topics: [orders, a.b_c-d], "
          + "require_full_replication: true, canary_topic: canary"))
    let one = try #require(checks.first as? KafkaCheckSettings)
    #expect(one.cluster.bootstrap == ["a:9092", "[::1]:9093"])
    #expect(one.cluster.sasl == .init(mechanism: .scram512, username: "u", password: .file(secret)))
    #expect(one.cluster.tls?.caFile == secret)
    #expect(one.cluster.tls?.verify == false)
    #expect(one.minimumBrokers == 3)
    #expect(one.topics == ["orders", "a.b_c-d"])
    #expect(one.requireFullReplication)
    #expect(one.canaryTopic == "canary")

    let plain = try #require(try read(link("alias: east")).first as? MirrorLinkSettings)
    #expect(plain.heartbeatsTopic == "east.heartbeats")
    #expect(plain.offsetsTopic == "mm2-offsets.east.internal")
    #expect(plain.source.region == "r")
    #expect(plain.target.cluster.bootstrap == ["b:2"])
    let full = try #require(
      try read(
        link(
          "alias: east, heartbeats_topic: none, offsets_topic: connect-offsets, topics: orders, silence: 1m, groups: [g], checkpoints_topic: cp"
        )
      )
      .first as? MirrorLinkSettings)
    #expect(full.heartbeatsTopic == nil)
    #expect(full.offsetsTopic == "connect-offsets")
    #expect(full.topics == ["orders"])
    #expect(full.groups == ["g"])
    #expect(full.checkpointsTopic == "cp")
    #expect(plain.checkpointsTopic == "east.checkpoints.internal")
    #expect(full.silence == .seconds(60))
  }

  @Test(arguments: [
    (check(""), "3:33: missing key `bootstrap`"),
    (check("bootstrap: []"), "3:45: needs at least one broker"),
    (check("bootstrap: a"), "3:45: must be host:port, found \"a\""),
    (check("bootstrap: 'a:1,b:2'"), "3:45: must be host:port, found \"a:1,b:2\""),
    (check("bootstrap: 'a:99999'"), "3:45: must be host:port, found \"a:99999\""),
    (check("bootstrap: 'a:1', sasl: {}"), "3:58: missing key `mechanism`"),
    (
      check("bootstrap: 'a:1', sasl: {mechanism: GSSAPI, username: u, password_env: P}"),
      "3:70: unknown value `GSSAPI`; expected one of `PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512`"
    ),
    (check("bootstrap: 'a:1', sasl: {mechanism: PLAIN, password_env: P}"), "3:58: missing key `username`"),
    (
      check("bootstrap: 'a:1', sasl: {mechanism: PLAIN, username: u}"),
      "3:58: missing key `password_file` (or `password_env`)"
    ),
    (
      check("bootstrap: 'a:1', sasl: {mechanism: PLAIN, username: u, password: hunter2}"),
      "3:100: a password does not belong in this file: name a file with `password_file`"
    ),
    (
      check("bootstrap: 'a:1', sasl: {mechanism: PLAIN, username: u, password_file: /nowhere}"),
      "3:105: the file of the password \"/nowhere\" cannot be read: No such file or directory"
    ),
    (
      check("bootstrap: 'a:1', tls: {server_name: n}"),
      "3:71: Kafka's brokers are checked under their own names"
    ),
    (
      check("bootstrap: 'a:1', tls: {min_version: 1.3}"),
      "3:71: is not offered for Kafka, whose library has no such setting"
    ),
    (check("bootstrap: 'a:1', min_brokers: 0"), "3:65: must be between 1 and 10000, found 0"),
    (check("bootstrap: 'a:1', topics: ['a b']"), "3:61: \"a b\" is no name of a topic"),
    (check("bootstrap: 'a:1', require_full_replication: true"), "3:78: needs `topics`"),
    (check("bootstrap: 'a:1', canary_topic: '..'"), "3:66: \"..\" is no name of a topic"),
    (link("alias: 'a/b'"), "2:122: \"a/b\" is no name of a topic"),
    (link("silence: 1m"), "2:3: missing key `alias`"),
    (link("alias: east, silence: 0s"), "2:137: must be between 1s and 1d, found 0s"),
    (link("alias: east, heartbeats_topic: '*'"), "2:146: \"*\" is no name of a topic"),
    (link("alias: east, offsets_topic: '*'"), "2:143: \"*\" is no name of a topic"),
    (
      link("alias: east, offsets_topic: none, heartbeats_topic: none"),
      "2:3: offsets_topic: nothing proves anything without heartbeats and offsets"
    ),
    (link("alias: east, groups: ['']"), "2:137: must not be empty"),
    (link("alias: east, checkpoints_topic: cp"), "2:147: needs `groups`"),
    (link("alias: east, offsets_topic: none, topics: a"), "2:3: topics: needs `offsets_topic`"),
    (link("alias: east", target: "{region: r, bootstrap: 'b:2'}"), "2:3: target: is in the source's region"),
    (link("alias: east", target: "[]"), "2:84: expected a mapping, found a list"),
  ]) func everyWrongValueIsToldWhereItStands(text: String, expected: String) throws {
    let found = try fault(text)
    #expect(found == expected)
  }
}
