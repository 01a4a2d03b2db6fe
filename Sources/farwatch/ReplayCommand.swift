import ArgumentParser
import FarwatchApp
import Terminal

struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Say who would have been paged, when, and who would not.",
    discussion: """
      Runs recorded data, or the loss of a region, through the rules, alarms, routes, silences and receivers of a \
      configuration in simulated time. Nothing is sent. Files are OpenMetrics or Prometheus text with times, scraped \
      pages named page-TIME.prom or a directory of them, and series in the notation of promtool's unit tests. A part \
      of the replay is written behind @, as in --lose-region japan@5m..25m.

      Exit code 0: somebody was told of each alert that fired and was not held back; 1: of some alert nobody was told; \
      2: there was no replay.
      """)

  @Argument(help: ArgumentHelp("Recorded data.", valueName: "file"))
  var files: [String] = []

  @Option(name: .shortAndLong, help: ArgumentHelp("Configuration file.", valueName: "file"))
  var config = "farwatch.yml"

  @Option(
    help: ArgumentHelp("What the files are: openmetrics, prometheus, page or series.", valueName: "format"))
  var format: String?

  @Option(help: ArgumentHelp("Between pages whose names hold no time.", valueName: "duration"))
  var interval: String?

  @Option(
    help: ArgumentHelp(
      """
      Where the replay begins; what is older is known already. (default: the first sample, or 2026-01-05T10:00:00Z, \
      a Monday)
      """,
      valueName: "time"))
  var from: String?

  @Option(
    help: ArgumentHelp(
      "Where it ends. (default: 1m behind the last sample and 30m behind the last loss)", valueName: "time"))
  var to: String?

  @Option(help: ArgumentHelp("How long it is, instead.", valueName: "duration"))
  var until: String?

  @Option(
    help: ArgumentHelp("All of this region falls silent; may be repeated.", valueName: "region[@from..to]"))
  var loseRegion: [String] = []

  @Option(help: ArgumentHelp("This check fails; may be repeated.", valueName: "[region/]check[@from..to]"))
  var loseCheck: [String] = []

  @Option(help: ArgumentHelp("When a loss without times of its own begins.", valueName: "duration"))
  var after = "5m"

  @Option(name: .customLong("for"), help: ArgumentHelp("How long it lasts.", valueName: "duration"))
  var lasts = "20m"

  @Option(help: ArgumentHelp("Alerts that are silenced; may be repeated.", valueName: "matchers[@from..to]"))
  var silence: [String] = []

  @Option(
    help: ArgumentHelp(
      "A topic or receiver that takes nothing; may be repeated.", valueName: "name[@from..to]"))
  var receiverFails: [String] = []

  @Option(help: "Of what is left to chance.")
  var seed: UInt64 = 1

  @Flag(help: "Print JSON.")
  var json = false

  @Flag(help: "Show what was pending, queued and let go again, too.")
  var verbose = false

  func run() throws {
    var options = ReplayOptions()
    options.configuration = config
    options.files = files
    options.format = format
    options.interval = interval
    options.from = from
    options.to = to
    options.until = until
    options.lostRegions = loseRegion
    options.lostChecks = loseCheck
    options.after = after
    options.lasts = lasts
    options.silences = silence
    options.failingReceivers = receiverFails
    options.seed = seed
    options.asJSON = json
    options.isVerbose = verbose
    options.width = TerminalText.columns
    do {
      let progress = CommandProgress()
      defer { progress.clear() }
      let report = try Replay.run(options) { part in progress.show("replaying: \(Int(part * 100)) %") }
      progress.clear()
      for line in report.lines { print(line) }
      if !report.everyAlertWasTold { throw CommandFailure(lines: []) }
    } catch let failure as ReplayFailure {
      throw CommandFailure(lines: failure.lines, exitCode: 2)
    }
  }
}
