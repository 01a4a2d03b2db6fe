import ArgumentParser
import FarwatchApp
import FoundationEssentials

/// Where the Farwatch is that a command asks, and how to be let in.
struct Target: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The Farwatch to ask; else FARWATCH_URL, else \(RunningFarwatch.defaultURL).", valueName: "url"))
  var url: String?

  @Option(help: ArgumentHelp("A token to log in with; else FARWATCH_TOKEN_FILE.", valueName: "file"))
  var tokenFile: String?

  @Option(
    help: ArgumentHelp(
      "user:password to log in with, on its first line; else FARWATCH_USER_FILE.", valueName: "file"))
  var userFile: String?

  @Option(
    help: ArgumentHelp(
      "PEM of the authorities to trust for https, in place of the system's; else FARWATCH_CA_FILE.",
      valueName: "file"))
  var caFile: String?

  @Option(
    help: ArgumentHelp(
      "PEM of a client certificate, where one is asked for; else FARWATCH_CERT_FILE.", valueName: "file"))
  var certFile: String?

  @Option(
    help: ArgumentHelp(
      "PEM of its key, if not in the same file; else FARWATCH_KEY_FILE.", valueName: "file"))
  var keyFile: String?

  func login() throws(AskingFailure) -> Login {
    try Login(
      url: url, tokenFile: tokenFile, userFile: userFile, caFile: caFile,
      certificateFile: certFile, keyFile: keyFile,
      environment: ProcessInfo.processInfo.environment)
  }

  /// Runs `body` and prints its lines.
  ///
  /// - Parameter failureCode: the exit code when Farwatch cannot be asked.
  func ask(
    failureCode: Int32 = 1, _ body: (RunningFarwatch) throws(AskingFailure) -> [String]
  ) throws {
    do throws(AskingFailure) {
      let farwatch = RunningFarwatch(try login())
      defer { farwatch.close() }
      for line in try body(farwatch) { print(line) }
    } catch { throw CommandFailure(lines: [error.line], exitCode: error.isMisuse ? 2 : failureCode) }
  }
}
