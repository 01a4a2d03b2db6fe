import ArgumentParser
import FarwatchApp

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

struct EventsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "events", abstract: "Say what happened: alerts, pages, and what was done about them.",
    discussion: """
      Asks a running daemon, or reads the state directory of a stopped one. The newest entries come first. The journal \
      is a chain of hashes: `--verify` finds the first entry that was changed, removed or inserted.
      """)

  @OptionGroup var target: Target

  @Option(help: ArgumentHelp("Read this state directory, and ask nobody.", valueName: "directory"))
  var state: String?

  @Option(help: ArgumentHelp("Not before: RFC 3339, or a duration back such as 1h.", valueName: "time"))
  var since: String?

  @Option(help: ArgumentHelp("Not after.", valueName: "time"))
  var until: String?

  @Option(help: ArgumentHelp("Of this kind, such as firing; may be repeated.", valueName: "kind"))
  var kind: [String] = []

  @Option(help: ArgumentHelp("Of alerts of this name.", valueName: "name"))
  var alert: String?

  @Option(help: ArgumentHelp("Of alerts with this label; may be repeated.", valueName: "name=value"))
  var label: [String] = []

  @Option(help: ArgumentHelp("At most so many, up to 10000.", valueName: "count"))
  var limit = 200

  @Flag(help: "The oldest first.")
  var oldestFirst = false

  @Flag(help: "Go on with what happens, until interrupted.")
  var follow = false

  @Flag(help: "One JSON object a line.")
  var json = false

  @Flag(help: "Check the chain instead; exit code 1 when it does not hold.")
  var verify = false

  func validate() throws {
    if follow, verify || state != nil || until != nil || oldestFirst {
      throw ValidationError("--follow goes with neither --verify, --state, --until nor --oldest-first.")
    }
  }

  func run() throws {
    var options: [(name: String, value: String)] = [("limit", String(limit))]
    if let since { options.append(("since", since)) }
    if let until { options.append(("until", until)) }
    options += kind.map { ("kind", $0) }
    if let alert { options.append(("alert", alert)) }
    options += label.map { ("label", $0) }
    if oldestFirst { options.append(("order", "asc")) }
    if verify { options.append(("verify", "true")) }
    let login: Login
    do throws(AskingFailure) { login = try target.login() } catch {
      throw CommandFailure(lines: [error.line], exitCode: error.isMisuse ? 2 : 1)
    }
    do {
      var command = try EventsCommandRun(options, login)
      command.stateDirectory = state
      command.follows = follow
      command.asJSON = json
      try command.run({ standardOutput($0) }, complain: { standardError($0) })
    } catch { throw CommandFailure(lines: error.lines) }
  }
}

/// At once, also into a pipe: whoever follows wants to see it now.
private func standardOutput(_ line: String) {
  var rest = Array((line + "\n").utf8)[...]
  while !rest.isEmpty {
    let written = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    if written <= 0, errno != EINTR { return }
    rest = rest.dropFirst(max(0, written))
  }
}
