import ArgumentParser
import FarwatchApp

extension CheckCommand {
  struct Rules: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "rules", abstract: "Check Prometheus rule files.",
      discussion: """
        What promtool accepts is good, and what it refuses is not: exit code 1. Lints are warnings; with --lint-fatal \
        the exit code is 3 when one that counts has found something. Those named by --lint count, by default \
        duplicate-rules only, as for promtool. `all` are all but those with an asterisk, `none` are none:

        \(RuleFileCheck.lintHelp)
        """)

    @Argument(
      help: ArgumentHelp("Rule files; standard input when there is none, or for -.", valueName: "file"))
    var files: [String] = []

    @Option(help: ArgumentHelp("Lints, separated by commas.", valueName: "names"))
    var lint: String?

    @Flag(help: "Exit with 3 when a lint that counts has found something.")
    var lintFatal = false

    @Flag(help: "Pass over fields that Prometheus does not know.")
    var ignoreUnknownFields = false

    @Option(
      help: ArgumentHelp(
        "Hold selectors against the series that this configuration makes.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("The same with a metrics page, or a list of series.", valueName: "file"))
    var series: String?

    func run() throws {
      var options = RuleFileCheck.Options()
      options.lints = lint
      options.lintsAreFatal = lintFatal
      options.ignoresUnknownFields = ignoreUnknownFields
      options.configuration = config
      options.seriesFile = series
      let progress = CommandProgress()
      let verdict = RuleFileCheck.run(files, options, begin: { progress.show(file: $0, of: files) }) { line in
        switch line {
        case .said(let text): progress.print(text)
        case .complained(let text): progress.complain(text)
        }
      }
      progress.clear()
      guard verdict == .good else { throw CommandFailure(lines: [], exitCode: verdict.rawValue) }
    }
  }
}
