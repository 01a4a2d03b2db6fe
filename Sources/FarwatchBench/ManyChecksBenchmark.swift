import FarwatchTesting
import Foundation

/// Ten thousand HTTP checks every ten seconds: what they cost, how evenly they start, and whether one was left out.
struct ManyChecksBenchmark {
  static let name = "checks-10000"
  private static let checks = 10_000
  /// Ten checks of each, as of a service with ten things to ask for.
  private static let addresses = 1000
  private static let interval = 10
  private let choice: Choice

  init(_ choice: Choice) { self.choice = choice }

  func run() async throws {
    let directory = try TemporaryDirectory("farwatch-bench", mode: 0o755)
    let target = try await Nginx("target", in: directory, logsRequests: true)
    defer { target.stop() }
    let daemon = try await FarwatchDaemon(
      binary: choice.binary, configuration: configuration(target.port), rules: "groups: []\n", in: directory)
    defer { daemon.stop() }
    // Every check was made once, and the connections of the first round stand.
    try await Task.sleep(for: .seconds(Self.interval + 5))
    let overrunsBefore = try overruns(daemon)
    var cores: [Double] = []
    var memory: [Double] = []
    var unevenness: [Double] = []
    var missing: [Double] = []
    for _ in 0..<choice.repetitions {
      let (start, cpu) = (RequestLog.now, try ProcessUse.cpuSeconds([daemon.pid]))
      try await Task.sleep(for: .seconds(Self.interval))
      let (end, cpuAfter) = (RequestLog.now, try ProcessUse.cpuSeconds([daemon.pid]))
      cores.append((cpuAfter - cpu) / (end - start))
      memory.append(try ProcessUse.residentMegabytes([daemon.pid]))
      // The log is written a little later.
      try await Task.sleep(for: .milliseconds(500))
      let log = try RequestLog(target.requestLog, from: start, to: end)
      unevenness.append(log.unevenness(from: start, to: end))
      missing.append(Double(Self.checks) * (end - start) / Double(Self.interval) - Double(log.count))
    }
    let overruns = try overruns(daemon) - overrunsBefore
    let load = "\(Self.checks) HTTP checks every \(Self.interval) s of \(Self.addresses) addresses"
    say(ResultLine(name: Self.name, what: "cores, \(load)", ours: cores, goal: "< 0.25").text)
    say(ResultLine(name: "\(Self.name)-mem", what: "MB resident, \(load)", ours: memory).text)
    say(
      ResultLine(
        name: "\(Self.name)-even",
        what: "fullest 100 ms of starts against the mean 100 ms, as the target saw",
        ours: unevenness, goal: "≤ 1.5"
      ).text)
    say(
      ResultLine(
        name: "\(Self.name)-rate", what: "probes fewer than asked for in \(Self.interval) s", ours: missing,
        goal: "about 0"
      ).text)
    say(
      ResultLine(name: "\(Self.name)-left", what: "collections left out in all", ours: [overruns], goal: "0")
        .text)
  }

  private func overruns(_ daemon: FarwatchDaemon) throws -> Double {
    guard let page = fetch(daemon.port, "/metrics")?.body else { throw BenchError("no metrics page") }
    return MetricsText(page).sum("farwatch_collector_overruns_total")
  }

  private func configuration(_ port: Int) -> String {
    let checks = (0..<Self.checks).map { number in
      let place = number % Self.addresses
      let url = "http://127.0.\(1 + place / 250).\(1 + place % 250):\(port)/c/\(number)"
      return "    - {name: c\(number), region: east, http: {url: \"\(url)\"}}"
    }
    return """
      vantage: bench
      store: {series_limit: 1000000}
      regions: {east: {}}
      health:
        defaults: {interval: \(Self.interval)s, timeout: 2s}
        checks:
      \(checks.joined(separator: "\n"))

      """
  }
}
