import FarwatchTesting

/// An exporter of Debian on a port of its own.
final class Exporter: Sendable {
  private let port: Int
  private let child: ChildProcess

  init(
    _ program: String, _ arguments: [String] = [], environment: [String: String] = [:],
    in directory: TemporaryDirectory
  ) async throws {
    port = try freeLoopbackPort()
    let log = directory.file("\(program)-\(port).log")
    child = try ChildProcess(
      [program, "--web.listen-address=127.0.0.1:\(port)"] + arguments, environment: environment,
      output: .file(log))
    let child = child
    try await waitUntil(every: .milliseconds(100), "\(program) answers; its log: \(log)") {
      guard child.isRunning else { throw BenchError("\(program) ended; its log: \(log)") }
      return (try? await self.page()) != nil
    }
  }

  /// Asks its target anew, as every scrape does.
  func page(_ path: String = "/metrics") async throws -> MetricsText {
    // Exporters send their pages in chunks.
    MetricsText(
      try await ChildProcess.run(["curl", "-sSf", "--max-time", "20", "http://127.0.0.1:\(port)\(path)"]))
  }
}
