import FarwatchTesting
import Foundation

/// The metrics page of a daemon that is busy with its checks, against nginx serving the same bytes from a file.
struct MetricsPageBenchmark {
  private static let requests = 200
  private let choice: Choice

  init(_ choice: Choice) { self.choice = choice }

  func run(_ daemon: FarwatchDaemon, in directory: TemporaryDirectory) async throws {
    let page = try Connection(port: daemon.port).get("/metrics").body
    let nginx = try await Nginx("files", in: directory)
    defer { nginx.stop() }
    try Data(page).write(to: URL(filePath: directory.file("files/files/metrics")))
    var ours: [Double] = []
    var theirs: [Double] = []
    for _ in 0..<choice.repetitions {
      ours.append(try await Self.microseconds(daemon.port, daemon.pid, "/metrics"))
      theirs.append(try await Self.microseconds(nginx.port, nginx.pid, "/files/metrics"))
    }
    let samples = page.split(separator: UInt8(ascii: "\n")).count { $0.first != UInt8(ascii: "#") }
    say(
      ResultLine(
        name: "metrics-page", what: "µs of CPU a request, \(samples) samples in \(page.count / 1000) kB",
        ours: ours, theirs: theirs, peer: "nginx with the same bytes in a file"
      ).text)
  }

  /// CPU of one request, less what the process uses anyway in the same time.
  static func microseconds(
    _ port: Int, _ pid: pid_t, _ path: String, headers: [String] = []
  ) async throws -> Double {
    let connection = try Connection(port: port)
    try connection.get(path, headers: headers, keep: false)
    let began = Date()
    let before = try ProcessUse.cpuSeconds([pid])
    for _ in 0..<requests { try connection.get(path, headers: headers, keep: false) }
    let busy = try ProcessUse.cpuSeconds([pid]) - before
    let took = Date().timeIntervalSince(began)
    // The same process left alone: five seconds hold one run of every check.
    try await Task.sleep(for: .seconds(5))
    let idle = (try ProcessUse.cpuSeconds([pid]) - before - busy) / 5 * took
    return max(0, busy - idle) / Double(requests) * 1e6
  }
}
