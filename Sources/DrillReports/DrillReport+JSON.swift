internal import Drills
internal import Journal
internal import Model
internal import Readiness

/// The report as JSON: members in a fixed order, no space, times in UTC, durations in seconds; what is not known is
/// null.
extension DrillReport {
  private typealias Member = OrderedJSON.Member

  var document: OrderedJSON {
    .object([
      Member("drill", drillDocument), Member("vantage", .string(vantage)),
      Member("version", .string(version)),
      Member("madeAt", time(madeAt)), Member("certificateSHA256", .string(fingerprint)),
      Member("summary", summary), Member("phases", .array(drill.phases.map(phase))),
      Member("failovers", .array(failovers.map(Self.failover))), Member("pages", .array(pages.map(page))),
      Member("notes", .array(drill.notes.map(note))), Member("timeline", .array(timeline.map(line))),
      Member("charts", .array(charts.map(chart))), Member("journal", journal),
    ])
  }

  private var drillDocument: OrderedJSON {
    .object([
      Member("id", .string(drill.id)), Member("workload", .string(drill.workload)),
      Member("region", .string(drill.region)), Member("kind", .string(drill.kind.rawValue)),
      Member("by", .string(drill.by)), Member("comment", .string(drill.comment)),
      Member("topic", drill.topic.map { .string($0) } ?? .null), Member("startedAt", time(drill.startedAt)),
      Member("expiresAt", time(drill.expiresAt)), Member("endedAt", time(drill.endedAt)),
      Member("outcome", drill.outcome.map { .string($0.rawValue) } ?? .null),
    ])
  }

  private var summary: OrderedJSON {
    .object([
      Member("detectionSeconds", Self.seconds(failover?.detectionTime)),
      Member("recoveryTimeSeconds", Self.seconds(failover?.recoveryTime)),
      Member("recoveryTimeObjectiveSeconds", Self.seconds(drill.objectives.recoveryTime)),
      Member("metRecoveryTime", Self.truth(metRecoveryTime)),
      Member("dataLostSeconds", Self.seconds(failover?.lost)),
      Member("dataLostObjectiveSeconds", Self.seconds(drill.objectives.recoveryPoint)),
      Member("metRecoveryPoint", Self.truth(metRecoveryPoint)),
      Member("missedPhases", .array(missedPhases.map { .string($0) })),
    ])
  }

  /// By what was promised when the drill began. nil: no objective, or not measured.
  var metRecoveryTime: Bool? {
    guard let limit = drill.objectives.recoveryTime, let took = failover?.recoveryTime else { return nil }
    return took.milliseconds <= limit
  }

  var metRecoveryPoint: Bool? {
    guard let limit = drill.objectives.recoveryPoint, let lost = failover?.lost else { return nil }
    return lost.milliseconds <= limit
  }

  private func phase(_ phase: Drill.Phase) -> OrderedJSON {
    .object([
      Member("name", .string(phase.name)), Member("withinSeconds", Self.seconds(phase.within)),
      Member("reachedAt", time(phase.reachedAt)),
      Member("tookSeconds", Self.seconds(phase.reachedAt.map { $0 - drill.startedAt })),
      Member("met", Self.truth(phase.isMet(startedAt: drill.startedAt, now: end))),
    ])
  }

  private static func failover(_ failover: Failover) -> OrderedJSON {
    .object([
      Member("id", .string(failover.id)), Member("from", .string(failover.from)),
      Member("to", failover.to.map { .string($0) } ?? .null),
      Member(
        "steps",
        .object(
          Failover.Step.allCases.compactMap { step in
            failover.times[step].map { Member(step.rawValue, .string($0.iso8601)) }
          })),
      Member("detectionSeconds", seconds(failover.detectionTime)),
      Member("recoveryTimeSeconds", seconds(failover.recoveryTime)),
      Member("dataLostSeconds", seconds(failover.lost)),
      Member("recoveryPoint", failover.recoveryPoint.map { .string($0.at.iso8601) } ?? .null),
      Member("recoveryPointFrom", failover.recoveryPoint.map { .string($0.via) } ?? .null),
    ])
  }

  private func page(_ page: Page) -> OrderedJSON {
    .object([
      Member("alert", .string(page.alert)), Member("labels", .strings(page.labels)),
      Member("topic", .string(page.topic)), Member("receiver", .string(page.receiver)),
      Member("takenAt", time(page.takenAt)), Member("acknowledgedAt", time(page.acknowledgedAt)),
      Member("acknowledgedBy", .string(page.acknowledgedBy)),
    ])
  }

  private func note(_ note: Drill.Note) -> OrderedJSON {
    .object([
      Member("at", time(note.at)), Member("by", .string(note.by)), Member("text", .string(note.text)),
    ])
  }

  private func line(_ line: Line) -> OrderedJSON {
    .object([
      Member("sequence", .integer(line.sequence)), Member("at", time(line.at)),
      Member("kind", .string(line.kind)), Member("what", .string(line.what)),
      Member("hash", .string(line.hash)),
    ])
  }

  private func chart(_ chart: Chart) -> OrderedJSON {
    .object([
      Member("title", .string(chart.title)), Member("unit", .string(chart.unit)),
      Member("limit", chart.limit.map { .number($0) } ?? .null),
      Member(
        "points",
        .array(
          chart.points.map { point in
            .array([.string(point.at.iso8601), point.value.map { .number($0) } ?? .null])
          })),
    ])
  }

  private var journal: OrderedJSON {
    .object([
      Member("first", stretch?.entries.first.map { .integer($0.record.sequence) } ?? .null),
      Member("last", stretch?.entries.last.map { .integer($0.record.sequence) } ?? .null),
      Member("headBefore", stretch.map { .string($0.previous) } ?? .null),
      Member("headAfter", stretch.map { .string($0.hash) } ?? .null),
      Member("complete", .boolean(isComplete)), Member("rows", .array(rows.map { .string($0) })),
    ])
  }

  private func time(_ moment: Timestamp?) -> OrderedJSON { moment.map { .string($0.iso8601) } ?? .null }

  private static func seconds(_ duration: Duration?) -> OrderedJSON {
    duration.map { .number($0.inSeconds) } ?? .null
  }

  private static func seconds(_ milliseconds: Int64?) -> OrderedJSON {
    seconds(milliseconds.map { Duration.milliseconds($0) })
  }

  private static func truth(_ value: Bool?) -> OrderedJSON { value.map { .boolean($0) } ?? .null }
}
