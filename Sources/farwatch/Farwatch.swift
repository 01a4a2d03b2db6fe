import ArgumentParser
import FarwatchApp

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// The command line. Exit codes: 0 good, 1 what was asked for failed, 2 the command was used wrongly; `check rules`
/// has a third, as promtool has, and for `status` 2 is what is not known, too.
@main
struct Farwatch: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "farwatch",
    abstract: "Is each region alive, what would failing over now cost, and who has been told?",
    version: Version.text,
    subcommands: [
      RunCommand.self, StatusCommand.self, TopCommand.self, CheckCommand.self, TestCommand.self,
      DemoCommand.self,
      AlertsCommand.self,
      SilenceCommand.self, AcknowledgeCommand.self, EventsCommand.self, DrillCommand.self,
      QueryCommand.self, ProveCommand.self,
      ProbeCommand.self,
      ReplayCommand.self, DashboardsCommand.self, ServiceLevelsCommand.self, InitCommand.self,
      ManualCommand.self,
    ])

  static func main() {
    // A parse error must exit with 2, which the library's own `main` would make 64.
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let failure as CommandFailure {
      for line in failure.lines { standardError(line) }
      Glibc.exit(failure.exitCode)
    } catch {
      let code = exitCode(for: error)
      let message = fullMessage(for: error)
      if code.isSuccess { print(message) } else if !message.isEmpty { standardError(message) }
      Glibc.exit(code == .validationFailure ? 2 : code.rawValue)
    }
  }
}

/// What was asked for failed; the lines say why.
struct CommandFailure: Error {
  var lines: [String]
  var exitCode: Int32 = 1
}

func standardError(_ line: String) {
  var bytes = line + "\n"
  bytes.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
