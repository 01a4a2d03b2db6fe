import ArgumentParser
import FarwatchApp

extension CheckCommand {
  struct Metrics: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "metrics", abstract: "Check a page of metrics.",
      discussion: """
        Reads Prometheus text, OpenMetrics or delimited protobuf strictly, and then says what promtool says of names, \
        types and help. Exit codes are promtool's: 0 good, 1 cannot be read, 3 there is something to say.
        """)

    @Argument(help: ArgumentHelp("A file, - for standard input, or a URL.", valueName: "file|-|url"))
    var source = "-"

    @Option(
      help: ArgumentHelp(
        "text, openmetrics or protobuf. One that is not text is read and no more, so that the exit code is 0 or 1.",
        valueName: "format"))
    var format: MetricsPageCheck.Format?

    @Flag(inversion: .prefixedNo, help: "Say what promtool says of names, types and help, or leave it.")
    var lint: Bool?

    func run() throws {
      let verdict = MetricsPageCheck.run(source, format: format, lints: lint) { line in
        switch line {
        case .said(let text): print(text)
        case .complained(let text): standardError(text)
        }
      }
      guard verdict == .good else { throw CommandFailure(lines: [], exitCode: verdict.rawValue) }
    }
  }
}

extension MetricsPageCheck.Format: ExpressibleByArgument {}
