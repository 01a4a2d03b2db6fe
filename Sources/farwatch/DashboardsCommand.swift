import ArgumentParser
import Dashboards
import FoundationEssentials
import Model

struct DashboardsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dashboards", abstract: "Write the dashboards for Grafana.",
    discussion: """
      One JSON file for each dashboard, as Grafana 11 and later import and provision them; what was there under these \
      names is written over. Their data source is Farwatch itself, or a Prometheus that scrapes it.
      """)

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Existing directory to write into.", valueName: "directory"))
  var output: String

  func run() throws {
    for dashboard in Dashboard.all {
      let path = "\(output)/\(dashboard.fileName)"
      do {
        try Data(dashboard.grafana.indented.utf8).write(to: URL(filePath: path), options: .atomic)
      } catch {
        throw CommandFailure(lines: [
          "cannot write \(path): is \(output) a directory that you may write into?"
        ])
      }
      print("\(path): \(dashboard.title), \(dashboard.panels.count) panels")
    }
  }
}
