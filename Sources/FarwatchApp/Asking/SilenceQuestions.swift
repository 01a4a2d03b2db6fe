internal import AlertmanagerAPI
internal import FoundationEssentials
internal import Model
internal import StatusPage
internal import Terminal

/// What `farwatch silence add` and `update` are told about a silence.
package struct SilenceOptions: Sendable {
  package var author: String
  package var comment: String?
  /// nil: an hour for a new silence, as it is for an old one.
  let duration: Duration?
  /// RFC 3339.
  package var start: String?
  package var end: String?

  /// - Parameter duration: as Prometheus writes it: `1d12h`.
  package init(
    author: String, comment: String?, duration: String?, start: String?, end: String?
  ) throws(AskingFailure) {
    self.author = author
    self.comment = comment
    self.duration = try duration.map { (text) throws(AskingFailure) in
      guard let length = DurationText.parse(text), length > .zero else {
        throw AskingFailure("--duration: expected a duration such as 2h, found \(text)", isMisuse: true)
      }
      return length
    }
    if duration != nil, end != nil {
      throw AskingFailure("--duration and --end say the same: give one", isMisuse: true)
    }
    self.start = start
    self.end = end
  }
}

extension RunningFarwatch {
  private static let path = "/api/v2/silences"

  /// Makes a silence; its identifier.
  package func addSilence(
    _ arguments: [String], _ options: SilenceOptions
  ) throws(AskingFailure) -> String {
    let filters = MatcherArguments.filters(arguments)
    var matchers: [OrderedJSON] = []
    for filter in filters {
      switch AlertmanagerAPI.readMatcher(filter) {
      case .success(let matcher): matchers.append(ListedSilence.Matcher(matcher).document)
      case .failure(let fault): throw AskingFailure(fault.message, isMisuse: true)
      }
    }
    let start = try Self.time(options.start, "--start") ?? now()
    let end = try Self.time(options.end, "--end") ?? start + (options.duration ?? .seconds(3600))
    return try set(
      id: "", matchers: matchers, start: start, end: end, author: options.author,
      comment: options.comment ?? "")
  }

  /// Changes when a silence ends or what is said about it; its identifier, which may be a new one.
  package func updateSilence(
    _ id: String, _ options: SilenceOptions
  ) throws(AskingFailure) -> String {
    let old = try decode(ListedSilence.self, try get("/api/v2/silence/\(percentEncoded(id))"))
    guard let oldStart = DateTimeText.parse(old.startsAt), let oldEnd = DateTimeText.parse(old.endsAt) else {
      throw AskingFailure("silence \(id) has times that cannot be read")
    }
    let start = try Self.time(options.start, "--start") ?? oldStart
    // A duration counts from now where the silence holds already, as one would say it.
    let end = try Self.time(options.end, "--end") ?? options.duration.map { max(start, now()) + $0 } ?? oldEnd
    return try set(
      id: id, matchers: old.matchers.map(\.document), start: start, end: end, author: options.author,
      comment: options.comment ?? old.comment)
  }

  package func expireSilence(_ id: String) throws(AskingFailure) {
    _ = try delete("/api/v2/silence/\(percentEncoded(id))")
  }

  /// Silences as a table, or as the API's JSON.
  ///
  /// - Parameter expired: those that are over in place of the others.
  package func listSilences(
    _ arguments: [String], expired: Bool, asJSON: Bool, width: Int?
  ) throws(AskingFailure) -> [String] {
    let body = try get(Self.path, MatcherArguments.filters(arguments).map { ("filter", $0) })
    if asJSON { return [String(decoding: body, as: UTF8.self)] }
    let silences = try decode([ListedSilence].self, body)
      .filter { ($0.status.state == "expired") == expired }
    if silences.isEmpty { return [expired ? "No silence has ended." : "No silence is set."] }
    let now = now()
    if let width, width < TerminalText.wide {
      let rows = silences.map { silence in
        let matchers = silence.matchers.map(\.text).joined(separator: " ")
        return (
          cells: [silence.id, silence.status.state, Self.distance(silence.endsAt, now), silence.createdBy],
          below: silence.comment.isEmpty ? matchers : "\(matchers): \(silence.comment)"
        )
      }
      return TerminalText.table(["ID", "STATE", "ENDS", "BY"], rows, whole: 0, width: width)
    }
    let rows = silences.map { silence in
      [
        silence.id, silence.status.state, Self.shortTime(silence.endsAt),
        silence.matchers.map(\.text).joined(separator: " "), silence.createdBy, silence.comment,
      ]
    }
    return TerminalText.table(
      ["ID", "STATE", "ENDS", "MATCHERS", "BY", "COMMENT"], rows, whole: 0, width: width)
  }

  private func set(
    id: String, matchers: [OrderedJSON], start: Timestamp, end: Timestamp, author: String, comment: String
  ) throws(AskingFailure) -> String {
    struct Answer: Decodable { var silenceID: String }
    var members: [OrderedJSON.Member] = id.isEmpty ? [] : [.init("id", .string(id))]
    members += [
      .init("matchers", .array(matchers)), .init("startsAt", .string(start.iso8601)),
      .init("endsAt", .string(end.iso8601)), .init("createdBy", .string(author)),
      .init("comment", .string(comment)),
    ]
    return try decode(Answer.self, try post(Self.path, .object(members))).silenceID
  }

  private static func time(_ text: String?, _ option: String) throws(AskingFailure) -> Timestamp? {
    guard let text else { return nil }
    guard let time = DateTimeText.parse(text) else {
      throw AskingFailure(
        "\(option): expected a time such as 2026-11-21T08:00:00Z, found \(text)", isMisuse: true)
    }
    return time
  }

  /// `in 1h59m` or `3d4h ago`.
  private static func distance(_ text: String, _ now: Timestamp) -> String {
    guard let time = DateTimeText.parse(text) else { return text }
    return time < now ? "\(StatusPage.age(time, now)) ago" : "in \(StatusPage.age(now, time))"
  }

  /// To the second.
  private static func shortTime(_ text: String) -> String {
    guard let time = DateTimeText.parse(text) else { return text }
    return String(time.iso8601.prefix(19)) + "Z"
  }
}

extension ListedSilence.Matcher {
  init(_ matcher: LabelMatcher) {
    self.init(
      name: matcher.name, value: matcher.text, isRegex: matcher.kind == .regex || matcher.kind == .notRegex,
      isEqual: matcher.kind == .equal || matcher.kind == .regex)
  }

  var document: OrderedJSON {
    .object([
      .init("name", .string(name)), .init("value", .string(value)), .init("isRegex", .boolean(isRegex)),
      .init("isEqual", .boolean(isEqual ?? true)),
    ])
  }

  var text: String {
    let sign =
      switch (isEqual ?? true, isRegex) {
      case (true, false): "="
      case (false, false): "!="
      case (true, true): "=~"
      case (false, true): "!~"
      }
    return "\(name)\(sign)\(quoted(value))"
  }
}
