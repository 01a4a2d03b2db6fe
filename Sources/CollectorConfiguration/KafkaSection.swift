internal import Collecting
internal import ConfigurationTypes
internal import KafkaClient
internal import Model
internal import Probing
internal import Replication
internal import StrictYAML
internal import TLSTransport

/// `bootstrap`, `sasl` and `tls` of a Kafka cluster.
enum KafkaClusterSection {
  static func read(_ m: MappingReader, _ scope: Scope) -> KafkaCluster {
    var cluster = KafkaCluster(bootstrap: m.required("bootstrap", .oneOrMore(broker)))
    if m.node("bootstrap")?.content.isEmptyList == true {
      m.problem("needs at least one broker", at: "bootstrap")
    }
    cluster.sasl = m.optional("sasl", .mapping { readSASL($0, scope) }) ?? nil
    cluster.tls = m.optional(
      "tls",
      .mapping { tls in
        let settings = ServerTLSSection.read(tls, scope)
        if tls.has("server_name") {
          tls.problem("Kafka's brokers are checked under their own names", at: "server_name")
        }
        return settings
      })
    return cluster
  }

  /// `host:port`.
  private static var broker: YAMLType<String> {
    YAMLType<String>.nonEmptyString.validated { text in
      let port = text.split(separator: ":", omittingEmptySubsequences: false).last.flatMap { UInt16($0) }
      let host = text.split(separator: ":", omittingEmptySubsequences: false).dropLast().joined(
        separator: ":")
      let isFine =
        (port ?? 0) > 0 && !host.isEmpty && !text.contains { $0 == "," || $0 == "/" || $0.isWhitespace }
      return isFine ? nil : "must be host:port, found \"\(text)\""
    }
  }

  private static func readSASL(_ m: MappingReader, _ scope: Scope) -> KafkaCluster.SASL? {
    let mechanism = m.required("mechanism", YAMLType<KafkaCluster.Mechanism>.choice())
    let username = m.required("username", .nonEmptyString)
    m.atMostOne(of: "password_file", "password_env")
    let file = m.optional("password_file", scope.paths.existing("the file of the password"))
    let variable = m.optional("password_env", .nonEmptyString)
    if m.has("password") {
      m.allow("password")
      m.problem("a password does not belong in this file: name a file with `password_file`", at: "password")
    } else if m.node("password_file") == nil, m.node("password_env") == nil {
      m.problem("missing key `password_file` (or `password_env`)")
    }
    let secret = variable.map { SecretSource.environment($0) } ?? file.map { .file($0) }
    return secret.map { .init(mechanism: mechanism, username: username, password: $0) }
  }

  /// A legal name of a topic: letters, digits, `.`, `_` and `-`, at most 249 of them.
  static var topic: YAMLType<String> {
    YAMLType<String>.nonEmptyString.validated { name in
      let isFine =
        name.utf8.count <= 249 && name != "." && name != ".."
        && name.utf8.allSatisfy {
          (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0)
            || "._-".utf8.contains($0)
        }
      return isFine ? nil : "\"\(name)\" is no name of a topic"
    }
  }
}

/// `kafka:` of a check.
enum KafkaCheckSection {
  static func read(_ m: MappingReader, _ basics: CheckBasics, _ scope: Scope) -> any HealthCheckSettings {
    var check = KafkaCheckSettings(basics: basics, cluster: KafkaClusterSection.read(m, scope))
    check.minimumBrokers = m.optional("min_brokers", .int(1...10_000)) ?? check.minimumBrokers
    check.topics = m.optional("topics", topics) ?? []
    check.requireFullReplication = m.optional("require_full_replication", .bool) ?? false
    if check.requireFullReplication, check.topics.isEmpty {
      m.problem("needs `topics`", at: "require_full_replication")
    }
    check.canaryTopic = m.optional("canary_topic", KafkaClusterSection.topic)
    return check
  }

  /// Each is a question of its own.
  private static var topics: YAMLType<[String]> {
    YAMLType<[String]>.oneOrMore(KafkaClusterSection.topic).validated {
      $0.count > 50 ? "at most 50 topics, found \($0.count)" : nil
    }
  }
}

/// A link of MirrorMaker 2: `source` with its `alias`, and one `target`.
enum MirrorLinkSection {
  static func read(_ m: MappingReader, _ pace: LinkPace, _ scope: Scope) -> (any ReplicationLinkSettings)? {
    let node = YAMLType<MirrorLinkSettings.Node>.mapping { m in
      .init(region: m.required("region", scope.region), cluster: KafkaClusterSection.read(m, scope))
    }
    var link = MirrorLinkSettings(
      link: pace.link, source: m.required("source", node), target: m.required("target", node),
      alias: m.required("alias", KafkaClusterSection.topic), rpo: pace.rpo, interval: pace.interval,
      timeout: pace.timeout)
    link.heartbeatsTopic = topicOrNone(m, "heartbeats_topic", link.heartbeatsTopic)
    link.offsetsTopic = topicOrNone(m, "offsets_topic", link.offsetsTopic)
    link.topics = m.optional("topics", .oneOrMore(KafkaClusterSection.topic)) ?? []
    link.groups = m.optional("groups", .oneOrMore(.nonEmptyString)) ?? []
    link.checkpointsTopic =
      m.optional("checkpoints_topic", KafkaClusterSection.topic) ?? link.checkpointsTopic
    if m.has("checkpoints_topic"), m.node("groups") == nil {
      m.problem("needs `groups`", at: "checkpoints_topic")
    }
    link.silence = m.optional("silence", .duration(.seconds(1) ... .seconds(86_400))) ?? link.silence
    do throws(InvalidSettings) {
      try link.validate()
      return link
    } catch {
      // A placeholder for what could not be read contradicts nothing.
      if m.problems.count == pace.problemsBefore { m.problem("\(error)") }
      return nil
    }
  }

  /// `none` says that there is no such topic, or that it may not be read.
  private static func topicOrNone(_ m: MappingReader, _ key: String, _ standard: String?) -> String? {
    guard let given = m.optional(key, KafkaClusterSection.topic) else { return standard }
    return given == "none" ? nil : given
  }
}
