internal import Journal
internal import Model

/// Entries of the journal as programs and people read them.
enum EventsText {
  private typealias Member = OrderedJSON.Member

  static func json(_ record: JournalRecord) -> String {
    let entry = record.entry
    var members = [
      Member("sequence", .integer(record.sequence)), Member("at", .string(entry.at.iso8601)),
      Member("kind", .string(entry.kind.rawValue)),
    ]
    if let identity = entry.identity { members.append(Member("identity", .string(identity))) }
    if let labels = entry.labels { members.append(Member("labels", .strings(labels))) }
    if let startsAt = entry.startsAt { members.append(Member("startsAt", .string(startsAt.iso8601))) }
    if !entry.detail.isEmpty {
      let detail = entry.detail.sorted { $0.key < $1.key }.map { Member($0.key, .string($0.value)) }
      members.append(Member("detail", .object(detail)))
    }
    return OrderedJSON.object(members).compact
  }

  static func json(_ answer: EventsAnswer, asLines: Bool) -> String {
    switch answer {
    case .entries(let records, _):
      if asLines { return records.map { json($0) + "\n" }.joined() }
      return "[" + records.map { "\n" + json($0) }.joined(separator: ",") + "\n]\n"
    case .verified(let result, let isPartial): return json(result, isPartial) + "\n"
    }
  }

  private static func json(
    _ result: Result<JournalCheck.Extent, JournalCheck.Fault>, _ isPartial: Bool
  ) -> String {
    // Half a chain proves nothing.
    if isPartial { return #"{"holds":null,"detail":"the time was over before everything had been read"}"# }
    switch result {
    case .success(let extent):
      return OrderedJSON.object([
        Member("holds", .boolean(true)), Member("first", extent.first.map { .integer($0) } ?? .null),
        Member("last", .integer(extent.last)), Member("entries", .integer(extent.count)),
        Member("hash", .string(extent.hash)),
      ]).compact
    case .failure(let fault):
      return OrderedJSON.object([
        Member("holds", .boolean(false)), Member("fault", .string(fault.kind.rawValue)),
        Member("sequence", fault.sequence.map { .integer($0) } ?? .null),
        Member("detail", .string(fault.detail)),
      ]).compact
    }
  }

  // MARK: For a terminal

  static let heading = "TIME                      KIND          ALERT                      WHAT"

  /// One line; what is foreign cannot move the cursor.
  static func line(_ record: JournalRecord) -> String {
    let entry = record.entry
    return line(
      at: entry.at.iso8601, kind: entry.kind.rawValue, labels: entry.labels?.dictionary ?? [:],
      detail: entry.detail)
  }

  static func line(at: String, kind: String, labels: [String: String], detail: [String: String]) -> String {
    var what = labels.filter { $0.key != "alertname" }.sorted { $0.key < $1.key }
    what += detail.sorted { $0.key < $1.key }
    let columns = [
      column(at, 24), column(kind, 12), column(labels["alertname"] ?? "-", 25),
      printable(what.map { "\($0.key)=\($0.value)" }.joined(separator: " ")),
    ]
    return columns.joined(separator: "  ")
  }

  private static func column(_ text: String, _ width: Int) -> String {
    let text = printable(text)
    return text + String(repeating: " ", count: max(0, width - text.count))
  }

  /// Control characters, and those that turn the direction of writing, as their numbers.
  static func printable(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse:
        out += "\\u{\(String(scalar.value, radix: 16))}"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  static func text(_ result: Result<JournalCheck.Extent, JournalCheck.Fault>) -> String {
    switch result {
    case .success(let extent):
      guard let first = extent.first else { return "The journal is empty, and holds." }
      return
        "The chain holds: \(extent.count) entries, \(first) to \(extent.last), ending with \(extent.hash)."
    case .failure(let fault): return "The chain does not hold: \(fault)."
    }
  }
}
