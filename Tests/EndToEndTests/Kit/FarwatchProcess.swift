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

  /// Starts `farwatch run` and does not wait for it.
  static func start(
    _ configuration: String, port: Int, log: String, user: String? = nil
  ) throws -> FarwatchProcess {
    let child = try ChildProcess(
      [binary, "run", "--config", configuration, "--log-level", "debug"], user: user, output: .file(log))
    return FarwatchProcess(child: child, baseURL: "http://127.0.0.1:\(port)")
  }

  /// Starts `farwatch run` and waits until it listens.
  static func run(
    _ configuration: String, port: Int, log: String, user: String? = nil
  ) async throws -> FarwatchProcess {
    let process = try start(configuration, port: port, log: log, user: user)
    let child = process.child
    try await waitUntil(timeout: .seconds(90), "farwatch listens; its log: \(log)") {
      if let end = child.poll() {
        throw BenchError(
          "farwatch ended with \(end): \((try? String(contentsOfFile: log, encoding: .utf8)) ?? "")")
      }
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

  /// The metrics page as it is now; nil when it cannot be had.
  func page() async -> MetricsText? { await get("/metrics").map { MetricsText(text: $0.body) } }

  /// The value of the one series of `family` that has at least these labels; nil when there is none.
  func series(_ family: String, _ labels: [String: String] = [:]) async -> Double? {
    await page()?.value(family, labels)
  }

  /// Whether the status page shows this alert of this region as firing.
  func fires(_ alert: String, in region: String) async -> Bool {
    let rows = await get("/alerts")?.body.components(separatedBy: "<tr") ?? []
    return rows.contains {
      $0.contains(">\(alert)</th>") && $0.contains(">firing") && $0.contains("region=&quot;\(region)&quot;")
    }
  }

  /// Kills it as a power cut does, and waits until it is gone.
  func kill() async throws {
    child.signal(SIGKILL)
    try await child.wait()
  }

  /// Waits until rules are judged.
  func becomeReady() async throws {
    try await waitUntil(timeout: .seconds(90), "farwatch is ready") { await get("/-/ready")?.status == 200 }
  }
}

/// A metrics page, read as plainly as possible.
struct MetricsText {
  let text: String

  /// The value of the first series of `family` that has at least these labels; nil when there is none.
  func value(_ family: String, _ labels: [String: String] = [:]) -> Double? {
    for line in text.split(separator: "\n") {
      guard line.hasPrefix(family + "{") || line.hasPrefix(family + " ") else { continue }
      guard labels.allSatisfy({ line.contains("\($0.key)=\"\($0.value)\"") }) else { continue }
      return line.split(separator: " ").last.flatMap { Double($0) }
    }
    return nil
  }
}

/// A few lines of HTTP for tests; curl, because it is nobody's here.
enum Web {
  static func get(_ url: String) async -> (status: Int, body: String)? { await request(["-g", url]) }

  static func post(
    _ url: String, headers: [String] = [], body: String = ""
  ) async -> (status: Int, body: String)? {
    await request(headers.flatMap { ["-H", $0] } + ["-X", "POST", "-d", body, "-g", url])
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
