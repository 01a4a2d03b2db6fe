internal import Collecting
internal import ConfigurationTypes
internal import Model
internal import Probing
internal import RedisClient
internal import Replication
internal import StrictYAML
internal import TLSTransport

/// `host`, `port`, who we are and `tls` of a server of the Redis family.
enum RedisServerSection {
  static func read(_ m: MappingReader, _ scope: Scope) -> RedisServer {
    let port = m.optional("port", .int(1...65_535)) ?? 6379
    var server = RedisServer(host: m.required("host", host), port: UInt16(clamping: port))
    server.username = m.optional("username", .nonEmptyString)
    server.password = password(m, scope)
    if server.username != nil, m.node("password_file") == nil, m.node("password_env") == nil {
      m.problem("needs `password_file` or `password_env`", at: "username")
    }
    server.database = m.optional("database", .int(0...1_000_000)) ?? 0
    server.tls = m.optional("tls", .mapping { ServerTLSSection.read($0, scope) })
    return server
  }

  /// A name or an address without its port.
  static var host: YAMLType<String> {
    YAMLType<String>.nonEmptyString.validated { text in
      let colons = text.utf8.count { $0 == UInt8(ascii: ":") }
      if text.contains("@") || text.contains("/") || colons == 1 {
        return "must be a name or an address alone; the port goes under `port`"
      }
      return text.utf8.contains { $0 <= 0x20 || $0 == 0x7f } ? "must not hold white space" : nil
    }
  }

  private static func password(_ m: MappingReader, _ scope: Scope) -> SecretSource? {
    m.atMostOne(of: "password_file", "password_env")
    let file = m.optional("password_file", scope.paths.existing("the file of the password"))
    let variable = m.optional("password_env", .nonEmptyString)
    if m.has("password") {
      m.allow("password")
      m.problem("a password does not belong in this file: name a file with `password_file`", at: "password")
    }
    return variable.map { .environment($0) } ?? file.map { .file($0) }
  }
}

/// `tls:` of a server: an empty mapping is enough to ask for it.
enum ServerTLSSection {
  static func read(_ m: MappingReader, _ scope: Scope) -> TLSSettings {
    var tls = TLSSettings()
    tls.caFile = m.optional("ca_file", scope.paths.existing("the CA file"))
    tls.certificateFile = m.optional("cert_file", scope.paths.existing("the certificate"))
    tls.keyFile = m.optional("key_file", scope.paths.existing("the key"))
    if (m.node("cert_file") == nil) != (m.node("key_file") == nil) {
      m.problem("`cert_file` and `key_file` go together", at: m.has("cert_file") ? "cert_file" : "key_file")
    }
    tls.serverName = m.optional("server_name", .nonEmptyString)
    tls.verify = m.optional("verify", .bool) ?? true
    return tls
  }
}

/// `redis:` of a check.
enum RedisCheckSection {
  static func read(_ m: MappingReader, _ basics: CheckBasics, _ scope: Scope) -> any HealthCheckSettings {
    let problemsBefore = m.problems.count
    var check = RedisCheckSettings(basics: basics, server: RedisServerSection.read(m, scope))
    check.role = m.optional("role", YAMLType<RedisCheckSettings.Role>.choice())
    check.key = m.optional("key", .nonEmptyString)
    check.expected = m.optional("expect", .string)
    check.writeKey = m.optional("write_key", .nonEmptyString)
    check.writeTTL = m.optional("write_ttl", .duration(.seconds(1) ... .seconds(86_400))) ?? check.writeTTL
    check.sentinelMaster = m.optional("sentinel_master", .nonEmptyString)
    check.sentinelAddress = m.optional("sentinel_address", .nonEmptyString)
    check.clusterMustBeOK = m.optional("cluster_ok", .bool) ?? false
    do throws(InvalidSettings) {
      try check.validate()
    } catch {
      // What is wrong by itself was said where it stands; this is for what the parts add up to.
      if m.problems.count == problemsBefore { m.problem("\(error)") }
    }
    return check
  }
}

/// A link of Redis servers: `source` and `targets`.
enum RedisLinkSection {
  static func read(_ m: MappingReader, _ pace: LinkPace, _ scope: Scope) -> (any ReplicationLinkSettings)? {
    let node = YAMLType<RedisLinkSettings.Node>.mapping { m in
      .init(region: m.required("region", scope.region), server: RedisServerSection.read(m, scope))
    }
    let source = m.required("source", node)
    let targets = m.required("targets", .list(node))
    var link = RedisLinkSettings(
      link: pace.link, source: source, targets: targets, rpo: pace.rpo, interval: pace.interval,
      timeout: pace.timeout)
    link.silence = m.optional("silence", .duration(.seconds(1) ... .seconds(86_400))) ?? link.silence
    link.heartbeatKey = m.optional("heartbeat_key", .nonEmptyString)
    do throws(InvalidSettings) {
      try link.validate()
      return link
    } catch {
      // A placeholder for what could not be read contradicts nothing.
      if m.problems.count == pace.problemsBefore { m.problem("\(error)") }
      return nil
    }
  }
}

/// `redis_heartbeat:` of a collector.
enum RedisHeartbeatSection {
  static func read(_ m: MappingReader, _ basics: MeasurementBasics, _ scope: Scope) -> any CollectorSettings {
    let problemsBefore = m.problems.count
    var beat = RedisHeartbeatSettings(basics: basics, server: RedisServerSection.read(m, scope))
    beat.key = m.optional("key", .nonEmptyString) ?? beat.key
    beat.ttl = m.optional("ttl", .duration(.seconds(1) ... .seconds(365 * 86_400))) ?? beat.ttl
    do throws(InvalidSettings) {
      try beat.validate()
    } catch {
      if m.problems.count == problemsBefore { m.problem("\(error)") }
    }
    return beat
  }
}
