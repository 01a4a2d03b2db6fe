internal import Model
internal import Terminal

/// `farwatch query instant` and `farwatch query range`.
extension RunningFarwatch {
  /// What was answered, and what is to be said about it.
  package struct QueryAnswer: Sendable {
    package var lines: [String]
    /// For standard error.
    package var warnings: [String] = []
  }

  /// - Parameter time: Unix seconds or RFC 3339; nil: now.
  package func query(
    _ expression: String, at time: String?, asJSON: Bool
  ) throws(AskingFailure) -> QueryAnswer {
    try answer("/api/v1/query", [("query", expression)] + (time.map { [("time", $0)] } ?? []), asJSON)
  }

  /// - Parameters:
  ///   - start: nil: an hour before the end.
  ///   - end: nil: now.
  ///   - step: seconds, or a duration; nil: such that there are 250 points.
  package func query(
    _ expression: String, from start: String?, to end: String?, step: String?, asJSON: Bool
  ) throws(AskingFailure) -> QueryAnswer {
    let endTime = try end.map { text throws(AskingFailure) in try Self.time(text, "--end") } ?? now()
    let startTime =
      try start.map { text throws(AskingFailure) in try Self.time(text, "--start") } ?? endTime
      - .seconds(3600)
    let chosen = step ?? "\(max(1, (endTime - startTime).milliseconds / 250_000))"
    return try answer(
      "/api/v1/query_range",
      [
        ("query", expression), ("start", NumberText.plain(startTime.seconds)),
        ("end", NumberText.plain(endTime.seconds)), ("step", chosen),
      ], asJSON)
  }

  private static func time(_ text: String, _ option: String) throws(AskingFailure) -> Timestamp {
    if let time = Timestamp(rfc3339: text) { return time }
    if let seconds = Double(text), seconds.magnitude < 1e12 { return Timestamp(seconds: seconds) }
    throw AskingFailure(
      "\(option): \(quoted(TerminalText.plain(text))) is no time: Unix seconds or RFC 3339", isMisuse: true)
  }

  private func answer(
    _ path: String, _ form: [(String, String)], _ asJSON: Bool
  ) throws(AskingFailure) -> QueryAnswer {
    let body = try post(path, form: form)
    if asJSON { return QueryAnswer(lines: [String(decoding: body, as: UTF8.self)]) }
    let reply = try decode(QueryReply.self, body)
    return QueryAnswer(
      lines: reply.data.lines, warnings: (reply.warnings ?? []) + (reply.infos ?? []))
  }
}

/// The answer of `query` and `query_range`.
private struct QueryReply: Decodable {
  /// A time in seconds and a value's text.
  struct Point: Decodable {
    var time: Double
    var value: String

    init(from decoder: any Decoder) throws {
      var pair = try decoder.unkeyedContainer()
      time = try pair.decode(Double.self)
      value = try pair.decode(String.self)
    }

    var text: String { "\(value) @[\(NumberText.plain(time))]" }
  }

  struct HistogramPoint: Decodable {
    struct Histogram: Decodable {
      var count: String
      var sum: String
    }

    var time: Double
    var histogram: Histogram

    init(from decoder: any Decoder) throws {
      var pair = try decoder.unkeyedContainer()
      time = try pair.decode(Double.self)
      histogram = try pair.decode(Histogram.self)
    }

    var text: String {
      "{count:\(histogram.count) sum:\(histogram.sum)} @[\(NumberText.plain(time))]"
    }
  }

  struct Series: Decodable {
    var metric: [String: String]
    var value: Point?
    var values: [Point]?
    var histogram: HistogramPoint?
    var histograms: [HistogramPoint]?

    var name: String { TerminalText.plain(Labels(metric).description) }
  }

  struct Result: Decodable {
    var lines: [String]

    private enum Key: CodingKey { case resultType, result }

    init(from decoder: any Decoder) throws {
      let all = try decoder.container(keyedBy: Key.self)
      switch try all.decode(String.self, forKey: .resultType) {
      case "scalar": lines = ["scalar: \(try all.decode(Point.self, forKey: .result).text)"]
      case "string": lines = [TerminalText.plain(try all.decode(Point.self, forKey: .result).value)]
      case "vector":
        lines = try all.decode([Series].self, forKey: .result).map { series in
          "\(series.name) => \(series.value?.text ?? series.histogram?.text ?? "")"
        }
      default:
        lines = try all.decode([Series].self, forKey: .result).flatMap { series in
          ["\(series.name) =>"] + (series.values ?? []).map(\.text) + (series.histograms ?? []).map(\.text)
        }
      }
    }
  }

  var data: Result
  var warnings: [String]?
  var infos: [String]?
}
