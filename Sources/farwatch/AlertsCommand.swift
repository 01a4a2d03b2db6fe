import ArgumentParser
import FarwatchApp
import FoundationEssentials
import Terminal

/// Whoever sits at the terminal; without `USER`, as under cron, the operating system's name for who runs this.
func currentUser() -> String {
  if let name = ProcessInfo.processInfo.environment["USER"], !name.isEmpty { return name }
  return OperatingSystemUser.name ?? "unknown"
}

struct AlertsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "alerts", abstract: "List the alerts that fire, and who is paged for them.",
    discussion: """
      Matchers choose among them, as amtool's do: `region=eu`, 'severity=~"page|warning"'. A first argument without \
      `=` is the alert's name. Silenced, inhibited, muted and acknowledged alerts are listed and say so.
      """)

  @Argument(help: ArgumentHelp("Matchers that must all hold.", valueName: "matcher"))
  var matchers: [String] = []

  @OptionGroup var target: Target

  @Flag(help: "Print the API's JSON.")
  var json = false

  func run() throws {
    try target.ask { farwatch throws(AskingFailure) in
      try farwatch.listAlerts(matchers, asJSON: json, width: TerminalText.columns)
    }
  }
}

struct AcknowledgeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ack", abstract: "Take alerts on: no reminders and no escalation until they are over.",
    discussion: """
      Names the alerts by fingerprint, as `farwatch alerts` lists it, or by matchers. An alert that begins anew is \
      another one and pages again.
      """)

  @Argument(help: ArgumentHelp("Fingerprints, or matchers that must all hold.", valueName: "which"))
  var which: [String]

  @Option(help: ArgumentHelp("Who takes them on; else $USER, else who runs this.", valueName: "name"))
  var by: String?

  @Option(name: .shortAndLong, help: ArgumentHelp("For the others.", valueName: "text"))
  var comment = ""

  @Flag(help: "Give them back: reminders and escalation begin anew.")
  var undo = false

  @OptionGroup var target: Target

  func run() throws {
    try target.ask { farwatch throws(AskingFailure) in
      try farwatch.acknowledge(which, by: by ?? currentUser(), comment: comment, undo: undo)
    }
  }
}
