import ArgumentParser
import FarwatchApp

extension TestCommand {
  struct PromQL: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "promql", abstract: "Run scripts of queries with expected results.",
      discussion: """
        The language is that of Prometheus' own query tests: `load`, `clear`, `eval` and `expect`. Every failure is \
        printed with what was wanted and what came; the last line counts both over all files. A file with an error is run up to it.
        """)

    @Argument(help: ArgumentHelp("Script files.", valueName: "file"))
    var files: [String]

    func run() throws {
      let progress = CommandProgress()
      let report = ScriptReport.running(files, begin: { progress.show(file: $0, of: files) }) {
        progress.print($0)
      }
      progress.clear()
      print(report.summary)
      guard report.isGood else { throw CommandFailure(lines: []) }
    }
  }
}
