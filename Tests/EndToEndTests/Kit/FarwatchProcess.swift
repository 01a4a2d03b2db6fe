import FarwatchTesting
import Foundation

/// The program under test, as a user starts it.
struct FarwatchProcess {
  let child: ChildProcess
  let baseURL: String

  /// The executable that was built together with the tests.
  static var binary: String {
    if let named = ProcessInfo.processInfo.environment["FARWATCH_BINARY"] { return named }
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return URL(filePath: own).deletingLastPathComponent().appending(path: "farwatch").path
  }

  /// Starts `farwatch run` and waits until it listens.
  static func run(_ configuration: String, port: Int, log: String) async throws -> FarwatchProcess {
    let child = try ChildProcess(
      [binary, "run", "--config", configuration, "--log-level", "debug"], output: .file(log))
    let process = FarwatchProcess(child: child, baseURL: "http://127.0.0.1:\(port)")
    try await waitUntil(timeout: .seconds(20), "farwatch listens; its log: \(log)") {
      guard child.isRunning else { return false }
      return await process.get("/-/healthy")?.status == 200
    }
    return process
  }

  func get(_ path: String) async -> (status: Int, body: String)? {
    await Web.get(baseURL + path)
  }

  /// The value of the one series on the metrics page that begins with `series`; nil when there is none.
  func metric(_ series: String) async -> Double? {
    guard let page = await get("/metrics")?.body else { return nil }
    for line in page.split(separator: "\n") where line.hasPrefix(series) {
      return line.split(separator: " ").last.flatMap { Double($0) }
    }
    return nil
  }

  /// Waits until rules are judged.
  func becomeReady() async throws {
    try await waitUntil(timeout: .seconds(30), "farwatch is ready") { await get("/-/ready")?.status == 200 }
  }
}

/// A few lines of HTTP for tests; curl, because it is nobody's here.
enum Web {
  static func get(_ url: String) async -> (status: Int, body: String)? { await request(["-g", url]) }

  static func post(_ url: String) async -> (status: Int, body: String)? {
    await request(["-X", "POST", "-g", url])
  }

  private static func request(_ arguments: [String]) async -> (status: Int, body: String)? {
    let all = ["curl", "-s", "-m", "5", "-w", "\n%{http_code}"] + arguments
    guard let output = try? await ChildProcess.run(all) else { return nil }
    guard let end = output.lastIndex(of: "\n"), let status = Int(output[output.index(after: end)...]) else {
      return nil
    }
    return (status, String(output[..<end]))
  }
}
