package import Model
package import PromQL
package import RegularExpressions

/// A test script as it is written: what to load, what to ask, what to expect.
package struct Script: Sendable {
  package enum Command: Sendable {
    case clear
    case load(LoadCommand)
    case eval(EvalCommand)
  }

  package var commands: [Command] = []
  /// Where the reading ended early; the commands are those before.
  package var fault: ScriptError?
}

/// `load 5m` with its series.
package struct LoadCommand: Sendable {
  package struct Series: Sendable {
    package var line: Int
    package var labels: Labels
    package var values: [SequenceValue]
  }

  package var line: Int
  package var step: Duration
  /// `load_with_nhcb`: classic histograms are loaded once more, as native ones.
  package var addsCustomBuckets: Bool
  /// A series that was written twice is here once, as written last.
  package var series: [Series] = []
}

/// `eval instant at …` or `eval range from …` with what is expected.
package struct EvalCommand: Sendable {
  package enum Moment: Sendable, Hashable {
    case instant(Timestamp)
    case range(start: Timestamp, end: Timestamp, step: Duration)
  }

  /// One series of the expected result.
  package struct ExpectedSeries: Sendable {
    package var labels: Labels
    package var values: [SequenceValue]
  }

  /// What a query should return; nothing but `series` may be empty.
  package enum ExpectedResult: Sendable {
    case series([ExpectedSeries])
    case scalar(Double)
    case string(String)
    /// The series of a range vector, at `start`, `start + step` …
    case rangeVector([ExpectedSeries], start: Timestamp, end: Timestamp, step: Duration)
  }

  package var line: Int
  /// The command as written, without blanks around.
  package var text: String
  package var expressionText: String
  /// nil when it does not parse; `fault` says why then.
  package var expression: Expression?
  package var fault: ParseError?
  package var moment: Moment
  package var result = ExpectedResult.series([])
  package var expectations = Expectations()
}

/// What a query is expected to say beside its result.
package struct Expectations: Sendable {
  package enum Kind: String, Sendable, CaseIterable {
    case fail, warn, info, ordered
    case noWarn = "no_warn"
    case noInfo = "no_info"
  }

  /// How a message is judged.
  package enum Text: Sendable {
    case any
    case message(String)
    case pattern(RegularExpression)

    func matches(_ message: String) -> Bool {
      switch self {
      case .any: true
      case .message(let text): text == message
      case .pattern(let pattern): pattern.matches(message)
      }
    }

    var description: String {
      switch self {
      case .any: "any message"
      case .message(let text): quoted(text)
      case .pattern(let pattern): "a message that matches \(quoted(pattern.pattern))"
      }
    }
  }

  package var fail: Text?
  package var warnings: [Text] = []
  package var infos: [Text] = []
  package var forbidsWarnings = false
  package var forbidsInfos = false
  package var isOrdered = false
  /// `eval_warn` and `eval_info`: at least one, whatever others there are.
  package var someWarning = false
  package var someInfo = false
}

/// What is wrong with a script; the first fault ends the reading.
package struct ScriptError: Error, Hashable, Sendable, CustomStringConvertible {
  package var line: Int
  package var column: Int
  package var message: String

  package var description: String { "\(line):\(column): \(message)" }
}
