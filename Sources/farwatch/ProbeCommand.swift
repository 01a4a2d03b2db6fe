import ArgumentParser
import FarwatchApp

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

struct ProbeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe", abstract: "Run checks, links or backup jobs once, and show all that they measure.",
    discussion: """
      Reads the configuration and asks the targets itself; no daemon is needed, and none is disturbed. What is found is \
      printed as a metrics page, the verdict above it in a comment, each as soon as it is known. Exit code 1 when one of \
      them fails. A push check waits for visits to the daemon: it is not probed, and no failure.
      """)

  @Argument(
    help: ArgumentHelp(
      "REGION/CHECK, CHECK (a calculated one probes its members), a link, a backup job, or KIND/NAME; none: --all.",
      valueName: "name"))
  var names: [String] = []

  @Option(help: ArgumentHelp("The configuration.", valueName: "file"))
  var config = "farwatch.yml"

  @Flag(help: "Everything that the configuration collects.")
  var all = false

  @Option(
    help: ArgumentHelp("Look so many times: some things are known only by comparison.", valueName: "count"))
  var passes = 1

  func validate() throws {
    if names.isEmpty != all { throw ValidationError("Name what to probe, or ask for --all.") }
    if !(1...1000).contains(passes) { throw ValidationError("--passes: expected 1 to 1000.") }
  }

  func run() throws {
    var run = ProbeRun(configuration: config)
    run.names = names
    run.passes = passes
    let report: ProbeRun.Report
    do {
      report = try run.run { piece in
        print(piece, terminator: "")
        // A pipe would be given it only with the last one.
        fflush(nil)
      }
    } catch { throw CommandFailure(lines: error.lines) }
    if !report.succeeded { throw CommandFailure(lines: []) }
  }
}
