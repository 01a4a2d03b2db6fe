internal import Model
internal import StatusPage

/// Alerts, and whom they are told to.
extension StatusJSON {
  static func alert(_ alert: StatusSnapshot.ActiveAlert) -> OrderedJSON {
    .object([
      Member("name", .string(alert.name)), Member("state", .string(alert.state)),
      Member("since", .time(alert.since)), Member("labels", .strings(alert.labels)),
      Member("summary", .string(alert.summary)), Member("expression", .string(alert.expression)),
      Member("held", .text(alert.held)), Member("paging", alert.paging.map(paging) ?? .null),
    ])
  }

  /// Of all alerts: `alerts` has the most urgent of them.
  static func counts(_ counts: StatusSnapshot.AlertCounts) -> OrderedJSON {
    .object([
      Member("all", .integer(counts.all)), Member("firing", .integer(counts.firing)),
      Member("heldBack", .integer(counts.heldBack)), Member("pending", .integer(counts.pending)),
    ])
  }

  private static func paging(_ paging: StatusSnapshot.Paging) -> OrderedJSON {
    .object([
      Member("silencedBy", .texts(paging.silencedBy)), Member("inhibitedBy", .texts(paging.inhibitedBy)),
      Member("mutedBy", .texts(paging.mutedBy)), Member("acknowledgedBy", .text(paging.acknowledgedBy)),
      Member("acknowledgedAt", .time(paging.acknowledgedAt)), Member("topics", .texts(paging.topics)),
      Member("told", .texts(paging.tellings.filter { $0.at != nil }.map(\.topic))),
      Member("toldAt", .time(paging.tellings.compactMap(\.at).max())),
      Member("tellings", .array(paging.tellings.map(telling))),
    ])
  }

  private static func telling(_ telling: StatusSnapshot.Telling) -> OrderedJSON {
    .object([
      Member("topic", .string(telling.topic)), Member("state", .string(telling.state)),
      Member("at", .time(telling.at)), Member("reason", .text(telling.reason)),
      Member("words", .string(telling.words)),
    ])
  }

  static func silence(_ silence: StatusSnapshot.Silenced) -> OrderedJSON {
    .object([
      Member("id", .text(silence.id.isEmpty ? nil : silence.id)),
      Member("matchers", .string(silence.matchers)),
      Member("createdBy", .string(silence.by)), Member("comment", .string(silence.comment)),
      Member("startsAt", .time(silence.startsAt)), Member("endsAt", .time(silence.endsAt)),
      Member("alerts", .integer(silence.alerts)),
    ])
  }

  static func alarm(_ alarm: StatusSnapshot.Alarm) -> OrderedJSON {
    .object([
      Member("name", .string(alarm.name)), Member("state", .string(alarm.state)),
      Member("verdict", .string(alarm.verdict.rawValue)), Member("since", .time(alarm.since)),
      Member("stateReason", .string(alarm.reason)), Member("suppressed", .boolean(alarm.isSuppressed)),
      Member("description", .text(alarm.description)), Member("watches", .string(alarm.watches)),
      Member("actionsEnabled", .boolean(alarm.actionsEnabled)), Member("topics", .texts(alarm.topics)),
      Member("toldAt", .time(alarm.toldAt)), Member("reason", .text(alarm.problem)),
    ])
  }

  static func receiver(_ receiver: StatusSnapshot.Receiver, _ withClock: Bool) -> OrderedJSON {
    var members = [
      Member("topic", .string(receiver.topic)), Member("name", .string(receiver.name)),
      Member("endpoint", .string(receiver.endpoint)), Member("confirmed", .boolean(receiver.confirmed)),
      Member("unsubscribed", .boolean(receiver.isUnsubscribed)),
      Member("waiting", .integer(receiver.waiting)),
    ]
    members.append(Member("verdict", .string(receiver.verdict.rawValue)))
    if withClock { members.append(Member("oldestWaitingSeconds", .seconds(receiver.oldestWaiting))) }
    members += [
      Member("givenUp", .integer(receiver.givenUp)), Member("fallback", .text(receiver.fallback)),
      Member("fallenBack", .boolean(receiver.isFallenBack)),
      Member("lastSuccess", .time(receiver.lastSuccess)),
      Member("consecutiveFailures", .integer(receiver.consecutiveFailures)),
      Member("lastProven", .time(receiver.lastProven)),
      Member("failedProofs", .integer(receiver.failedProofs)),
      Member("reason", .text(receiver.lastProblem)),
    ]
    return .object(members)
  }

  static func heartbeat(_ heartbeat: StatusSnapshot.Heartbeat, _ withClock: Bool) -> OrderedJSON {
    var members = [
      Member("name", .string(heartbeat.name)), Member("intervalSeconds", .seconds(heartbeat.interval)),
      Member("verdict", .string(heartbeat.verdict.rawValue)),
    ]
    // While it beats, each beat is no news.
    if withClock { members.append(Member("lastSuccess", .time(heartbeat.lastSuccess))) }
    members += [
      Member("withheld", .texts(heartbeat.withheld)), Member("reason", .text(heartbeat.lastProblem)),
    ]
    return .object(members)
  }
}
