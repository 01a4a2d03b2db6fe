import ArgumentParser
import FarwatchApp

struct ProveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prove", abstract: "Send a test page to each receiver, and say whether it was taken.",
    discussion: """
      Asks a running daemon. The page says that it is a test, and goes the way of every page: the outbox, the \
      receiver's channel, the wire. Silences, routes and filter policies do not hold it back. Exit code 1 when a \
      receiver did not take it in time; it is tried on for up to ten minutes.
      """)

  @Option(
    help: ArgumentHelp(
      "Only the receivers of this name: TOPIC/NAME, the subscription's name or kind, or its identifier.",
      valueName: "name"))
  var receiver: String?

  @Option(help: ArgumentHelp("Only the receivers of this topic.", valueName: "topic"))
  var topic: String?

  @Flag(help: "Every receiver; the default.")
  var all = false

  @Option(help: ArgumentHelp("How long to wait for answers.", valueName: "duration"))
  var timeout = "30s"

  @OptionGroup var target: Target

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if [receiver != nil, topic != nil, all].count(where: { $0 }) > 1 {
      throw ValidationError("Only one of --receiver, --topic and --all can be asked for.")
    }
  }

  func run() throws {
    var areAllProven = true
    try target.ask { farwatch throws(AskingFailure) in
      let progress = CommandProgress()
      defer { progress.clear() }
      let told = try farwatch.prove(
        try ProveOptions(receiver: receiver, topic: topic, timeout: timeout, asJSON: json)
      ) { done, all in progress.show("waiting: \(done) of \(all) receivers have answered") }
      areAllProven = told.areAllProven
      return told.lines
    }
    if !areAllProven { throw CommandFailure(lines: []) }
  }
}
