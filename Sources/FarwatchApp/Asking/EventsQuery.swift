internal import Journal
internal import Model

/// What of the journal is asked for: the query of `/api/events`, and the options of `farwatch events`.
package struct EventsQuery: Sendable, Equatable {
  /// Why a query cannot be answered, for who asked.
  package struct Fault: Error, Equatable, CustomStringConvertible {
    package let description: String
  }

  static let mostEntries = 10_000

  var since: Timestamp?
  var until: Timestamp?
  /// Only entries behind this one.
  var after: Int?
  /// Only entries ahead of this one.
  var before: Int?
  var limit = 200
  /// Empty: all.
  var kinds: Set<JournalEntry.Kind> = []
  var alert: String?
  /// Equal, all of them.
  var labels: [Label] = []
  var isAscending = false
  /// Whether the chain holds, in place of entries.
  var verifies = false
  /// One object a line in place of an array.
  var asLines = false

  init() {}

  /// - Parameter now: durations count back from here.
  init(_ items: [(name: String, value: String)], now: Timestamp) throws(Fault) {
    for (name, value) in items {
      switch name {
      case "since": since = try Self.time(name, value, now)
      case "until": until = try Self.time(name, value, now)
      case "after": after = try Self.number(name, value, 0...Int.max / 4)
      case "before": before = try Self.number(name, value, 1...Int.max / 4)
      case "limit": limit = try Self.number(name, value, 1...Self.mostEntries)
      case "kind":
        for word in value.split(separator: ",") { kinds.insert(try Self.kind(String(word))) }
      case "alert": alert = value
      case "label": labels.append(try Self.label(value))
      case "order": isAscending = try Self.choice(name, value, ["asc", "desc"]) == "asc"
      case "verify": verifies = try Self.choice(name, value, ["true", "false"]) == "true"
      case "format": asLines = try Self.choice(name, value, ["array", "lines"]) == "lines"
      default:
        throw Fault(
          description:
            "unknown parameter \(quoted(name)); there are since, until, after, before, limit, kind, alert, label, "
            + "order, verify and format")
      }
    }
  }

  func matches(_ record: JournalRecord) -> Bool {
    guard mayMatch(record.sequence, record.entry.at, record.entry.kind) else { return false }
    if let alert, record.entry.labels?["alertname"] != alert { return false }
    return labels.allSatisfy { (record.entry.labels?[$0.name] ?? "") == $0.value }
  }

  /// What can be said without the labels.
  func mayMatch(_ sequence: Int, _ at: Timestamp, _ kind: JournalEntry.Kind) -> Bool {
    if let since, at < since { return false }
    if let until, at > until { return false }
    if let after, sequence <= after { return false }
    if let before, sequence >= before { return false }
    return kinds.isEmpty || kinds.contains(kind)
  }

  // MARK: Reading

  /// RFC 3339, or a duration before `now`.
  static func time(_ name: String, _ text: String, _ now: Timestamp) throws(Fault) -> Timestamp {
    if let time = Timestamp(rfc3339: text) { return time }
    if let back = DurationText.parse(text) { return now - back }
    throw Fault(
      description:
        "\(name): \(quoted(text)) is no time such as 2026-01-02T15:04:05Z and no duration such as 1h")
  }

  static func kind(_ word: String) throws(Fault) -> JournalEntry.Kind {
    if let kind = JournalEntry.Kind(rawValue: word) { return kind }
    let all = JournalEntry.Kind.allCases.map(\.rawValue).joined(separator: ", ")
    throw Fault(description: "kind: there is no \(quoted(word)); there are \(all)")
  }

  static func label(_ text: String) throws(Fault) -> Label {
    guard let equal = text.firstIndex(of: "="), equal != text.startIndex else {
      throw Fault(description: "label: \(quoted(text)) is not NAME=VALUE")
    }
    return Label(String(text[..<equal]), String(text[text.index(after: equal)...]))
  }

  private static func number(
    _ name: String, _ text: String, _ range: ClosedRange<Int>
  ) throws(Fault) -> Int {
    guard let number = Int(text), range.contains(number) else {
      let limits =
        range.upperBound > mostEntries
        ? "from \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
      throw Fault(description: "\(name): \(quoted(text)) is no number \(limits)")
    }
    return number
  }

  private static func choice(_ name: String, _ text: String, _ words: [String]) throws(Fault) -> String {
    if words.contains(text) { return text }
    throw Fault(description: "\(name): \(quoted(text)) is neither \(words.joined(separator: " nor "))")
  }

  // MARK: Writing

  /// Path and query for the endpoint; times as they are, so that they mean the same there.
  var target: String {
    var items: [(String, String)] = []
    if let since { items.append(("since", since.iso8601)) }
    if let until { items.append(("until", until.iso8601)) }
    if let after { items.append(("after", String(after))) }
    if let before { items.append(("before", String(before))) }
    items.append(("limit", String(limit)))
    if !kinds.isEmpty { items.append(("kind", kinds.map(\.rawValue).sorted().joined(separator: ","))) }
    if let alert { items.append(("alert", alert)) }
    items += labels.map { ("label", "\($0.name)=\($0.value)") }
    if isAscending { items.append(("order", "asc")) }
    if verifies { items.append(("verify", "true")) }
    if asLines { items.append(("format", "lines")) }
    return "/api/events?" + items.map { "\($0)=\(percentEncoded($1))" }.joined(separator: "&")
  }
}

/// All but letters, digits and `-._~` as `%XX`.
private func percentEncoded(_ text: String) -> String {
  var out = ""
  for byte in text.utf8 {
    switch byte {
    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e:
      out.unicodeScalars.append(Unicode.Scalar(byte))
    default:
      let digits = String(byte, radix: 16, uppercase: true)
      out += byte < 16 ? "%0\(digits)" : "%\(digits)"
    }
  }
  return out
}
