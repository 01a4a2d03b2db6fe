import FarwatchTesting
import Foundation

/// The binary under test, started as a user starts it.
final class FarwatchDaemon: Sendable {
  let port: Int
  private let child: ChildProcess
  var pid: pid_t { child.pid }

  /// - Parameters:
  ///   - configuration: of farwatch.yml, without `listen`, `state` and `rule_files`.
  ///   - rules: of the one rule file.
  init(binary: String, configuration: String, rules: String, in directory: TemporaryDirectory) async throws {
    port = try freeLoopbackPort()
    try directory.write("rules.yml", rules)
    let file = try directory.write(
      "farwatch.yml",
      "listen: 127.0.0.1:\(port)\nstate: \(directory.file("state"))\nrule_files: [rules.yml]\n"
        + configuration)
    child = try ChildProcess(
      [binary, "run", "--config", file], output: .file(directory.file("farwatch.log")))
    let (port, child) = (port, child)
    try await waitUntil(
      timeout: .seconds(40), "farwatch is ready; its log: \(directory.file("farwatch.log"))"
    ) {
      guard child.isRunning else {
        let log = try? String(contentsOfFile: directory.file("farwatch.log"), encoding: .utf8)
        throw BenchError("farwatch ended: \(log ?? "")")
      }
      return fetch(port, "/-/ready")?.status == 200
    }
  }

  func stop() { child.stop() }
}
