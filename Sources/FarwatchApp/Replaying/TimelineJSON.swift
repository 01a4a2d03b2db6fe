internal import Model

/// A replay as programs read it: one document, one entry a line.
enum TimelineJSON {
  private typealias Member = OrderedJSON.Member

  static func lines(
    _ timeline: Timeline, _ summary: ReplaySummary, _ plan: ReplayPlan, remarks: [String], isVerbose: Bool
  ) -> [String] {
    let head: [Member] = [
      Member("start", .string(plan.clock.start.iso8601)),
      Member("seconds", .number(plan.duration.inSeconds)),
      Member("seed", .string(String(plan.seed))), Member("remarks", .array(remarks.map { .string($0) })),
    ]
    var lines = ["{"]
    lines += head.map { "\(OrderedJSON.string($0.name).compact):\($0.value.compact)," }
    lines.append("\"events\":[")
    let shown = timeline.entries.filter { isVerbose || !$0.kind.isDetail }
    for (place, entry) in shown.enumerated() {
      lines.append(json(entry).compact + (place + 1 < shown.count ? "," : ""))
    }
    lines.append("],")
    lines.append("\"left_out\":\(timeline.leftOut),")
    lines.append("\"summary\":\(json(summary).compact)")
    lines.append("}")
    return lines
  }

  private static func json(_ entry: TimelineEntry) -> OrderedJSON {
    var members = [
      Member("at", .number(entry.at.inSeconds)), Member("kind", .string(entry.kind.rawValue)),
      Member("subject", .string(entry.subject)),
    ]
    members += entry.detail.map { Member($0.name, .string($0.value)) }
    return .object(members)
  }

  private static func json(_ summary: ReplaySummary) -> OrderedJSON {
    func list(_ alerts: [ReplaySummary.Unheard]) -> OrderedJSON {
      .array(
        alerts.map {
          .object([
            Member("alert", .string($0.alert)), Member("fired_at", .number($0.at.inSeconds)),
            Member("why", .string($0.why)),
          ])
        })
    }
    return .object([
      Member("fired", .integer(summary.fired)), Member("told", .integer(summary.told)),
      Member(
        "receivers",
        .array(
          summary.receivers.map {
            .object([
              Member("topic", .string($0.topic)), Member("receiver", .string($0.receiver)),
              Member("endpoint", .string($0.endpoint)), Member("pages", .integer($0.pages)),
              Member("not_taken", .integer($0.notTaken)),
            ])
          })),
      Member(
        "first_pages",
        .array(
          summary.firstPages.map {
            .object([
              Member("loss", .string($0.loss)),
              Member("seconds", $0.delay.map { .number($0.inSeconds) } ?? .null),
              Member("title", $0.title.map { .string($0) } ?? .null),
            ])
          })),
      Member("held_back", list(summary.heldBack)), Member("untold", list(summary.untold)),
    ])
  }
}
