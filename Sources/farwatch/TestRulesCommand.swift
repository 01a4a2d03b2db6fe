import ArgumentParser
import FarwatchApp

extension TestCommand {
  struct Rules: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "rules", abstract: "Run unit tests of Prometheus rule files.",
      discussion: """
        The files are promtool's: series that are made up, and the alerts and values that the rules must make of them. \
        They are run on the rule engine of the daemon, in simulated time. Every failure is printed with its place, what \
        was expected and what came; the exit code is 1 when there is one.
        """)

    @Argument(help: ArgumentHelp("Test files.", valueName: "file"))
    var files: [String]

    @Option(
      name: .customLong("run"),
      help: ArgumentHelp("Only tests whose name matches; may be repeated.", valueName: "regex"))
    var patterns: [String] = []

    @Flag(help: "Show only what differs (- expected, + came) instead of both sides.")
    var diff = false

    @Option(help: ArgumentHelp("Write the results as JUnit XML, too.", valueName: "file"))
    var junit: String?

    @Flag(help: "Pass over fields of rule files that Prometheus does not know.")
    var ignoreUnknownFields = false

    func run() throws {
      var options = UnitTestReport.Options()
      options.run = patterns
      options.showsDifferences = diff
      options.junitFile = junit
      options.ignoresUnknownFields = ignoreUnknownFields
      let report: UnitTestReport
      let progress = CommandProgress()
      defer { progress.clear() }
      do {
        report = try UnitTestReport.running(
          files, options, begin: { progress.show(file: $0, of: files) }, say: { progress.print($0) })
      } catch { throw ValidationError("--run: \(error.message)") }
      progress.print(report.summary)
      guard report.isGood else { throw CommandFailure(lines: []) }
    }
  }
}
