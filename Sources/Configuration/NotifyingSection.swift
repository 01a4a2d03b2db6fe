internal import HTTPClient
internal import Model
internal import Notifying
internal import RegularExpressions
internal import StrictYAML

/// `topics:` and `routes:`.
enum NotifyingSection {
  static func read(_ m: MappingReader, _ paths: FilePaths) -> NotifyingSettings {
    var settings = NotifyingSettings()
    settings.topics = m.optional("topics", topics(paths)) ?? []
    let names = settings.topics.map(\.name)
    settings.routes = m.optional("routes", .list(route(names))) ?? []
    if m.has("routes"), settings.topics.isEmpty {
      m.problem("routes lead nowhere without `topics`", at: "routes")
    }
    return settings
  }

  private static func topics(_ paths: FilePaths) -> YAMLType<[TopicSettings]> {
    YAMLType(expected: "a mapping of topic names", placeholder: []) { node, problems in
      guard case .mapping(let entries) = node.content else {
        problems.add("expected a mapping of topic names, found \(node.foundText)", at: node)
        return nil
      }
      return entries.compactMap { entry in
        YAMLType<TopicSettings>.mapping { readTopic($0, named: entry.key, paths) }.read(entry.value, problems)
      }
    }
  }

  private static func readTopic(_ m: MappingReader, named name: String, _ paths: FilePaths) -> TopicSettings {
    var topic = TopicSettings(name: name)
    topic.arn = m.optional("arn", .nonEmptyString)
    topic.displayName = m.optional("display_name", .string)
    let version = m.optional("signature_version", .int(1...2)) ?? 2
    topic.signatureVersion = TopicSettings.SignatureVersion(rawValue: version) ?? .sha256
    topic.subscriptions = m.required("subscriptions", .list(.mapping { readSubscription($0, paths) }))
    return topic
  }

  private static func readSubscription(_ m: MappingReader, _ paths: FilePaths) -> SubscriptionSettings {
    let transport = m.required("protocol", YAMLType<SubscriptionSettings.Transport>.choice())
    let endpoint = m.required("endpoint", .nonEmptyString.validated(httpURLComplaint))
    if m.has("protocol"), m.has("endpoint"), endpoint.contains("://"),
      !endpoint.hasPrefix("\(transport.rawValue)://")
    {
      m.problem("protocol \(transport.rawValue) does not fit the endpoint \(endpoint)", at: "endpoint")
    }
    var subscription = SubscriptionSettings(transport, endpoint)
    subscription.raw = m.optional("raw", .bool) ?? false
    subscription.confirmation = m.optional("confirm", .choice()) ?? .required
    subscription.timeout =
      m.optional("timeout", .duration(.milliseconds(100) ... .seconds(300))) ?? .seconds(15)
    subscription.caFile = m.optional("ca_file", paths.existing("the CA file"))
    subscription.headers = Headers.read(m, paths)
    subscription.retry = m.optional("retry", .mapping(readRetry)) ?? RetryPolicy()
    return subscription
  }

  private static func readRetry(_ m: MappingReader) -> RetryPolicy {
    var policy = RetryPolicy()
    let count = YAMLType<Int>.int(0...100_000)
    let delay = YAMLType<Duration>.duration(.milliseconds(10) ... .seconds(86_400))
    policy.noDelayRetries = m.optional("no_delay_retries", count) ?? policy.noDelayRetries
    policy.minDelayRetries = m.optional("min_delay_retries", count) ?? policy.minDelayRetries
    policy.backoffRetries = m.optional("backoff_retries", count) ?? policy.backoffRetries
    policy.maxDelayRetries = m.optional("max_delay_retries", count)
    policy.minDelay = m.optional("min_delay", delay) ?? policy.minDelay
    policy.maxDelay = m.optional("max_delay", delay) ?? policy.maxDelay
    policy.growth = m.optional("backoff", .choice()) ?? policy.growth
    policy.maxAge = m.optional("max_age", .duration(.seconds(1) ... .seconds(365 * 86_400))) ?? policy.maxAge
    if policy.minDelay > policy.maxDelay { m.problem("min_delay is longer than max_delay", at: "min_delay") }
    return policy
  }

  private static func route(_ topics: [String]) -> YAMLType<RouteSettings> {
    .mapping { m in
      var route = RouteSettings()
      let equal = m.optional("match", .labels) ?? .empty
      let regex = m.optional("match_re", .map(pattern)) ?? [:]
      route.match = equal.entries.map { LabelMatcher($0.name, equals: $0.value) }
      for (name, found) in regex.sorted(by: { $0.key < $1.key }) {
        guard let found else { continue }
        route.match.append(LabelMatcher(name, text: found.text, matching: found.expression))
      }
      route.topic = m.optional("topic", topic(topics))
      route.continue = m.optional("continue", .bool) ?? false
      if m.has("routes") {
        route.routes = m.optional("routes", .list(Self.route(topics))) ?? []
      } else {
        m.allow("routes")
      }
      if route.topic == nil, route.routes.isEmpty, !m.has("topic") {
        m.problem("a route needs a `topic` or `routes` of its own")
      }
      return route
    }
  }

  private static func topic(_ topics: [String]) -> YAMLType<String> {
    YAMLType<String>.nonEmptyString.validated { name in
      if topics.contains(name) { return nil }
      if let near = suggestion(for: name, among: topics) {
        return "unknown topic \"\(name)\"; did you mean \"\(near)\"?"
      }
      return "unknown topic \"\(name)\"; `topics` declares \(topics.joined(separator: ", "))"
    }
  }

  /// A regular expression that must match a whole label value.
  private static var pattern: YAMLType<(text: String, expression: RegularExpression)?> {
    .converted(from: .string, placeholder: nil) { text in
      (text, try RegularExpression(text, anchoring: .whole))
    }
  }
}

/// `headers:` with values in the open and `header_files:` for secrets.
enum Headers {
  static func read(_ m: MappingReader, _ paths: FilePaths) -> [HTTPHeader] {
    let open = m.optional("headers", .map(.string.validated(valueComplaint))) ?? [:]
    let secret = m.optional("header_files", .map(secretValue(paths))) ?? [:]
    for name in open.keys.sorted() where isSecret(name) {
      m.problem("\"\(name)\" is a secret: name a file for it under `header_files`", at: "headers")
    }
    for name in open.keys.sorted() + secret.keys.sorted() where !isToken(name) {
      m.problem("\"\(name)\" is no header name", at: open[name] == nil ? "header_files" : "headers")
    }
    return (open.sorted { $0.key < $1.key } + secret.sorted { $0.key < $1.key })
      .map { HTTPHeader($0.key, $0.value) }
  }

  /// Read once at load: a rotated secret is taken up by a reload.
  private static func secretValue(_ paths: FilePaths) -> YAMLType<String> {
    .converted(from: paths.existing("the file of the header"), placeholder: "") { path in
      let problems = Problems(file: path)
      let text = YAML.text(ofFile: path, problems) ?? ""
      try problems.throwIfAny()
      let value = String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
      if let complaint = valueComplaint(value) { throw YAMLProblem(file: path, at: .start, complaint) }
      return value
    }
  }

  private static func valueComplaint(_ value: String) -> String? {
    value.utf8.contains { $0 < 0x20 && $0 != 0x09 || $0 == 0x7f } ? "must not hold control characters" : nil
  }

  static func isSecret(_ name: String) -> Bool {
    ["authorization", "proxy-authorization", "cookie", "x-api-key"].contains(name.lowercased())
  }

  private static func isToken(_ name: String) -> Bool {
    !name.isEmpty
      && name.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
          || "!#$%&'*+-.^_`|~".utf8.contains(byte)
      }
  }
}
