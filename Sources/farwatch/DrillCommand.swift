import ArgumentParser
import FarwatchApp
import Model

struct DrillCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drill", abstract: "Rehearse a failover, and keep the evidence.",
    discussion: """
      While a partial or full drill runs, pages about its workload and region say DRILL, and failovers are counted as \
      rehearsed. Nothing is silenced: what still fires when the drill ends is told again, for real.
      """,
    subcommands: [
      Start.self, Note.self, Phase.self, Stop.self, List.self, Report.self, Verify.self,
    ])

  /// Which drill, and who says it.
  struct Speaker: ParsableArguments {
    @Option(help: ArgumentHelp("Whose drill; needed where several run.", valueName: "name"))
    var workload: String?

    @Option(help: ArgumentHelp("Who says so; else $USER, else who runs this.", valueName: "name"))
    var by: String?

    var name: String { by ?? currentUser() }
  }

  struct Start: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "start", abstract: "Begin a drill; prints its identifier.",
      discussion:
        "For example: farwatch drill start --workload shop --region taiwan --kind full --expires 4h -c 'autumn drill'"
    )

    @Option(help: ArgumentHelp("The workload that is to fail over.", valueName: "name"))
    var workload: String

    @Option(help: ArgumentHelp("The region that is left.", valueName: "name"))
    var region: String

    @Option(help: ArgumentHelp("tabletop, partial or full.", valueName: "kind"))
    var kind: String

    @Option(help: ArgumentHelp("When it ends by itself.", valueName: "duration"))
    var expires = "2h"

    @Option(help: ArgumentHelp("Who begins it; else $USER, else who runs this.", valueName: "name"))
    var by: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("What it is for.", valueName: "text"))
    var comment: String?

    @Option(help: ArgumentHelp("Send its pages to this topic, in place of their own.", valueName: "topic"))
    var topic: String?

    @OptionGroup var target: Target

    func run() throws {
      try target.ask { farwatch throws(AskingFailure) in
        try farwatch.startDrill(
          DrillFields([
            "workload": workload, "region": region, "kind": kind, "expires": expires,
            "by": by ?? currentUser(), "comment": comment, "topic": topic,
          ]))
      }
    }
  }

  struct Note: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "note", abstract: "Write down what happened.")

    @Argument(help: ArgumentHelp("What happened.", valueName: "text"))
    var text: String

    @OptionGroup var speaker: Speaker
    @OptionGroup var target: Target

    func run() throws {
      try target.ask { farwatch throws(AskingFailure) in
        try farwatch.tellDrill(
          "note", DrillFields(["workload": speaker.workload, "by": speaker.name, "text": text]))
      }
    }
  }

  struct Phase: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "phase", abstract: "Say that a phase of the plan was reached.")

    @Argument(help: ArgumentHelp("The phase.", valueName: "phase"))
    var phase: String

    @OptionGroup var speaker: Speaker
    @OptionGroup var target: Target

    func run() throws {
      try target.ask { farwatch throws(AskingFailure) in
        try farwatch.tellDrill(
          "phase", DrillFields(["workload": speaker.workload, "by": speaker.name, "phase": phase]))
      }
    }
  }

  struct Stop: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "stop", abstract: "End the drill.")

    @Option(help: ArgumentHelp("passed, failed or aborted.", valueName: "outcome"))
    var outcome = "passed"

    @Option(name: .shortAndLong, help: ArgumentHelp("What came of it.", valueName: "text"))
    var comment: String?

    @OptionGroup var speaker: Speaker
    @OptionGroup var target: Target

    func run() throws {
      try target.ask { farwatch throws(AskingFailure) in
        try farwatch.tellDrill(
          "stop",
          DrillFields([
            "workload": speaker.workload, "by": speaker.name, "outcome": outcome, "comment": comment,
          ]))
      }
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "List drills, and what the calendar asks for.")

    @Flag(help: "Print the API's JSON.")
    var json = false

    @OptionGroup var target: Target

    func run() throws {
      try target.ask { farwatch throws(AskingFailure) in try farwatch.listDrills(asJSON: json) }
    }
  }
}
