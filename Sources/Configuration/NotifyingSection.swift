internal import ConfigurationTypes
internal import Model
internal import Notifying
internal import Paging
internal import RegularExpressions
internal import StrictYAML

/// `topics:`, `aws_region:` and `aws_account:`.
enum NotifyingSection {
  static func read(_ m: MappingReader, _ paths: FilePaths) -> NotifyingSettings {
    var settings = NotifyingSettings()
    settings.region = m.optional("aws_region", .nonEmptyString.validated(regionComplaint))
    settings.account = m.optional("aws_account", account) ?? settings.account
    settings.topics = m.optional("topics", topics(paths)) ?? []
    return settings
  }

  /// It becomes a part of ARNs.
  private static func regionComplaint(_ name: String) -> String? {
    let isGood = name.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x2d
    }
    return isGood ? nil : "a region is small letters, digits and -, such as ap-northeast-1, found \"\(name)\""
  }

  private static var account: YAMLType<String> {
    .scalar("an account of 12 digits", placeholder: "000000000000") { text in
      text.utf8.count == 12 && text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? text : nil
    }
  }

  /// What leaves alerts untold although every line is right.
  static func warn(
    _ settings: NotifyingSettings, _ routes: [RouteSettings], _ m: MappingReader, _ warnings: Problems
  ) {
    guard case .mapping(let entries) = m.node("topics")?.content, !entries.isEmpty else {
      warnings.add("no `topics`: alerts are shown on the status page and reach nobody", at: .start)
      return
    }
    if case .sequence(let nodes) = m.node("routes")?.content { warnOfHidden(routes, nodes, warnings) }
    // Alarms name their topics themselves; what nobody leads to is told once their files are read.
    if m.has("alarms") { return }
    if routes.isEmpty {
      warnings.add("no `routes`: alerts reach none of the topics", at: entries[0].keyPosition)
      return
    }
    let reached = Set(routes.flatMap(\.topicsBelow) + settings.topicsToldByOthers)
    for entry in entries where !reached.contains(entry.key) {
      warnings.add("no route leads to the topic \"\(entry.key)\"", at: entry.keyPosition)
    }
  }

  /// Routes behind one that takes everything and does not `continue`.
  private static func warnOfHidden(_ routes: [RouteSettings], _ nodes: [YAMLNode], _ warnings: Problems) {
    // A route that could not be read is missing, and the file refused.
    guard routes.count == nodes.count else { return }
    let last = routes.firstIndex { $0.match.isEmpty && !$0.continue }
    for (place, node) in nodes.enumerated() {
      if let last, place > last {
        warnings.add(
          "no alert gets here: the route in line \(nodes[last].position.line) takes all of them and has no `continue`",
          at: node)
      } else if case .mapping(let entries) = node.content,
        case .sequence(let below) = entries.first(where: { $0.key == "routes" })?.value.content
      {
        warnOfHidden(routes[place].routes, below, warnings)
      }
    }
  }

  private static func topics(_ paths: FilePaths) -> YAMLType<[TopicSettings]> {
    YAMLType(expected: "a mapping of topic names", placeholder: []) { node, problems in
      guard case .mapping(let entries) = node.content else {
        problems.add("expected a mapping of topic names, found \(node.foundText)", at: node)
        return nil
      }
      var lines: [String: Int] = [:]
      var subscriptions: [(topic: String, found: SubscriptionSection.Found)] = []
      let topics = entries.compactMap { entry -> TopicSettings? in
        if !isTopicName(entry.key) {
          problems.add(
            "a topic's name is 1 to 256 letters, digits, - and _, found \"\(entry.key)\"",
            at: entry.keyPosition)
        }
        var found: [SubscriptionSection.Found] = []
        let topic = YAMLType<TopicSettings>.mapping { m in
          readTopic(m, named: entry.key, paths, &found)
        }.read(entry.value, problems)
        subscriptions += found.map { (entry.key, $0) }
        // Two topics of one name for the outside would share their subscriptions.
        if let arn = topic?.arn, let line = lines.updateValue(entry.keyPosition.line, forKey: arn) {
          problems.add("the topic in line \(line) has the same arn", at: entry.keyPosition)
        }
        return topic
      }
      FallbackPaths(subscriptions: subscriptions, topics: entries.map(\.key)).check(problems)
      return topics
    }
  }

  private static func readTopic(
    _ m: MappingReader, named name: String, _ paths: FilePaths, _ all: inout [SubscriptionSection.Found]
  ) -> TopicSettings {
    var topic = TopicSettings(name: name)
    topic.arn = m.optional("arn", arn)
    topic.displayName = m.optional("display_name", .string)
    let version = m.optional("signature_version", .int(1...2)) ?? 2
    topic.signatureVersion = TopicSettings.SignatureVersion(rawValue: version) ?? .sha256
    all = m.required("subscriptions", .list(SubscriptionSection.type(paths)))
    if m.node("subscriptions")?.content.isEmptyList == true {
      m.problem("needs at least one subscription: nobody would be told", at: "subscriptions")
    }
    var lines: [[String]: Int] = [:]
    for one in all {
      for receiver in one.all.map(\.receiver) where receiver.keyParts.contains(where: { !$0.isEmpty }) {
        // Named by its line alone: an endpoint may hold a secret.
        let parts = [receiver.kind] + receiver.keyParts
        if let line = lines[parts] {
          m.problems.add(
            "the same endpoint is subscribed a second time; first in line \(line)", at: one.position)
        } else {
          lines[parts] = one.position.line
        }
      }
    }
    topic.subscriptions = all.flatMap(\.all)
    return topic
  }

  /// SNS' own rule; other names would break the ARN that is made of them.
  private static func isTopicName(_ name: String) -> Bool {
    (1...256).contains(name.utf8.count)
      && name.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
          || byte == 0x2d || byte == 0x5f
      }
  }

  private static var arn: YAMLType<String> {
    YAMLType<String>.nonEmptyString.validated { text in
      let parts = text.split(separator: ":", omittingEmptySubsequences: false)
      let isGood = parts.count == 6 && parts[0] == "arn" && parts[2] == "sns" && !parts[5].isEmpty
      return isGood ? nil : "must be arn:PARTITION:sns:REGION:ACCOUNT:NAME, found \"\(text)\""
    }
  }

  /// `match` and `match_re`, which choose alerts by their labels.
  static func matchers(_ m: MappingReader) -> [LabelMatcher] {
    let equal = m.optional("match", .labels) ?? .empty
    let regex = m.optional("match_re", .map(pattern)) ?? [:]
    var matchers = equal.entries.map { LabelMatcher($0.name, equals: $0.value) }
    for (name, found) in regex.sorted(by: { $0.key < $1.key }) {
      guard let found else { continue }
      matchers.append(LabelMatcher(name, text: found.text, matching: found.expression))
    }
    return matchers
  }

  /// A regular expression that must match a whole label value.
  private static var pattern: YAMLType<(text: String, expression: RegularExpression)?> {
    .converted(from: .string, placeholder: nil) { text in
      (text, try RegularExpression(text, anchoring: .whole))
    }
  }
}

extension NotifyingSettings {
  /// Whether some receiver must visit a link of ours before it hears anything.
  var asksForConfirmation: Bool {
    topics.contains { $0.subscriptions.contains { $0.receiver.asksForConfirmation } }
  }
}
