import ArgumentParser
import FarwatchApp
import FoundationEssentials

struct QueryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "query", abstract: "Ask a running Farwatch in PromQL.",
    discussion: """
      Prints what promtool prints. Warnings go to standard error. Exit code 1 when the expression is wrong or nobody \
      answers.
      """, subcommands: [Instant.self, Range.self])

  struct Instant: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "The value at one moment.")

    @Argument(help: ArgumentHelp("An expression.", valueName: "expr"))
    var expression: String

    @Option(help: ArgumentHelp("Unix seconds or RFC 3339; else now.", valueName: "time"))
    var at: String?

    @OptionGroup var target: Target

    @Flag(help: "Print the API's JSON.")
    var json = false

    func run() throws {
      try target.askQuery { farwatch throws(AskingFailure) in
        try farwatch.query(expression, at: at, asJSON: json)
      }
    }
  }

  struct Range: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "The values over a span of time.")

    @Argument(help: ArgumentHelp("An expression.", valueName: "expr"))
    var expression: String

    @Option(help: ArgumentHelp("Unix seconds or RFC 3339; else an hour before the end.", valueName: "time"))
    var start: String?

    @Option(help: ArgumentHelp("Unix seconds or RFC 3339; else now.", valueName: "time"))
    var end: String?

    @Option(help: ArgumentHelp("Seconds, or a duration such as 1m; else 250 points.", valueName: "step"))
    var step: String?

    @OptionGroup var target: Target

    @Flag(help: "Print the API's JSON.")
    var json = false

    func run() throws {
      try target.askQuery { farwatch throws(AskingFailure) in
        try farwatch.query(expression, from: start, to: end, step: step, asJSON: json)
      }
    }
  }
}

extension Target {
  fileprivate func askQuery(
    _ body: (RunningFarwatch) throws(AskingFailure) -> RunningFarwatch.QueryAnswer
  ) throws {
    try ask { farwatch throws(AskingFailure) in
      let answer = try body(farwatch)
      for warning in answer.warnings { standardError("warning: \(warning)") }
      return answer.lines
    }
  }
}
