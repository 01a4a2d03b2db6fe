package import Model
package import Readiness
internal import RowCoding

/// Drills: one a workload at a time, each ends by itself. Pure: what is asked and the time go in; events, rows and
/// readings come out.
///
/// Invariants:
/// - A page is marked only when all that it tells of is about the drill's workload or region and began during the drill.
/// - What was told as part of a drill and still fires when the drill ends is told again without the mark, where it
///   would have gone: nothing is silenced by a drill.
package struct DrillBook: Sendable {
  package struct Decisions: Sendable {
    package var events: [DrillEvent] = []
    package var changes: [StateChange] = []
    /// Pages to be sent now, with their topics: what a drill that ended leaves firing.
    package var sendings: [(notification: Notification, topics: [String])] = []

    package init() {}
  }

  package static let usualLength = Duration.seconds(2 * 3600)
  package static let lengths = Duration.seconds(60)...Duration.seconds(7 * 86_400)
  /// Bytes of a note, a comment or a name: what the journal keeps whole.
  package static let longestText = 500
  package static let mostNotes = 1000
  package static let mostPhases = 100
  /// Drills kept, the newest.
  package static let kept = 200

  var settings: DrillSettings
  var workloads: [String: Workload] = [:]
  /// In the order of the configuration.
  private var order: [String] = []
  /// Oldest first.
  var drills: [Drill] = []
  /// When a workload's calendar was first seen, by ``calendarKey(_:_:)``: where there was no drill yet, its period is
  /// counted from there.
  private var calendarSince: [String: Timestamp] = [:]
  /// Pages that are part of a drill and not over, by ``ToldPage/key``.
  var told: [String: ToldPage] = [:]
  var pagesMarked: UInt64 = 0
  var pagesLeft: UInt64 = 0
  /// Rows of an earlier process that cannot be read, each with its key.
  package private(set) var restoreProblems: [String] = []

  package init(
    _ settings: DrillSettings = DrillSettings(), _ workloads: [Workload] = [],
    restoring rows: [(key: String, value: [UInt8])] = []
  ) {
    self.settings = settings
    order = workloads.map(\.name)
    for workload in workloads { self.workloads[workload.name] = workload }
    for (key, value) in rows {
      do {
        if key.hasPrefix(Self.calendarPrefix) {
          calendarSince[String(key.dropFirst(Self.calendarPrefix.count))] =
            try RowCoding.decode([Timestamp].self, value).first
        } else if key.hasPrefix(ToldPage.prefix) {
          let page = try RowCoding.decode(ToldPage.self, value)
          told[page.key] = page
        } else {
          drills.append(try RowCoding.decode(Drill.self, value))
        }
      } catch {
        restoreProblems.append("\(key): \(error)")
      }
    }
    drills.sort { ($0.startedAt, $0.id) < ($1.startedAt, $1.id) }
  }

  // MARK: Looking

  /// Newest first.
  package var all: [Drill] { drills.reversed() }
  package var running: [Drill] { drills.filter(\.isRunning) }
  package var currentSettings: DrillSettings { settings }

  package func drill(_ id: String) -> Drill? { drills.last { $0.id == id } }

  /// By workload, of those in which something is really broken: a failover meanwhile is theirs.
  package var rehearsed: [String: String] {
    var found: [String: String] = [:]
    for drill in running where drill.kind.touchesTheWorld { found[drill.workload] = drill.id }
    return found
  }

  /// When a drill ends by itself next.
  package var nextExpiry: Timestamp? { running.map(\.expiresAt).min() }

  // MARK: Settings and time

  /// Goes on under other settings. A drill goes on though its workload is gone.
  package mutating func replace(_ settings: DrillSettings, _ workloads: [Workload]) {
    self.settings = settings
    order = workloads.map(\.name)
    self.workloads = Dictionary(workloads.map { ($0.name, $0) }) { first, _ in first }
  }

  /// Ends what is over its time, and notes calendars that are new.
  package mutating func tend(_ now: Timestamp) -> Decisions {
    var decisions = Decisions()
    for place in drills.indices where drills[place].isRunning && drills[place].expiresAt <= now {
      end(place, .expired, at: now)
      finish(drills[place], .expired, by: "", text: "", now, &decisions)
    }
    if !told.isEmpty { forgetOldPages(at: now, &decisions.changes) }
    for workload in order {
      for kind in DrillKind.allCases where settings.period(of: kind, workload) != nil {
        let key = Self.calendarKey(workload, kind)
        guard calendarSince[key] == nil else { continue }
        calendarSince[key] = now
        decisions.changes.append(row(Self.calendarPrefix + key, [now]))
      }
    }
    return decisions
  }

  // MARK: What is asked

  /// - Parameter journalHead: number of the journal's newest entry.
  package mutating func start(
    _ request: DrillRequest, journalHead: Int = 0, at now: Timestamp
  ) throws(DrillRefusal) -> (drill: Drill, decisions: Decisions) {
    let workload = try check(request)
    let began = "\(request.workload)-\(Self.compact(now))"
    var id = began
    var number = 2
    while drill(id) != nil {
      id = "\(began)-\(number)"
      number += 1
    }
    let drill = Drill(
      id: id, workload: workload.name, region: request.region, kind: request.kind, by: request.by,
      comment: request.comment, topic: request.topic, startedAt: now, expiresAt: now + request.expires,
      phases: settings.phases(of: workload.name).map { Drill.Phase(name: $0.name, within: $0.within) },
      objectives: Failover.Objectives(workload.objectives), journalHead: journalHead)
    drills.append(drill)
    var decisions = Decisions()
    save(drill, .started, by: drill.by, text: drill.comment, now, &decisions)
    forgetOldest(&decisions)
    return (drill, decisions)
  }

  private func check(_ request: DrillRequest) throws(DrillRefusal) -> Workload {
    guard let workload = workloads[request.workload] else {
      let known = order.isEmpty ? "none is configured" : "there are \(order.joined(separator: ", "))"
      throw .invalid("no workload is called \(quoted(request.workload)): \(known)")
    }
    guard workload.regions.contains(request.region) else {
      throw .invalid(
        "workload \(workload.name) has no region \(quoted(request.region)): "
          + "it has \(workload.regions.joined(separator: ", "))")
    }
    guard Self.lengths.contains(request.expires) else {
      throw .invalid("a drill expires after 1m to 7d, not \(DurationText.format(request.expires))")
    }
    for (name, text) in [("by", request.by), ("comment", request.comment), ("topic", request.topic ?? "")] {
      try Self.bounded(name, text)
    }
    if let running = running.first(where: { $0.workload == request.workload }) {
      throw .conflict("drill \(running.id) of workload \(running.workload) runs: stop it first")
    }
    return workload
  }

  private static func bounded(_ name: String, _ text: String) throws(DrillRefusal) {
    guard text.utf8.count <= longestText else {
      throw .invalid("`\(name)` is longer than the \(longestText) bytes that the journal keeps of it")
    }
  }

  /// - Parameter workload: nil: the one of the only drill that runs.
  private func place(_ workload: String?) throws(DrillRefusal) -> Int {
    let places = drills.indices.filter { drills[$0].isRunning }
    if let workload {
      guard let place = places.first(where: { drills[$0].workload == workload }) else {
        throw .notFound("no drill of workload \(quoted(workload)) runs")
      }
      return place
    }
    guard places.count < 2 else {
      let names = places.map { drills[$0].workload }.joined(separator: ", ")
      throw .invalid("drills of \(names) run: say of which workload")
    }
    guard let place = places.first else { throw .notFound("no drill runs") }
    return place
  }

  package mutating func note(
    _ text: String, of workload: String?, by: String, at now: Timestamp
  ) throws(DrillRefusal) -> (drill: Drill, decisions: Decisions) {
    guard !text.isEmpty else { throw .invalid("a note needs a text") }
    try Self.bounded("text", text)
    try Self.bounded("by", by)
    let place = try place(workload)
    guard drills[place].notes.count < Self.mostNotes else {
      throw .conflict("the drill has its \(Self.mostNotes) notes already")
    }
    drills[place].notes.append(Drill.Note(at: now, by: by, text: text))
    return saved(place, .note, by: by, text: text, now)
  }

  /// A phase was reached: one of the plan, or, where the workload has none, any.
  package mutating func phase(
    _ name: String, of workload: String?, by: String, at now: Timestamp
  ) throws(DrillRefusal) -> (drill: Drill, decisions: Decisions) {
    guard !name.isEmpty else { throw .invalid("a phase needs a name") }
    try Self.bounded("phase", name)
    try Self.bounded("by", by)
    let place = try place(workload)
    let drill = drills[place]
    if let phase = drill.phases.firstIndex(where: { $0.name == name }) {
      if let reached = drill.phases[phase].reachedAt {
        throw .conflict("phase \(quoted(name)) was reached at \(reached.iso8601)")
      }
      drills[place].phases[phase].reachedAt = now
    } else {
      guard settings.phases(of: drill.workload).isEmpty else {
        let names = drill.phases.map(\.name).joined(separator: ", ")
        throw .invalid("the plan of \(drill.workload) has no phase \(quoted(name)): it has \(names)")
      }
      guard drill.phases.count < Self.mostPhases else {
        throw .conflict("the drill has its \(Self.mostPhases) phases already")
      }
      drills[place].phases.append(Drill.Phase(name: name, within: nil, reachedAt: now))
    }
    return saved(place, .phase, by: by, text: name, now)
  }

  package mutating func stop(
    _ workload: String?, outcome: Drill.Outcome, by: String, comment: String, at now: Timestamp
  ) throws(DrillRefusal) -> (drill: Drill, decisions: Decisions) {
    guard outcome != .expired else { throw .invalid("an outcome is passed, failed or aborted") }
    try Self.bounded("comment", comment)
    try Self.bounded("by", by)
    let place = try place(workload)
    end(place, outcome, at: now)
    var decisions = Decisions()
    finish(drills[place], .stopped, by: by, text: comment, now, &decisions)
    return (drills[place], decisions)
  }

  private mutating func end(_ place: Int, _ outcome: Drill.Outcome, at now: Timestamp) {
    drills[place].endedAt = max(now, drills[place].startedAt)
    drills[place].outcome = outcome
  }

  private mutating func finish(
    _ drill: Drill, _ step: DrillEvent.Step, by: String, text: String, _ now: Timestamp,
    _ decisions: inout Decisions
  ) {
    save(drill, step, by: by, text: text, now, &decisions)
    returnPages(of: drill, at: now, &decisions)
  }

  // MARK: Rows

  private static let calendarPrefix = "calendar/"
  private static func calendarKey(_ workload: String, _ kind: DrillKind) -> String {
    "\(workload)/\(kind.rawValue)"
  }

  private mutating func saved(
    _ place: Int, _ step: DrillEvent.Step, by: String, text: String, _ now: Timestamp
  ) -> (drill: Drill, decisions: Decisions) {
    var decisions = Decisions()
    save(drills[place], step, by: by, text: text, now, &decisions)
    return (drills[place], decisions)
  }

  private func save(
    _ drill: Drill, _ step: DrillEvent.Step, by: String, text: String, _ now: Timestamp,
    _ decisions: inout Decisions
  ) {
    decisions.changes.append(row("drill/\(drill.id)", drill))
    decisions.events.append(DrillEvent(drill: drill, step: step, at: now, by: by, text: text))
  }

  func row(_ key: String, _ value: some Encodable) -> StateChange {
    // Texts, numbers and lists of them: nothing that JSON could not hold.
    StateChange(.drills, key, try? RowCoding.encode(value))
  }

  private mutating func forgetOldest(_ decisions: inout Decisions) {
    while drills.count > Self.kept, let place = drills.firstIndex(where: { !$0.isRunning }) {
      let id = drills.remove(at: place).id
      decisions.changes.append(StateChange(.drills, "drill/\(id)", nil))
      decisions.changes.append(StateChange(.drillReports, id, nil))
    }
  }

  /// `20261122T022034Z`.
  private static func compact(_ moment: Timestamp) -> String {
    String(moment.iso8601.prefix(19).filter { $0 != "-" && $0 != ":" }) + "Z"
  }

  // MARK: Readings

  /// When the newest drill of that kind ended that was carried through; nil: there was none.
  package func last(_ kind: DrillKind, of workload: String) -> Timestamp? {
    drills.filter { $0.workload == workload && $0.kind == kind && $0.outcome?.counts == true }
      .compactMap(\.endedAt).max()
  }

  /// nil: the calendar does not ask for one.
  package func due(_ kind: DrillKind, of workload: String) -> Timestamp? {
    guard let period = settings.period(of: kind, workload) else { return nil }
    return (last(kind, of: workload) ?? calendarSince[Self.calendarKey(workload, kind)]).map(period.next)
  }

  package func readings() -> [Reading] {
    var out: [Reading] = []
    let running = running
    for workload in order {
      for kind in DrillKind.allCases {
        let labels: Labels = ["workload": workload, "kind": kind.rawValue]
        if let last = last(kind, of: workload) {
          out.append(Reading(DrillFamilies.last, last.seconds, labels: labels))
        }
        if let due = due(kind, of: workload) {
          out.append(Reading(DrillFamilies.due, due.seconds, labels: labels))
        }
        let isRunning = running.contains { $0.workload == workload && $0.kind == kind }
        out.append(Reading(DrillFamilies.inProgress, isRunning, labels: labels))
      }
    }
    if pagesMarked + pagesLeft > 0 {
      out.append(Reading(DrillFamilies.pages, Double(pagesMarked), labels: ["marked": "true"]))
      out.append(Reading(DrillFamilies.pages, Double(pagesLeft), labels: ["marked": "false"]))
    }
    return out
  }
}
