internal import ConfigurationTypes
internal import Model
internal import Notifying
internal import StrictYAML

/// One subscription of a topic: what all kinds of receivers have in common, and which kind it is.
enum SubscriptionSection {
  /// What was read, and where its names stand.
  struct Found {
    /// nil: the kind of receiver could not be told.
    var settings: SubscriptionSettings?
    /// Told the same as ``settings``' own.
    var morePeers: [any ReceiverSettings] = []

    /// One for each receiver.
    var all: [SubscriptionSettings] {
      guard let settings else { return [] }
      return [settings]
        + morePeers.map {
          var other = settings
          other.receiver = $0
          return other
        }
    }
    var position = YAMLPosition.start
    var name: YAMLNode?
    var fallback: YAMLNode?
    var deadLetterTopic: YAMLNode?
  }

  static func type(_ paths: FilePaths) -> YAMLType<Found> { .mapping { read($0, paths) } }

  private static func read(_ m: MappingReader, _ paths: FilePaths) -> Found {
    var found = Found(position: m.position)
    guard m.has("protocol"), let kind = m.optional("protocol", self.kind),
      let read = ReceiverKinds.reader(of: kind)
    else {
      if m.node("protocol") == nil { _ = m.required("protocol", self.kind) }
      // Which keys it may have is not known.
      m.allowUnknownKeys()
      return found
    }
    let receivers = read(m, paths)
    guard let first = receivers.first else {
      // What is wrong with them was said; the keys that all kinds have are known all the same.
      m.allowUnknownKeys()
      return found
    }
    found.morePeers = Array(receivers.dropFirst())
    var settings = SubscriptionSettings(first)
    settings.name = m.optional("name", .nonEmptyString.validated(nameComplaint))
    settings.timeout =
      m.optional("timeout", .duration(.milliseconds(100) ... .seconds(300))) ?? settings.timeout
    settings.retry = m.optional("retry", .mapping(readRetry)) ?? settings.retry
    settings.maximumInFlight = m.optional("max_in_flight", .int(1...1000)) ?? settings.maximumInFlight
    let scope = m.optional("filter_policy_scope", YAMLType<FilterPolicy.Scope>.choice()) ?? .attributes
    settings.filterPolicy = m.optional("filter_policy", FilterPolicySection.type(scope)) ?? nil
    if m.has("filter_policy_scope"), !m.has("filter_policy") {
      m.problem("does nothing without `filter_policy`", at: "filter_policy_scope")
    }
    settings.fallback = m.optional("fallback", .nonEmptyString)
    settings.fallbackAfter =
      m.optional("fallback_after", .duration(.seconds(1) ... .seconds(86_400))) ?? settings.fallbackAfter
    if m.has("fallback_after"), !m.has("fallback") {
      m.problem("does nothing without `fallback`", at: "fallback_after")
    }
    settings.deadLetterTopic = m.optional("dead_letter_topic", .nonEmptyString)
    found.settings = settings
    found.name = m.node("name")
    found.fallback = m.node("fallback")
    found.deadLetterTopic = m.node("dead_letter_topic")
    return found
  }

  private static var kind: YAMLType<String> {
    let names = ReceiverKinds.names
    let listed = names.map { "`\($0)`" }.joined(separator: ", ")
    return .scalar("one of \(listed)", placeholder: "") { $0 }.validated { name in
      if names.contains(name) { return nil }
      if let near = suggestion(for: name, among: names) {
        return "unknown value `\(name)`; did you mean `\(near)`?"
      }
      return "unknown value `\(name)`; expected one of \(listed)"
    }
  }

  /// It becomes a label and the target of fallbacks.
  private static func nameComplaint(_ name: String) -> String? {
    let isGood =
      name.utf8.count <= 64
      && name.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
          || byte == 0x2d || byte == 0x5f
      }
    return isGood ? nil : "a name is 1 to 64 letters, digits, - and _, found \"\(name)\""
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
}
