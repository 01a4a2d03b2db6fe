import ArgumentParser
import FarwatchApp

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Watch, as a configuration file says.",
    discussion: """
      Reads the file, takes the state directory for itself, and works until SIGTERM or SIGINT. SIGHUP, or POST \
      /-/reload, reads the file again; a file with errors changes nothing.
      """)

  @Option(name: .shortAndLong, help: ArgumentHelp("Configuration file.", valueName: "file"))
  var config = "farwatch.yml"

  @Option(
    name: .customLong("web.config.file"),
    help: ArgumentHelp(
      "Certificates, users and headers of the listener, as the Prometheus exporters have them.",
      valueName: "file"))
  var webConfigFile: String?

  @Option(help: "The least important messages that are logged.")
  var logLevel: LogLevel = .info

  func run() throws {
    do {
      try Daemon.run(configurationFile: config, webFile: webConfigFile, logLevel: logLevel.rawValue)
    } catch { throw CommandFailure(lines: error.lines) }
  }
}

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Say whether a file is right, and where it is not.",
    subcommands: [Configuration.self, Rules.self, Alarms.self, Metrics.self])

  struct Configuration: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "config", abstract: "Check a configuration file and the files it names.")

    @Flag(
      help: """
        Check the form of the file alone: no file, program or environment variable that it names need be there, and \
        rules are not read.
        """)
    var syntaxOnly = false

    @Argument(help: ArgumentHelp("Configuration file; - is the standard input.", valueName: "file"))
    var file: String

    func run() throws {
      let report = syntaxOnly ? ConfigurationCheck.runOnForm(file) : ConfigurationCheck.run(file)
      for warning in report.warnings { standardError("warning: \(warning)") }
      guard report.problems.isEmpty else { throw CommandFailure(lines: report.problems) }
      print(report.summary)
    }
  }
}

struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Watch a small world made for the purpose, break it, and show the page arrive.",
    discussion: """
      Two regions answer health checks on loopback, a backup folder is kept fresh and a local pager receives. \
      Everything between them is what `farwatch run` uses: the same sockets, store, rules and outbox.
      """)

  @Flag(help: "End after the first failure and recovery.")
  var once = false

  @Option(help: ArgumentHelp("Port of the status page; a free one when it is taken.", valueName: "port"))
  var port: UInt16 = 9797

  func run() throws {
    do {
      try Demo.run(once: once, port: port)
    } catch { throw CommandFailure(lines: error.lines) }
  }
}

enum LogLevel: String, ExpressibleByArgument, CaseIterable {
  case trace, debug, info, notice, warning, error, critical
}
