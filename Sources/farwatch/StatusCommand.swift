import ArgumentParser
import FarwatchApp
import FoundationEssentials
import Terminal

/// `--color`, for commands that have any.
struct ColourOption: ParsableArguments {
  @Option(
    name: .customLong("color"), help: ArgumentHelp("Whether to print colour.", valueName: "when"))
  var choice: ColourChoice = .auto
}

extension ColourChoice: ExpressibleByArgument {}

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Say whether all is well, as the status page does.",
    discussion: """
      Regions, what failing over would cost, links and backups against their objectives, alerts, and receivers that \
      do not take pages.

      Exit code 0: all is good. 1: something is bad: a region is down or degraded, an objective is missed, failing over \
      is not safe, an alert fires (silenced or not), an alarm is in ALARM, a receiver or a heartbeat is not taken, the \
      disk takes nothing, the newest configuration is not in force. 2: something is not known, failing over and who \
      would be told among it, or Farwatch cannot be asked, or the command was used wrongly. Bad wins over unknown.
      """)

  @Flag(help: "Print the API's JSON; the exit code is the same.")
  var json = false

  @OptionGroup var colour: ColourOption
  @OptionGroup var target: Target

  func run() throws {
    let paints = colour.choice.isOn(
      isTerminal: TerminalText.columns != nil, environment: ProcessInfo.processInfo.environment)
    var code: Int32 = 2
    try target.ask(failureCode: 2) { farwatch throws(AskingFailure) in
      let answer = try farwatch.status(asJSON: json, width: TerminalText.columns, colour: paints)
      code = answer.exitCode
      return answer.lines
    }
    if code != 0 { throw CommandFailure(lines: [], exitCode: code) }
  }
}

struct TopCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "top", abstract: "Show the status live, on the whole terminal.",
    discussion: """
      q quits, j and k or the arrows scroll, s changes the order, ? tells of all keys. When Farwatch does not answer, \
      that is said in red, what was known stays, and it is asked again. Its events are followed: what happens is shown \
      when it happens; where they cannot be followed, it is asked every --interval. Where there is no terminal, or one that only \
      takes lines, the status is printed as text each time that it has changed.
      """)

  @Option(
    help: ArgumentHelp(
      "How often Farwatch is asked where its events cannot be followed.", valueName: "duration"))
  var interval = "2s"

  @OptionGroup var colour: ColourOption
  @OptionGroup var target: Target

  func run() throws {
    do throws(AskingFailure) {
      let login = try target.login()
      let paints = colour.choice.isOn(
        isTerminal: TerminalText.columns != nil, environment: ProcessInfo.processInfo.environment)
      try StatusTop(login, interval: interval, colour: paints).run(
        environment: ProcessInfo.processInfo.environment)
    } catch { throw CommandFailure(lines: [error.line], exitCode: error.isMisuse ? 2 : 1) }
  }
}
