import ArgumentParser
import FarwatchApp

extension CheckCommand {
  struct Alarms: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "alarms", abstract: "Check files of CloudWatch alarms.",
      discussion: """
        Takes mappings of alarm names to properties and CloudFormation templates, in YAML or JSON. Files are checked \
        together: a composite alarm may name an alarm of another file. Topics, names of regions, metrics of one's own \
        and values for templates stand in the configuration: `--config` checks against them.
        """)

    @Flag(help: "Print the metric mapping that comes with Farwatch, and check nothing.")
    var printMapping = false

    @Option(help: ArgumentHelp("The configuration that the alarms are for.", valueName: "file"))
    var config: String?

    @Argument(help: ArgumentHelp("Alarm files.", valueName: "file"))
    var files: [String] = []

    func validate() throws {
      if files.isEmpty, !printMapping { throw ValidationError("Missing expected argument '<file> ...'") }
    }

    func run() throws {
      if printMapping {
        print(AlarmFileCheck.shippedMapping, terminator: "")
        return
      }
      let report = AlarmFileCheck.run(files, configuration: config)
      for warning in report.warnings { standardError("warning: \(warning)") }
      guard report.problems.isEmpty else { throw CommandFailure(lines: report.problems) }
      print(report.summary)
    }
  }
}
