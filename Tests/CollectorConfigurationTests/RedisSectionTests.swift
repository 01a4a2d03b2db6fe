import Secrets
import Collecting
import CollectorConfiguration
import ConfigurationTypes
import FarwatchTesting
import Model
import Probing
import RedisClient
import Replication
import StrictYAML
import TLSTransport
import Testing

/// What the three sections make of a file whose regions are `r` and `s`.
private func read(_ text: String) throws -> [any CollectorSettings] {
  let scope = Scope(regions: ["r", "s"], vantage: "", paths: FilePaths(directory: "."))
  let problems = Problems(file: "f")
  let type = YAMLType<[any CollectorSettings]>.mapping { m in
    var all: [any CollectorSettings] = []
    all += m.optional("health", .mapping { HealthSection.read($0, scope).checks }) ?? []
    all += ReplicationSection.read(m, scope)
    all += MeasurementSection.read(m, scope)
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
  "health:\n  checks:\n  - {name: c, region: r, redis: {\(keys)}}\n"
}
private func link(_ keys: String, source: String = "host: a", targets: String = "[{region: s, host: b}]")
  -> String
{
  "replication:\n- {link: l, engine: redis, rpo: 1m, source: {region: r, \(source)}, targets: \(targets), \(keys)}\n"
}
private func beat(_ keys: String) -> String {
  "collect:\n- {name: b, interval: 1s, redis_heartbeat: {\(keys)}}\n"
}

@Suite struct RedisSectionTests {
  @Test func everyKeyIsRead() throws {
    let files = try TemporaryDirectory()
    let secret = try files.write("secret", "x")
    let checks = try read(
      check(
        "host: cache.internal, port: 6380, username: u, password_file: \(secret), database: 3, "
          + "tls: {ca_file: \(secret), cert_file: \(secret), key_file: \(secret), server_name: n, min_version: 1.3, "
          + "verify: false}, "
          + "role: master, key: k, expect: v, write_key: w, write_ttl: 5s, cluster_ok: true"))
    let one = try #require(checks.first as? RedisCheckSettings)
    #expect(one.server.name == "cache.internal:6380")
    #expect(one.server.username == "u")
    #expect(one.server.password == .file(secret))
    #expect(one.server.database == 3)
    #expect(one.server.tls?.caFile == secret)
    #expect(one.server.tls?.serverName == "n")
    #expect(one.server.tls?.verify == false)
    #expect(one.server.tls?.minimumVersion == .tls13)
    #expect(one.role == .master)
    #expect(one.expected == "v")
    #expect(one.writeKey == "w")
    #expect(one.writeTTL == .seconds(5))
    #expect(one.clusterMustBeOK)
    #expect(one.description.kind == "redis_check")

    let sentinel = try #require(
      try read(check("host: a, sentinel_master: main, sentinel_address: 'b:1'")).first as? RedisCheckSettings)
    #expect(sentinel.sentinelMaster == "main")
    #expect(sentinel.sentinelAddress == "b:1")

    let links = try read(link("silence: 40s, heartbeat_key: h", source: "host: a, password_env: P, tls: {}"))
    let two = try #require(links.first as? RedisLinkSettings)
    #expect(two.silence == .seconds(40))
    #expect(two.heartbeatKey == "h")
    #expect(two.source.server.password == .environment("P"))
    #expect(two.source.server.tls != nil)
    #expect(two.targets.map(\.server.port) == [6379])

    let beats = try read(beat("host: a, key: h, ttl: 10m"))
    let three = try #require(beats.first as? RedisHeartbeatSettings)
    #expect(three.key == "h")
    #expect(three.ttl == .seconds(600))
    #expect(three.basics.interval == .seconds(1))
  }

  @Test(arguments: [
    (check(""), "3:33: missing key `host`"),
    (check("host: 'a:6379'"), "3:40: must be a name or an address alone; the port goes under `port`"),
    (check("host: 'u@a'"), "3:40: must be a name or an address alone; the port goes under `port`"),
    (check("host: a, port: 0"), "3:49: must be between 1 and 65535, found 0"),
    (check("host: a, username: u"), "3:53: needs `password_file` or `password_env`"),
    (check("host: a, username: ''"), "3:53: must not be empty"),
    (
      check("host: a, password: hunter2"),
      "3:53: a password does not belong in this file: name a file with `password_file`"
    ),
    (
      check("host: a, password_file: /nowhere"),
      "3:58: the file of the password \"/nowhere\" cannot be read: No such file or directory"
    ),
    (check("host: a, password_env: ''"), "3:57: must not be empty"),
    (check("host: a, database: -1"), "3:53: must be between 0 and 1000000, found -1"),
    (
      check("host: a, tls: {ca_file: /nowhere}"),
      "3:58: the CA file \"/nowhere\" cannot be read: No such file or directory"
    ),
    (check("host: a, tls: {key_file: /etc/passwd}"), "3:59: needs `cert_file`, whose key it is"),
    (
      check("host: a, tls: {cert_file: /nowhere}"),
      "3:60: the certificate file \"/nowhere\" cannot be read: No such file or directory"
    ),
    (
      check("host: a, tls: {min_version: 2}"),
      "3:62: unknown value `2`; expected one of `1.0`, `1.1`, `1.2`, `1.3`"
    ),
    (check("host: a, tls: {server_name: ''}"), "3:62: must not be empty"),
    (check("host: a, tls: {verify: maybe}"), "3:57: expected true or false, found \"maybe\""),
    (check("host: a, role: slave"), "3:49: unknown value `slave`; expected one of `master`, `replica`"),
    (check("host: a, key: ''"), "3:48: must not be empty"),
    (check("host: a, expect: x"), "3:33: expect: needs `key`"),
    (check("host: a, write_key: ''"), "3:54: must not be empty"),
    (check("host: a, write_ttl: 1ms"), "3:54: must be between 1s and 1d, found 1ms"),
    (check("host: a, role: replica, write_key: k"), "3:33: write_key: a replica takes no writes"),
    (check("host: a, sentinel_address: 'b:1'"), "3:33: sentinel_address: needs `sentinel_master`"),
    (check("host: a, sentinel_master: ''"), "3:60: must not be empty"),
    (check("host: a, cluster_ok: 1"), "3:55: expected true or false, found the number 1"),
    (check("host: a, hots: b"), "3:43: unknown key `hots`; did you mean `host`?"),
    (link("", targets: "[]"), "2:3: targets: needs at least one"),
    (link("", targets: "[{region: r, host: b}]"), "2:3: targets: names the region r twice"),
    (link("silence: 0s"), "2:109: must be between 1s and 1d, found 0s"),
    (link("heartbeat_key: ''"), "2:115: must not be empty"),
    (link("", source: "dsn_env: A"), "2:45: missing key `host`"),
    (beat("host: a, ttl: 1s"), "2:44: ttl: must be longer than `interval`, or the key comes and goes"),
    (beat("host: a, key: ''"), "2:59: must not be empty"),
    (beat("host: a, key: k, ttl: 0s"), "2:67: must be between 1s and 1y, found 0s"),
  ]) func everyWrongValueIsToldWhereItStands(text: String, expected: String) throws {
    let found = try fault(text)
    #expect(found == expected)
  }
}
