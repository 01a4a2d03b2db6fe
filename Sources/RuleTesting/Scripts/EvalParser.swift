internal import Model
internal import PromQL
internal import RegularExpressions

extension ScriptParser {
  mutating func parseEval(_ line: ScriptLine) throws(ScriptError) -> EvalCommand {
    var words = WordReader(line)
    let name = words.word()
    let kind = words.word()
    var command: EvalCommand
    switch kind {
    case "instant": command = try Self.instant(&words)
    case "range": command = try Self.range(&words)
    default: throw words.error("invalid eval command, expected eval instant at … or eval range from …")
    }
    switch name {
    case "eval": break
    case "eval_fail": command.expectations.fail = .any
    case "eval_warn": command.expectations.someWarning = true
    case "eval_info": command.expectations.someInfo = true
    case "eval_ordered" where kind == "instant": command.expectations.isOrdered = true
    default: throw line.error("invalid command \(quoted(name)), expected eval")
    }
    do {
      command.expression = try parseExpression(
        command.expressionText, options: ParserOptions(experimentalFunctions: true))
    } catch { command.fault = error }
    try parseExpected(into: &command)
    return command
  }

  private static func instant(_ words: inout WordReader) throws(ScriptError) -> EvalCommand {
    guard words.take("at") else { throw words.error("expected at TIME behind eval instant") }
    let time = try moment(&words)
    return try command(words, .instant(time))
  }

  private static func range(_ words: inout WordReader) throws(ScriptError) -> EvalCommand {
    guard words.take("from") else { throw words.error("expected from TIME behind eval range") }
    let (start, end, step) = try span(&words)
    return try command(words, .range(start: start, end: end, step: step))
  }

  private static func command(
    _ words: WordReader, _ moment: EvalCommand.Moment
  ) throws(ScriptError) -> EvalCommand {
    guard !words.rest.isEmpty else { throw words.error("eval has no expression") }
    return EvalCommand(
      line: words.line.number, text: words.line.text, expressionText: String(words.rest), moment: moment)
  }

  /// Moments of one range query.
  private static let maximumSteps = 100_000

  /// `START to END step STEP`
  private static func span(
    _ words: inout WordReader
  ) throws(ScriptError) -> (start: Timestamp, end: Timestamp, step: Duration) {
    let start = try moment(&words)
    guard words.take("to") else { throw words.error("expected to TIME") }
    let end = try moment(&words)
    guard start <= end else { throw words.error("end is before start") }
    guard words.take("step") else { throw words.error("expected step DURATION") }
    let step = try duration(&words)
    guard step > .zero else { throw words.error("step must be longer than 0") }
    guard (end.milliseconds - start.milliseconds) / step.milliseconds <= maximumSteps else {
      throw words.error("range has more than \(maximumSteps) steps")
    }
    return (start, end, step)
  }

  private static func moment(_ words: inout WordReader) throws(ScriptError) -> Timestamp {
    Timestamp(milliseconds: try duration(&words).milliseconds)
  }

  private static func duration(_ words: inout WordReader) throws(ScriptError) -> Duration {
    let before = words
    let text = words.word()
    // Half of what a time may be, so that sums of times and durations stay in range.
    guard let duration = DurationText.parse(text), duration.milliseconds < Int64.max / 1_000_000 else {
      throw before.error("invalid time \(quoted(text)), expected a duration such as 1h30m")
    }
    return duration
  }
}

// MARK: What is expected

extension ScriptParser {
  private mutating func parseExpected(into command: inout EvalCommand) throws(ScriptError) {
    var series: [EvalCommand.ExpectedSeries] = []
    var places: [Labels: Int] = [:]
    while let line = nextLine() {
      let text = line.text
      if command.expectations.fail != nil, text.hasPrefix("expected_fail_") {
        command.expectations.fail = try Self.deprecatedFailure(line)
        break
      }
      if text.hasPrefix("expect range vector") {
        try Self.parseRangeVector(line, into: &command)
      } else if text.hasPrefix("expect string") {
        command.result = .string(try Self.literal(line))
      } else if text == "expect" || text.hasPrefix("expect ") {
        try Self.parseExpect(line, into: &command.expectations)
      } else if let number = Self.number(text) {
        command.result = .scalar(number)
        break
      } else {
        let description = try parseSeries(line)
        try Self.check(description, line, in: command)
        let expected = EvalCommand.ExpectedSeries(labels: description.labels, values: description.values)
        if let place = places[description.labels] {
          series[place] = expected
        } else {
          places[description.labels] = series.count
          series.append(expected)
        }
      }
    }
    switch command.result {
    case .series: command.result = .series(series)
    case .rangeVector(_, let start, let end, let step):
      command.result = .rangeVector(series, start: start, end: end, step: step)
    case .scalar, .string: break
    }
  }

  private static func check(
    _ description: SeriesDescription, _ line: ScriptLine, in command: EvalCommand
  ) throws(ScriptError) {
    guard case .instant = command.moment, case .series = command.result else { return }
    guard let first = description.values.first else { throw line.error("expected series has no value") }
    if case .omitted = first, description.values.count == 1 {
      throw line.error("\"_\" is no value that an instant query can return; leave the series out")
    }
    guard description.values.count == 1 else {
      throw line.error(
        "an instant query returns one value of each series; write \"expect range vector from … to … step …\" "
          + "above for a range vector")
    }
  }

  /// A line that is nothing but a number.
  private static func number(_ text: String) -> Double? {
    guard let first = text.utf8.first, first != UInt8(ascii: "{"), !text.contains(" ") else { return nil }
    guard let description = try? parseSeriesDescription("x " + text), description.values.count == 1,
      case .float(let value) = description.values[0], !StaleMarker.isStale(value)
    else {
      return hexadecimal(text)
    }
    return value
  }

  private static func hexadecimal(_ text: String) -> Double? {
    guard text.hasPrefix("0x") || text.hasPrefix("-0x"), let expression = try? parseExpression(text),
      case .number(let value, false) = expression.kind
    else { return nil }
    return value
  }

  private static func deprecatedFailure(_ line: ScriptLine) throws(ScriptError) -> Expectations.Text {
    var words = WordReader(line)
    switch words.word() {
    case "expected_fail_message": return .message(String(words.rest))
    case "expected_fail_regexp": return .pattern(try pattern(words))
    case let other: throw line.error("unknown line \(quoted(other))")
    }
  }

  private static func pattern(_ words: WordReader) throws(ScriptError) -> RegularExpression {
    do {
      return try RegularExpression(String(words.rest), anchoring: .unanchored)
    } catch { throw words.error(error.description) }
  }

  private static func parseRangeVector(
    _ line: ScriptLine, into command: inout EvalCommand
  ) throws(ScriptError) {
    var words = WordReader(line)
    for expected in ["expect", "range", "vector", "from"] where !words.take(expected) {
      throw words.error("expected \"expect range vector from … to … step …\"")
    }
    guard case .instant = command.moment else {
      throw line.error("a range query returns no range vector")
    }
    let (start, end, step) = try span(&words)
    guard words.rest.isEmpty else { throw words.error("unexpected text behind the step") }
    command.result = .rangeVector([], start: start, end: end, step: step)
  }

  private static func literal(_ line: ScriptLine) throws(ScriptError) -> String {
    var words = WordReader(line)
    _ = words.word()
    _ = words.word()
    let text = String(words.rest)
    guard let expression = try? parseExpression(text), case .string(let value) = expression.kind else {
      throw words.error("expected a quoted string")
    }
    return value
  }

  private static func parseExpect(
    _ line: ScriptLine, into expectations: inout Expectations
  ) throws(ScriptError) {
    var words = WordReader(line)
    _ = words.word()
    let before = words
    guard let kind = Expectations.Kind(rawValue: words.word()) else {
      throw before.error(
        "invalid expect line, expected fail, warn, no_warn, info, no_info, ordered, string or range vector")
    }
    let text = try expectedText(&words)
    switch kind {
    case .ordered: expectations.isOrdered = true
    case .noWarn: expectations.forbidsWarnings = true
    case .noInfo: expectations.forbidsInfos = true
    case .warn: expectations.warnings.append(text)
    case .info: expectations.infos.append(text)
    case .fail:
      guard expectations.fail == nil else { throw line.error("there may be one \"expect fail\" line only") }
      expectations.fail = text
    }
    if expectations.forbidsWarnings, !expectations.warnings.isEmpty {
      throw line.error("warn and no_warn cannot be expected together")
    }
    if expectations.forbidsInfos, !expectations.infos.isEmpty {
      throw line.error("info and no_info cannot be expected together")
    }
  }

  /// `msg: text`, `regex: pattern` or nothing.
  private static func expectedText(_ words: inout WordReader) throws(ScriptError) -> Expectations.Text {
    if words.rest.isEmpty { return .any }
    let before = words
    let rest = words.rest
    guard let colon = rest.firstIndex(of: ":") else {
      throw before.error("invalid expect line, expected \"msg: …\" or \"regex: …\"")
    }
    let kind = rest[..<colon]
    let text = rest[rest.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
    switch kind {
    case "msg": return .message(String(text))
    case "regex":
      do {
        return .pattern(try RegularExpression(String(text), anchoring: .unanchored))
      } catch { throw before.error(error.description) }
    default: throw before.error("invalid expect line, expected \"msg: …\" or \"regex: …\"")
    }
  }
}
