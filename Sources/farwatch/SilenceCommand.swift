import ArgumentParser
import FarwatchApp
import Terminal

struct SilenceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "silence", abstract: "Hold pages back for a time.",
    subcommands: [Add.self, Query.self, Update.self, Expire.self])

  /// What may be said about a silence.
  struct Details: ParsableArguments {
    @Option(
      name: .shortAndLong,
      help: ArgumentHelp("Who sets it; else $USER, else who runs this.", valueName: "name"))
    var author: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("How long, as 2h or 1d12h.", valueName: "duration"))
    var duration: String?

    @Option(help: ArgumentHelp("When it begins, as 2026-11-21T08:00:00Z; else now.", valueName: "time"))
    var start: String?

    @Option(help: ArgumentHelp("When it ends, in place of a duration.", valueName: "time"))
    var end: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("Why.", valueName: "text"))
    var comment: String?

    func options() throws(AskingFailure) -> SilenceOptions {
      try SilenceOptions(
        author: author ?? currentUser(), comment: comment, duration: duration, start: start, end: end)
    }
  }

  struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "add",
      abstract: "Silence the alerts that all matchers take; prints the silence's identifier.",
      discussion:
        "For example: farwatch silence add alertname=RegionDown region=japan -d 2h -c 'planned drill'")

    @Argument(help: ArgumentHelp("Matchers that must all hold.", valueName: "matcher"))
    var matchers: [String]

    @OptionGroup var details: Details
    @OptionGroup var target: Target

    func run() throws {
      guard let comment = details.comment, !comment.isEmpty else {
        throw ValidationError("--comment is needed: whoever is on call must know why it is quiet")
      }
      try target.ask { farwatch throws(AskingFailure) in
        [try farwatch.addSilence(matchers, details.options())]
      }
    }
  }

  struct Query: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "query", abstract: "List silences that hold or are to come.")

    @Argument(help: ArgumentHelp("Matchers that the silence has.", valueName: "matcher"))
    var matchers: [String] = []

    @Flag(help: "Those that are over, instead.")
    var expired = false

    @Flag(help: "Print the API's JSON, with all of them.")
    var json = false

    @OptionGroup var target: Target

    func run() throws {
      try target.ask { farwatch throws(AskingFailure) in
        try farwatch.listSilences(
          matchers, expired: expired, asJSON: json, width: TerminalText.columns)
      }
    }
  }

  struct Update: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "update", abstract: "Change a silence's end, begin or comment; prints its identifier.",
      discussion:
        "A duration counts from now where the silence holds already. The identifier may be a new one.")

    @Argument(help: ArgumentHelp("The silence's identifier.", valueName: "id"))
    var id: String

    @OptionGroup var details: Details
    @OptionGroup var target: Target

    func run() throws {
      try target.ask { farwatch throws(AskingFailure) in
        [try farwatch.updateSilence(id, details.options())]
      }
    }
  }

  struct Expire: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "expire", abstract: "End silences now.")

    @Argument(help: ArgumentHelp("Identifiers.", valueName: "id"))
    var ids: [String]

    @OptionGroup var target: Target

    func run() throws {
      try target.ask { farwatch throws(AskingFailure) in
        for id in ids { try farwatch.expireSilence(id) }
        return []
      }
    }
  }
}
