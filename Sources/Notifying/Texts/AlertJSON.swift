internal import Model

/// An alert as Alertmanager's formats write it.
struct AlertJSON {
  /// Go's zero time, which stands for "not yet".
  static let never = Timestamp(year: 1, month: 1, day: 1)

  let facts: PageFacts
  /// Bytes of one value, beyond which it is cut and says so.
  var limit = Int.max

  /// A member of `alerts` in a webhook's body.
  func webhook(_ event: AlertEvent) -> OrderedJSON {
    .object([
      .init("status", .string(event.status.rawValue)),
      .init("labels", .strings(bounded(event.labels))),
      .init("annotations", .strings(bounded(event.toldAnnotations))),
      .init("startsAt", .string(event.startsAt.rfc3339)),
      .init("endsAt", .string((event.status == .firing ? Self.never : end(event)).rfc3339)),
      .init("generatorURL", .string(facts.generatorURL(event) ?? "")),
      .init("fingerprint", .string(event.fingerprint)),
    ])
  }

  func end(_ event: AlertEvent) -> Timestamp { event.endsAt ?? event.decidedAt }

  func bounded(_ labels: Labels) -> Labels {
    guard limit < .max else { return labels }
    // Nobody reads that many, and they must not use up what is there for the first.
    let kept = limit > 1024 ? labels.entries[...] : labels.entries.prefix(64)
    return Labels(kept.map { Label(cut($0.name, bytes: max(64, limit)), cut($0.value, bytes: limit)) })
  }

  /// All that a program may want to know of an alert, in our own names.
  func detailed(_ event: AlertEvent) -> OrderedJSON {
    var members: [OrderedJSON.Member] = [
      .init("status", .string(event.status.rawValue)),
      .init("identity", .string(cut(event.identity, bytes: max(64, limit)))),
      .init("fingerprint", .string(event.fingerprint)),
      .init("labels", .strings(bounded(event.labels))),
      .init("annotations", .strings(bounded(event.annotations))),
      .init("startsAt", .string(event.startsAt.iso8601)),
    ]
    if event.status == .resolved { members.append(.init("endsAt", .string(end(event).iso8601))) }
    if let value = event.knownValue { members.append(.init("value", .number(value))) }
    members.append(.init("expression", .string(cut(event.origin.expression, bytes: max(64, limit)))))
    if event.status == .resolved {
      members.append(.init("knownToBeOver", .boolean(event.endedWell)))
      if let ending = event.ending { members.append(.init("endedBecause", .string(ending.cause.rawValue))) }
    }
    return .object(members)
  }
}
