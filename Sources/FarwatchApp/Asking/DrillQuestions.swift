internal import AlertmanagerAPI
internal import FoundationEssentials
internal import Model
internal import StatusPage
internal import Terminal

/// A drill as `/api/drills` gives it.
private struct ListedDrill: Decodable {
  struct Phase: Decodable {
    var name: String
    var withinSeconds: Double?
    var reachedAt: String?
  }

  var id: String
  var workload: String
  var region: String
  var kind: String
  var by: String
  var startedAt: String
  var expiresAt: String
  var endedAt: String?
  var outcome: String?
  var phases: [Phase]
}

private struct DrillList: Decodable {
  struct Due: Decodable {
    var workload: String
    var kind: String
    var last: String?
    var due: String?
  }

  var drills: [ListedDrill]
  var calendar: [Due]
}

/// What is sent to `/api/drills`: texts by name; those that are nil are left out.
package struct DrillFields: Sendable {
  private var members: [OrderedJSON.Member] = []

  package init(_ fields: KeyValuePairs<String, String?>) {
    members = fields.compactMap { name, value in value.map { .init(name, .string($0)) } }
  }

  fileprivate var document: OrderedJSON { .object(members) }
}

/// `farwatch drill`.
extension RunningFarwatch {
  private static let path = "/api/drills"

  /// Starts a drill; its identifier.
  package func startDrill(_ fields: DrillFields) throws(AskingFailure) -> [String] {
    [try decode(ListedDrill.self, try post(Self.path, fields.document)).id]
  }

  /// - Parameter deed: `note`, `phase` or `stop`.
  package func tellDrill(_ deed: String, _ fields: DrillFields) throws(AskingFailure) -> [String] {
    let drill = try decode(ListedDrill.self, try post("\(Self.path)/\(deed)", fields.document))
    return [TerminalText.plain(Self.line(drill, now()))]
  }

  /// Drills, the newest first, and what the calendar asks for.
  package func listDrills(asJSON: Bool) throws(AskingFailure) -> [String] {
    let body = try get(Self.path)
    if asJSON { return [String(decoding: body, as: UTF8.self).trimmedLine] }
    let list = try decode(DrillList.self, body)
    var lines = list.drills.map { Self.line($0, now()) }
    if lines.isEmpty { lines = ["There was no drill yet."] }
    if !list.calendar.isEmpty { lines.append("") }
    for one in list.calendar {
      let last = one.last.map { "last \(Self.short($0))" } ?? "never done"
      var due = ""
      if let text = one.due, let time = DateTimeText.parse(text) {
        due =
          time < now()
          ? ", OVERDUE since \(StatusPage.age(time, now()))" : ", due in \(StatusPage.age(now(), time))"
      }
      lines.append("\(one.workload) \(one.kind): \(last)\(due)")
    }
    return lines.map(TerminalText.plain)
  }

  /// The signed report, byte for byte.
  ///
  /// - Parameters:
  ///   - id: nil: of the newest drill.
  ///   - format: `json`, `markdown` or `html`.
  package func drillReport(_ id: String?, format: String) throws(AskingFailure) -> [UInt8] {
    try get("\(Self.path)/report", (id.map { [("id", $0)] } ?? []) + [("format", format)])
  }

  /// Identifier of the newest drill.
  package func newestDrill() throws(AskingFailure) -> String {
    guard let id = try decode(DrillList.self, try get(Self.path)).drills.first?.id else {
      throw AskingFailure("there was no drill yet")
    }
    return id
  }

  private static func line(_ drill: ListedDrill, _ now: Timestamp) -> String {
    var line = "\(drill.id)  \(drill.kind) of \(drill.workload), away from \(drill.region)"
    if let end = drill.endedAt {
      line += ": \(drill.outcome ?? "ended") at \(short(end))"
    } else if let end = DateTimeText.parse(drill.expiresAt) {
      line += ": RUNNING, expires in \(StatusPage.age(now, end))"
    }
    if !drill.phases.isEmpty {
      line += "; phases \(drill.phases.count { $0.reachedAt != nil }) of \(drill.phases.count)"
    }
    return line
  }

  private static func short(_ text: String) -> String {
    DateTimeText.parse(text).map { StatusPage.time($0) } ?? text
  }
}

extension String {
  fileprivate var trimmedLine: String { hasSuffix("\n") ? String(dropLast()) : self }
}
