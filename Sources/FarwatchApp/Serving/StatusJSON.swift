internal import Model
internal import StatusPage

/// The status snapshot as `/api/status` tells it to programs; the description of the API names every member.
///
/// Times are RFC 3339 in UTC, durations seconds, shares parts of 1 where the name says `Share` and percent in
/// `sharePercent`. What is not known is null and never 0, with a `reason` beside it. Members are added, not renamed.
struct StatusJSON {
  typealias Member = OrderedJSON.Member

  let snapshot: StatusSnapshot

  /// How much of it: each leaves out more.
  enum Extent {
    case everything
    /// Without the moment of asking and the ages that follow from it.
    case withoutClock
    /// Without what is measured anew all the time, too.
    case news

    var hasClock: Bool { self == .everything }
    var hasMeasurements: Bool { self != .news }
  }

  /// The whole document.
  var document: OrderedJSON { document(.everything) }

  /// The same while nothing but time has passed. Verdicts that change because time passes are in it.
  var fingerprint: UInt64 { Self.hash(document(.withoutClock)) }

  /// The same while everything is as it was but for newer measurements: what follows along is told when it changes.
  var newsFingerprint: UInt64 { Self.hash(document(.news)) }

  private static func hash(_ document: OrderedJSON) -> UInt64 {
    // FNV-1a: nobody gains anything from two states that look alike to a page that follows along.
    document.compact.utf8.reduce(0xcbf2_9ce4_8422_2325) { hash, byte in
      (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
    }
  }

  private func document(_ extent: Extent) -> OrderedJSON {
    let withClock = extent.hasClock
    let now = snapshot.takenAt
    var members: [Member] = []
    if withClock { members.append(Member("takenAt", .string(now.iso8601))) }
    members += [
      Member("startedAt", .string(snapshot.startedAt.iso8601)), Member("vantage", .string(snapshot.vantage)),
      Member("version", .string(snapshot.version)), Member("ready", .boolean(snapshot.ready)),
      Member("reloadProblem", .text(snapshot.lastReloadProblem)),
      Member("readiness", .array(snapshot.readiness.map { Self.readiness($0, withClock) })),
      Member("regions", .array(snapshot.regions.map { Self.region($0, extent) })),
      Member("links", .array(snapshot.links.map { Self.link($0, now, extent) })),
      Member("backups", .array(snapshot.backups.map { Self.backup($0, now, withClock) })),
      Member("alerts", .array(snapshot.alerts.map(Self.alert))),
      Member("silences", .array(snapshot.silences.map(Self.silence))),
      Member("alarms", .array(snapshot.alarms.map(Self.alarm))),
      Member("receivers", .array(snapshot.receivers.map { Self.receiver($0, withClock) })),
      Member("heartbeats", .array(snapshot.heartbeats.map(Self.heartbeat))),
      Member("store", snapshot.store.map { Self.store($0, withClock) } ?? .null),
      Member("problems", .array(snapshot.ruleProblems.map { .string($0) })),
    ]
    return .object(members)
  }

  // MARK: Regions

  /// What failing over to a region would mean, as the status page has it.
  private static func readiness(_ one: StatusSnapshot.Readiness, _ withClock: Bool) -> OrderedJSON {
    var members = [Member("region", .string(one.region))]
    if withClock { members.append(Member("exposureSeconds", .seconds(one.loses))) }
    var reasons: [String] = []
    if !one.unknownLinks.isEmpty {
      reasons.append("the recovery point of a link to it is not known")
    } else if one.loses == nil {
      reasons.append("no replication to it is watched")
    }
    if one.takes == nil { reasons.append("how long it takes is not measured") }
    members += [
      Member("verdict", .string(one.verdict.rawValue)), Member("takesSeconds", .seconds(one.takes)),
      Member("lastProven", .time(one.lastProven)),
      Member("reason", .text(reasons.isEmpty ? nil : reasons.joined(separator: "; "))),
    ]
    return .object(members)
  }

  private static func region(_ region: StatusSnapshot.Region, _ extent: Extent) -> OrderedJSON {
    var members = [
      Member("name", .string(region.name)), Member("role", .string(region.role)),
      Member("verdict", .string(region.verdict.rawValue)), Member("sharePercent", .number(region.share)),
      Member("servedShare", .number(region.servedShare)),
    ]
    if extent.hasMeasurements { members.append(Member("traffic", region.traffic.map(traffic) ?? .null)) }
    members += [
      Member("zones", .array(region.zones.map(part))), Member("tiers", .array(region.tiers.map(part))),
      Member("checks", .array(region.checks.map { check($0, extent) })),
    ]
    return .object(members)
  }

  private static func traffic(_ traffic: StatusSnapshot.Traffic) -> OrderedJSON {
    .object([
      Member("requestsPerSecond", .number(traffic.requests)),
      Member("errorsPerSecond", .number(traffic.errors)), Member("reason", .text(traffic.problem)),
    ])
  }

  private static func part(_ part: StatusSnapshot.Part) -> OrderedJSON {
    .object([
      Member("zone", .text(part.zone.isEmpty ? nil : part.zone)), Member("name", .string(part.name)),
      Member("verdict", .string(part.verdict.rawValue)), Member("healthyShare", .number(part.healthyShare)),
    ])
  }

  private static func check(_ check: StatusSnapshot.Check, _ extent: Extent) -> OrderedJSON {
    var members = [
      Member("name", .string(check.name)), Member("zone", .text(check.zone.isEmpty ? nil : check.zone)),
      Member("tier", .text(check.tier.isEmpty ? nil : check.tier)),
      Member("verdict", .string(check.verdict.rawValue)), Member("since", .time(check.since)),
      Member("consecutiveFailures", .integer(check.consecutiveFailures)),
      Member("calculatedFrom", .text(check.madeOf)),
    ]
    if extent.hasMeasurements {
      members.append(Member("latencySeconds", .number(check.latencySeconds)))
      members.append(Member("lastProbe", .time(check.lastProbe)))
    }
    let isAwaited = check.lastProbe == nil && check.madeOf == nil
    members.append(Member("reason", .text(check.problem ?? (isAwaited ? "no probe has ended yet" : nil))))
    return .object(members)
  }

  // MARK: Data

  private static func link(
    _ link: StatusSnapshot.Link, _ now: Timestamp, _ extent: Extent
  ) -> OrderedJSON {
    var members = [
      Member("name", .string(link.name)), Member("engine", .string(link.engine)),
      Member("source", .string(link.source)), Member("target", .string(link.target)),
      Member("verdict", .string(link.verdict(at: now).rawValue)),
    ]
    if extent.hasMeasurements { members.append(Member("recoveryPoint", .time(link.recoveryPoint))) }
    if extent.hasClock { members.append(Member("exposureSeconds", .seconds(link.exposure(at: now)))) }
    let unknown = link.recoveryPoint == nil ? "no recovery point is known" : nil
    members += [
      Member("objectiveSeconds", .seconds(link.objective)), Member("measured", .boolean(link.measured)),
      Member("reason", .text(link.problem ?? unknown)),
    ]
    return .object(members)
  }

  private static func backup(
    _ backup: StatusSnapshot.Backup, _ now: Timestamp, _ withClock: Bool
  ) -> OrderedJSON {
    var members = [
      Member("job", .string(backup.job)), Member("region", .string(backup.region)),
      Member("verdict", .string(backup.verdict(at: now).rawValue)),
      Member("newestGood", .time(backup.newestGood)),
    ]
    if withClock { members.append(Member("ageSeconds", .seconds(backup.newestGood.map { now - $0 }))) }
    let unknown = !backup.measured ? "not measured yet" : backup.newestGood == nil ? "no good backup" : nil
    members += [
      Member("objectiveSeconds", .seconds(backup.objective)), Member("sizeBytes", .number(backup.sizeBytes)),
      Member("measured", .boolean(backup.measured)), Member("reason", .text(backup.problem ?? unknown)),
    ]
    return .object(members)
  }

  private static func store(_ store: StatusSnapshot.Store, _ withClock: Bool) -> OrderedJSON {
    var members = [
      Member("series", .integer(store.series)), Member("seriesLimit", .integer(store.seriesLimit)),
      Member("retentionSeconds", .seconds(store.retention)),
    ]
    // Grows with every sample: that alone is no news.
    if withClock { members.append(Member("diskBytes", .integer(store.diskBytes))) }
    members += [
      Member("failing", .boolean(store.isFailing)),
      Member("reason", .text(store.isFailing ? store.failure : nil)),
    ]
    return .object(members)
  }
}

extension OrderedJSON {
  static func text(_ text: String?) -> OrderedJSON { text.map { .string($0) } ?? .null }
  static func time(_ time: Timestamp?) -> OrderedJSON { text(time?.iso8601) }
  /// Null also for what is no number.
  static func number(_ value: Double?) -> OrderedJSON {
    value.flatMap { $0.isFinite ? .number($0) : nil } ?? .null
  }
  static func seconds(_ duration: Duration?) -> OrderedJSON { number(duration?.inSeconds) }
  static func texts(_ texts: [String]) -> OrderedJSON { .array(texts.map { .string($0) }) }
}
