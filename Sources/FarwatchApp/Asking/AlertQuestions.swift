internal import AlertmanagerAPI
internal import Model
internal import StatusPage
internal import Terminal

/// `farwatch alerts` and `farwatch ack`.
extension RunningFarwatch {
  /// The alerts that all `arguments` take, as a table, or as the API's JSON.
  package func listAlerts(
    _ arguments: [String], asJSON: Bool, width: Int?
  ) throws(AskingFailure) -> [String] {
    let now = now()
    let body = try get("/api/farwatch/alerts", MatcherArguments.filters(arguments).map { ("filter", $0) })
    if asJSON { return [String(decoding: body, as: UTF8.self)] }
    let alerts = try decode([ListedAlert].self, body)
    if alerts.isEmpty { return [arguments.isEmpty ? "No alert fires." : "No such alert fires."] }
    let rows = alerts.sorted { $0.startsAt < $1.startsAt }.map { alert in
      let others = alert.labels.filter { $0.key != "alertname" }.sorted { $0.key < $1.key }
      return (
        cells: [
          TerminalText.cell(alert.labels["alertname"] ?? "", limit: width ?? 40),
          Self.age(alert.startsAt, now), alert.standing, alert.fingerprint,
          TerminalText.cell(alert.told(at: now), limit: width ?? 80),
        ], labels: others.map { "\($0.key)=\($0.value)" }.joined(separator: " "),
        summary: alert.annotations["summary"] ?? alert.annotations["description"] ?? ""
      )
    }
    let header = ["ALERT", "FOR", "STATE", "FINGERPRINT", "TOLD"]
    if let width, width < TerminalText.wide {
      let below = rows.map { row in
        (
          cells: row.cells,
          below: row.summary.isEmpty || row.labels.isEmpty
            ? row.summary + row.labels : "\(row.summary) (\(row.labels))"
        )
      }
      return TerminalText.table(header, below, whole: 3, width: width)
    }
    return TerminalText.table(
      header + ["LABELS", "SUMMARY"], rows.map { $0.cells + [$0.labels, $0.summary] }, whole: 3, width: width)
  }

  /// Takes alerts on, or gives them back: those with the fingerprints that `arguments` are, or those that the matchers
  /// take. One line for each.
  package func acknowledge(
    _ arguments: [String], by: String, comment: String, undo: Bool
  ) throws(AskingFailure) -> [String] {
    let areFingerprints = arguments.allSatisfy { $0.count == 16 && $0.allSatisfy(\.isHexDigit) }
    let filters = areFingerprints ? [] : MatcherArguments.filters(arguments)
    let listed = try decode(
      [ListedAlert].self, try get("/api/farwatch/alerts", filters.map { ("filter", $0) }))
    let names = Dictionary(listed.map { ($0.fingerprint, $0.name) }) { first, _ in first }
    let wanted = areFingerprints ? arguments.map { $0.lowercased() } : listed.map(\.fingerprint)
    if wanted.isEmpty { throw AskingFailure("no alert that fires is like that") }
    struct Answer: Decodable { var changed: [String] }
    let path = "/api/farwatch/acknowledgements"
    var changed: Set<String> = []
    // As many as an address of a request may hold.
    for part in stride(from: 0, to: wanted.count, by: 200).map({ wanted[$0..<min($0 + 200, wanted.count)] }) {
      let body =
        undo
        ? try delete(path, [("by", by)] + part.map { ("fingerprint", $0) })
        : try post(
          path,
          .object([
            .init("fingerprints", .array(part.map { .string($0) })), .init("by", .string(by)),
            .init("comment", .string(comment)),
          ]))
      changed.formUnion(try decode(Answer.self, body).changed)
    }
    let missing = wanted.filter { !changed.contains($0) }
    if changed.isEmpty {
      throw AskingFailure(
        undo ? "none of these alerts is acknowledged" : "no alert with this fingerprint fires")
    }
    let verb = undo ? "given back" : "acknowledged"
    return wanted.filter(changed.contains).map { TerminalText.plain("\($0) \(verb): \(names[$0] ?? "")") }
      + missing.map { "\($0) not changed: \(undo ? "not acknowledged" : "does not fire")" }
  }

  /// `3d4h`; "?" for a time that cannot be read.
  static func age(_ text: String, _ now: Timestamp) -> String {
    DateTimeText.parse(text).map { StatusPage.age($0, now) } ?? "?"
  }
}

extension ListedAlert {
  fileprivate var name: String {
    let others = labels.filter { $0.key != "alertname" }.sorted { $0.key < $1.key }
    return ([labels["alertname"] ?? ""] + others.map { "\($0.key)=\($0.value)" }).joined(separator: " ")
  }
}
