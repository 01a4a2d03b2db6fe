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
      .init("annotations", .strings(bounded(event.annotations))),
      .init("startsAt", .string(event.startsAt.rfc3339)),
      .init("endsAt", .string((event.status == .firing ? Self.never : end(event)).rfc3339)),
      .init("generatorURL", .string(facts.generatorURL(event) ?? "")),
      .init("fingerprint", .string(event.fingerprint)),
    ])
  }

  func end(_ event: AlertEvent) -> Timestamp { event.endsAt ?? event.decidedAt }

  func bounded(_ labels: Labels) -> Labels {
    guard limit < .max else { return labels }
    return Labels(labels.entries.map { Label($0.name, cut($0.value, bytes: limit)) })
  }
}
