import FarwatchTesting
import Foundation

/// A hundred good targets probed every second by two daemons at once: one has nothing else to do, the other also has a
/// thousand targets that accept and never say a word.
struct HangingTargetsBenchmark {
  static let name = "checks-hanging"
  private static let good = 100
  private static let hanging = 1000
  private let choice: Choice

  init(_ choice: Choice) { self.choice = choice }

  func run() async throws {
    let target: Nginx
    let folders = (
      try TemporaryDirectory("farwatch-bench", mode: 0o755), try TemporaryDirectory("farwatch-bench")
    )
    target = try await Nginx("target", in: folders.0, logsRequests: true)
    defer { target.stop() }
    let silent = try LoopbackServer { _ in [.hang] }
    defer { silent.stop() }
    let alone = try await FarwatchDaemon(
      binary: choice.binary, configuration: configuration("alone", target.port, silent: nil),
      rules: "groups: []\n", in: folders.0)
    defer { alone.stop() }
    let beside = try await FarwatchDaemon(
      binary: choice.binary, configuration: configuration("beside", target.port, silent: silent.port),
      rules: "groups: []\n", in: folders.1)
    defer { beside.stop() }
    // Every target was found hanging, and its state is settled.
    try await Task.sleep(for: .seconds(12))
    var ours: [(median: Double, tail: Double)] = []
    var theirs: [(median: Double, tail: Double)] = []
    var cores: [Double] = []
    for _ in 0..<choice.repetitions {
      let (start, cpu) = (RequestLog.now, try ProcessUse.cpuSeconds([beside.pid]))
      try await Task.sleep(for: .seconds(choice.seconds))
      let (end, cpuAfter) = (RequestLog.now, try ProcessUse.cpuSeconds([beside.pid]))
      cores.append((cpuAfter - cpu) / (end - start))
      try await Task.sleep(for: .milliseconds(500))
      let log = try RequestLog(target.requestLog, from: start, to: end)
      let both = ["/c/beside/", "/c/alone/"].map { log.lateness(paths: $0, interval: 1) }
      let expected = Self.good * (choice.seconds - 2)
      guard both.allSatisfy({ $0.count >= expected }) else {
        throw BenchError("\(expected) probes of good targets were to be seen; seen: \(both.map(\.count))")
      }
      ours.append((quantile(0.5, both[0]), quantile(0.99, both[0])))
      theirs.append((quantile(0.5, both[1]), quantile(0.99, both[1])))
    }
    let load = "\(Self.good) good targets every second beside \(Self.hanging) that hang"
    let peer = "the same without those that hang"
    say(
      ResultLine(
        name: "\(Self.name)-p50", what: "ms that a probe starts late, \(load)", ours: ours.map(\.median),
        theirs: theirs.map(\.median), peer: peer
      ).text)
    say(
      ResultLine(
        name: "\(Self.name)-p99", what: "ms that a probe starts late, \(load)", ours: ours.map(\.tail),
        theirs: theirs.map(\.tail), peer: peer, goal: "at most 5 ms more"
      ).text)
    say(ResultLine(name: "\(Self.name)-cpu", what: "cores, \(load)", ours: cores).text)
    try verdicts(beside)
  }

  /// Late is one thing, wrong another: the good are well and the others are down for being silent.
  private func verdicts(_ daemon: FarwatchDaemon) throws {
    guard let page = fetch(daemon.port, "/metrics").map({ MetricsText($0.body) }) else {
      throw BenchError("no metrics page")
    }
    let (well, ill) = (page.count("probe_success", of: 1), page.count("probe_success", of: 0))
    guard well == Self.good, ill == Self.hanging else {
      throw BenchError("\(well) checks are well and \(ill) are not; to be: \(Self.good), \(Self.hanging)")
    }
  }

  private func configuration(_ name: String, _ port: Int, silent: Int?) -> String {
    var checks = (0..<Self.good).map {
      "    - {name: g\($0), region: east, http: {url: \"http://127.0.9.\(1 + $0):\(port)/c/\(name)/\($0)\"}}"
    }
    if let silent {
      checks += (0..<Self.hanging).map {
        "    - {name: h\($0), region: east, interval: 5s, timeout: 4s, http: {url: \"http://127.0."
          + "\(10 + $0 / 250).\(1 + $0 % 250):\(silent)/\"}}"
      }
    }
    return """
      vantage: bench
      regions: {east: {}}
      health:
        defaults: {interval: 1s, timeout: 900ms}
        checks:
      \(checks.joined(separator: "\n"))

      """
  }
}
