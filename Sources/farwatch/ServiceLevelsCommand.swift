import ArgumentParser
import FarwatchApp

struct ServiceLevelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "service-levels",
    abstract: "Print the rules that follow from the workloads' availability objectives.",
    discussion: """
      A rule file as Prometheus reads it: recording rules for availability and what is left of the error budget, and alerts \
      on burn rates. The daemon evaluates the same rules by itself; printed they are for people, and for a Prometheus beside it.
      """)

  @Argument(
    help: ArgumentHelp("The configuration.", valueName: "configuration"),
    completion: .file(extensions: ["yml", "yaml"]))
  var file: String

  func run() throws {
    do {
      let text = try ServiceLevelText.rules(configurationFile: file)
      if text.isEmpty {
        throw CommandFailure(lines: ["\(file): no workload has an objective for its availability"])
      }
      print(text, terminator: "")
    } catch let failure as StartFailure {
      throw CommandFailure(lines: failure.lines)
    }
  }
}
