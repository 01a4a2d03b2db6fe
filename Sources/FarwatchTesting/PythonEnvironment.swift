internal import Glibc

/// The Python with the packages of Tests/requirements.txt, which `make deps-test` installs.
package struct PythonEnvironment: Sendable {
  /// The interpreter's path.
  package let interpreter: String

  /// Throws, saying what to run, when the environment is not there: a test that needs it fails, it is not skipped.
  ///
  /// - Parameter file: of the caller, to find the project's folder.
  package init(file: String = #filePath) throws {
    var folder = file.split(separator: "/", omittingEmptySubsequences: false)
    while let last = folder.last, last != "Tests", last != "Sources" { folder.removeLast() }
    let root = folder.dropLast().joined(separator: "/")
    interpreter = "\(root)/.build/python/bin/python"
    guard access("\(root)/.build/python/installed", F_OK) == 0, access(interpreter, X_OK) == 0 else {
      throw BenchError("no \(interpreter) with what Tests/requirements.txt names: run `make deps-test`")
    }
  }

  /// Starts a script that is given as text.
  package func start(
    _ script: String, _ arguments: [String] = [], environment: [String: String] = [:]
  ) throws -> ChildProcess {
    try ChildProcess([interpreter, "-u", "-c", script] + arguments, environment: environment)
  }

  /// Starts a server and waits until its output tells its port in a line of its own, as `port 40123`.
  package func serve(
    _ script: String, _ arguments: [String] = [], environment: [String: String] = [:]
  ) async throws -> (process: ChildProcess, port: Int) {
    let process = try start(script, arguments, environment: environment)
    var port: Int?
    try await waitUntil("a line with the port") {
      if let end = process.poll() { throw BenchError("the server ended with \(end): \(process.output)") }
      port = process.output.split(separator: "\n").first { $0.hasPrefix("port ") }
        .flatMap { Int($0.dropFirst(5)) }
      return port != nil
    }
    return (process, port ?? 0)
  }
}
