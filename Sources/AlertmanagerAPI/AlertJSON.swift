internal import Model
internal import Paging

/// Alerts and silences as Alertmanager writes them.
enum AlertJSON {
  /// `detailed` adds what Alertmanager does not know: who acknowledged it, and who was told.
  static func document(of alert: PagedAlert, now: Timestamp, detailed: Bool) -> OrderedJSON {
    var members: [OrderedJSON.Member] = [
      .init("annotations", .strings(alert.annotations)),
      .init("endsAt", .string(end(of: alert, now: now).iso8601)),
      .init("fingerprint", .string(alert.fingerprint)),
      .init("receivers", .array(alert.topics.map { .object([.init("name", .string($0))]) })),
      .init("startsAt", .string(alert.startsAt.iso8601)),
      .init(
        "status",
        .object([
          .init("inhibitedBy", strings(alert.inhibitedBy)),
          .init("mutedBy", strings(alert.mutedBy)),
          .init("silencedBy", strings(alert.silencedBy)),
          .init("state", .string(alert.isSuppressed ? "suppressed" : "active")),
        ])),
      .init("updatedAt", .string(alert.updatedAt.iso8601)),
    ]
    if !alert.generatorURL.isEmpty { members.append(.init("generatorURL", .string(alert.generatorURL))) }
    members.append(.init("labels", .strings(alert.labels)))
    if detailed {
      members += [
        .init("source", .string(alert.source.rawValue)),
        .init("toldReceivers", strings(alert.tellings.filter { $0.state == .told }.map(\.topic))),
        .init("tellings", .array(alert.tellings.map(document))),
        .init("acknowledgement", alert.acknowledgement.map(document) ?? .null),
      ]
      if !alert.maintenance.isEmpty {
        members.append(.init("maintenanceWindows", strings(alert.maintenance)))
      }
    }
    return .object(members)
  }

  /// The field must be there. Alertmanager writes when the alert would end if nobody spoke of it again, which for an
  /// alert that we ourselves watch is never: it is given the five minutes that are usual there.
  private static func end(of alert: PagedAlert, now: Timestamp) -> Timestamp {
    alert.endsAt ?? max(now, alert.updatedAt) + .seconds(300)
  }

  private static func document(_ telling: TopicTelling) -> OrderedJSON {
    .object([
      .init("topic", .string(telling.topic)), .init("state", .string(telling.state.rawValue)),
      .init("at", telling.at.map { .string($0.iso8601) } ?? .null),
      .init("reason", telling.reason.map { .string($0) } ?? .null),
      .init("words", .string(telling.words)),
    ])
  }

  static func document(_ acknowledgement: Acknowledgement) -> OrderedJSON {
    .object([
      .init("by", .string(acknowledgement.by)), .init("comment", .string(acknowledgement.comment)),
      .init("at", .string(acknowledgement.at.iso8601)),
    ])
  }

  static func strings(_ list: [String]) -> OrderedJSON { .array(list.map { .string($0) }) }

  /// Alertmanager's order of groups: by labels, then by receiver.
  static func groupOrder(_ a: AlertGroup, _ b: AlertGroup) -> Bool {
    labelOrder(a.labels, b.labels) ?? byteOrder(a.topic, b.topic)
  }

  /// Alertmanager's order of the alerts of a group: by `job`, by `instance`, then by labels.
  static func memberOrder(_ a: PagedAlert, _ b: PagedAlert) -> Bool {
    for name in ["job", "instance"] {
      let (left, right) = (a.labels[name], b.labels[name])
      // One without comes last.
      guard let left else {
        if right == nil { continue } else { return false }
      }
      guard let right else { return true }
      if !sameBytes(left, right) { return byteOrder(left, right) }
    }
    return labelOrder(a.labels, b.labels) ?? byteOrder(a.identity, b.identity)
  }

  /// Fewer labels first; of as many, by the first name in which they differ, one that lacks it first. nil: the same.
  private static func labelOrder(_ a: Labels, _ b: Labels) -> Bool? {
    if a.count != b.count { return a.count < b.count }
    for (left, right) in zip(a.entries, b.entries) {
      // The smaller name is the one that the other set lacks.
      if !sameBytes(left.name, right.name) { return byteOrder(right.name, left.name) }
      if !sameBytes(left.value, right.value) { return byteOrder(left.value, right.value) }
    }
    return nil
  }

  static func document(of silence: Silence, now: Timestamp) -> OrderedJSON {
    var members: [OrderedJSON.Member] = [
      .init("id", .string(silence.id)),
      .init("status", .object([.init("state", .string(silence.state(at: now).rawValue))])),
      .init("updatedAt", .string(silence.updatedAt.iso8601)),
    ]
    if !silence.annotations.isEmpty {
      members.append(.init("annotations", .strings(Labels(silence.annotations))))
    }
    members += [
      .init("comment", .string(silence.comment)), .init("createdBy", .string(silence.createdBy)),
      .init("endsAt", .string(silence.endsAt.iso8601)),
      .init("matchers", .array(silence.matchers.map(document))),
      .init("startsAt", .string(silence.startsAt.iso8601)),
    ]
    return .object(members)
  }

  private static func document(_ matcher: LabelMatcher) -> OrderedJSON {
    .object([
      .init("isEqual", .boolean(matcher.kind == .equal || matcher.kind == .regex)),
      .init("isRegex", .boolean(matcher.kind == .regex || matcher.kind == .notRegex)),
      .init("name", .string(matcher.name)), .init("value", .string(matcher.text)),
    ])
  }

  /// What is in force first, and of it what ends next; then what comes, the next first; then what is over, the newest
  /// first.
  static func silenceOrder(_ a: Silence, _ b: Silence, now: Timestamp) -> Bool {
    let (left, right) = (rank(a.state(at: now)), rank(b.state(at: now)))
    if left != right { return left < right }
    switch a.state(at: now) {
    case .active where a.endsAt != b.endsAt: return a.endsAt < b.endsAt
    case .pending where a.startsAt != b.startsAt: return a.startsAt < b.startsAt
    case .expired where a.endsAt != b.endsAt: return a.endsAt > b.endsAt
    default: return byteOrder(a.id, b.id)
    }
  }

  private static func rank(_ state: Silence.State) -> Int {
    switch state {
    case .active: 0
    case .pending: 1
    case .expired: 2
    }
  }
}
