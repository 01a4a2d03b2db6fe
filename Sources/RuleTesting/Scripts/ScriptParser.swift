internal import Model
internal import PromQL

extension Script {
  /// Bytes of one script.
  package static let maximumBytes = 8 << 20

  /// Reads a script whole. An expression that does not parse is no fault of the script: its command fails when it is
  /// run.
  package static func parse(_ input: String) throws(ScriptError) -> Script {
    let script = read(input)
    if let fault = script.fault { throw fault }
    return script
  }

  /// Reads a script up to its first fault.
  package static func read(_ input: String) -> Script {
    guard input.utf8.count <= maximumBytes else {
      let fault = ScriptError(line: 1, column: 1, message: "script is longer than \(maximumBytes) bytes")
      return Script(fault: fault)
    }
    var parser = ScriptParser(lines: ScriptLine.lines(of: input))
    return parser.read()
  }
}

/// Goes through the lines; a command ends at the next empty line. `eval` is in `EvalParser.swift`.
struct ScriptParser {
  let lines: [ScriptLine]
  private(set) var next = 0
  /// Samples that the loads of this script may still bring.
  private var budget = SeriesFixture.maximumSamples

  init(lines: [ScriptLine]) { self.lines = lines }

  /// The next line of the command under way; nil when it has ended.
  mutating func nextLine() -> ScriptLine? {
    guard next < lines.count, !lines[next].text.isEmpty else { return nil }
    next += 1
    return lines[next - 1]
  }

  mutating func read() -> Script {
    var script = Script()
    do throws(ScriptError) {
      try parse(into: &script)
    } catch { script.fault = error }
    return script
  }

  private mutating func parse(into script: inout Script) throws(ScriptError) {
    while next < lines.count {
      let line = lines[next]
      next += 1
      if line.text.isEmpty { continue }
      var words = WordReader(line)
      let command = words.word().lowercased()
      if command == "clear" {
        script.commands.append(.clear)
      } else if command.hasPrefix("load") {
        script.commands.append(.load(try parseLoad(line)))
      } else if command.hasPrefix("eval") {
        script.commands.append(.eval(try parseEval(line)))
      } else {
        throw line.error("invalid command \(quoted(line.text)), expected load, clear or eval")
      }
    }
  }

  private mutating func parseLoad(_ line: ScriptLine) throws(ScriptError) -> LoadCommand {
    var words = WordReader(line)
    let name = words.word()
    guard name == "load" || name == "load_with_nhcb", !words.rest.isEmpty else {
      throw line.error("invalid load command, expected load STEP or load_with_nhcb STEP")
    }
    guard let step = DurationText.parse(String(words.rest)) else {
      throw words.error("invalid step \(quoted(String(words.rest))), expected a duration such as 5m")
    }
    var command = LoadCommand(line: line.number, step: step, addsCustomBuckets: name == "load_with_nhcb")
    var places: [Labels: Int] = [:]
    while let line = nextLine() {
      if line.text.prefix(while: { $0 != " " && $0 != "\t" }).hasSuffix("@st") {
        throw line.error("start timestamps (@st) are not read by this version")
      }
      let description = try parseSeries(line)
      budget -= description.values.count
      guard budget >= 0 else {
        throw line.error("script loads more than \(SeriesFixture.maximumSamples) samples")
      }
      let series = LoadCommand.Series(
        line: line.number, labels: description.labels, values: description.values)
      if let place = places[description.labels] {
        command.series[place] = series
      } else {
        places[description.labels] = command.series.count
        command.series.append(series)
      }
    }
    return command
  }

  func parseSeries(_ line: ScriptLine) throws(ScriptError) -> SeriesDescription {
    do {
      return try parseSeriesDescription(line.text)
    } catch { throw line.error(error.message, at: error.position.offset) }
  }
}
