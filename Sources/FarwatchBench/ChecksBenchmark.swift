import FarwatchTesting
import Foundation

/// A thousand HTTP checks every five seconds, each of a host of its own, done by both stacks at the same time; and
/// what the page of so many series costs.
struct ChecksBenchmark {
  private static let checks = 1000
  private static let intervalSeconds = 5
  private static let regions = ["taiwan", "japan"]
  private static let peer = "Prometheus + blackbox_exporter"
  private let choice: Choice

  init(_ choice: Choice) { self.choice = choice }

  func run() async throws {
    let directory = try TemporaryDirectory("farwatch-bench", mode: 0o755)
    // Each stack has a target of its own, which tells how many probes it really made.
    let ourTarget = try await Nginx("our-target", in: directory)
    defer { ourTarget.stop() }
    let theirTarget = try await Nginx("their-target", in: directory)
    defer { theirTarget.stop() }
    let daemon = try await FarwatchDaemon(
      binary: choice.binary, configuration: configuration(ourTarget.port), rules: Self.rules(ours: true),
      in: directory)
    defer { daemon.stop() }
    if choice.includes(["checks-cpu", "checks-memory"]) {
      let stack = try await PrometheusStack(
        targets(theirTarget.port), interval: "\(Self.intervalSeconds)s", rules: Self.rules(ours: false),
        webhook: nil, in: directory)
      defer { stack.stop() }
      try await measureChecks(daemon, ourTarget, stack, theirTarget)
    }
    if choice.includes(["metrics-page"]) {
      try await MetricsPageBenchmark(choice).run(daemon, in: directory)
    }
  }

  private func measureChecks(
    _ daemon: FarwatchDaemon, _ ourTarget: Nginx, _ stack: PrometheusStack, _ theirTarget: Nginx
  ) async throws {
    var ours: [Double] = []
    var theirs: [Double] = []
    var ourMemory: [Double] = []
    var theirMemory: [Double] = []
    var ourOwn: [Double] = []
    var theirOwn: [Double] = []
    var rates = (0.0, 0.0)
    // Two whole rounds: connections stand, series exist.
    try await Task.sleep(for: .seconds(12))
    for _ in 0..<choice.repetitions {
      let before = try (Self.sample([daemon.pid], ourTarget), Self.sample(stack.pids, theirTarget))
      try await Task.sleep(for: .seconds(choice.seconds))
      let after = try (Self.sample([daemon.pid], ourTarget), Self.sample(stack.pids, theirTarget))
      // One request was the second question for their number.
      let probes = (after.0.probes - before.0.probes - 1, after.1.probes - before.1.probes - 1)
      rates = (probes.0 / Double(choice.seconds), probes.1 / Double(choice.seconds))
      let expected = Double(Self.checks / Self.intervalSeconds)
      guard rates.0 > 0.8 * expected, rates.1 > 0.8 * expected else {
        throw BenchError("\(expected) probes a second were asked for; made: \(rates.0) and \(rates.1)")
      }
      ours.append((after.0.cpu - before.0.cpu) / probes.0 * 1e6)
      theirs.append((after.1.cpu - before.1.cpu) / probes.1 * 1e6)
      ourMemory.append(try ProcessUse.residentMegabytes([daemon.pid]))
      theirMemory.append(try ProcessUse.residentMegabytes(stack.pids))
      ourOwn.append(try ProcessUse.ownMegabytes([daemon.pid]))
      theirOwn.append(try ProcessUse.ownMegabytes(stack.pids))
    }
    if choice.includes(["checks-cpu"]) {
      let what = "µs of CPU a check, \(Int(rates.0.rounded())) and \(Int(rates.1.rounded())) checks a second"
      say(
        ResultLine(
          name: "checks-cpu", what: what, ours: ours, theirs: theirs, peer: Self.peer, goal: "ratio ≤ 0.067"
        ).text)
    }
    if choice.includes(["checks-memory"]) {
      say(
        ResultLine(
          name: "checks-memory", what: "MB resident with \(Self.checks) checks", ours: ourMemory,
          theirs: theirMemory, peer: Self.peer, goal: "ratio ≤ 0.167"
        ).text)
      say(
        ResultLine(
          name: "checks-memory-own", what: "MB of that without code and other pages of files", ours: ourOwn,
          theirs: theirOwn, peer: Self.peer
        ).text)
    }
  }

  private static func sample(_ pids: [pid_t], _ target: Nginx) throws -> (cpu: Double, probes: Double) {
    (try ProcessUse.cpuSeconds(pids), try target.requests())
  }

  private func targets(_ port: Int) -> [PrometheusStack.Target] {
    (0..<Self.checks).map { number in
      // All of 127.0.0.0/8 is this machine.
      .init(
        url: "http://127.0.\(1 + number / 250).\(1 + number % 250):\(port)/c/\(number)",
        check: "c\(number)", region: Self.regions[number % 2])
    }
  }

  private func configuration(_ port: Int) -> String {
    let checks = targets(port).map {
      "    - {name: \($0.check), region: \($0.region), http: {url: \"\($0.url)\"}}"
    }
    return """
      vantage: bench
      regions:
        taiwan: {role: primary, share: 60}
        japan: {role: secondary, share: 40}
      health:
        defaults: {interval: \(Self.intervalSeconds)s, timeout: 2s, failures: 2, successes: 2, confirm: 500ms}
        checks:
      \(checks.joined(separator: "\n"))

      """
  }

  private static func rules(ours: Bool) -> String {
    let region = ours ? "farwatch_region_state{state=\"down\"} == 1" : "max by (region) (probe_success) == 0"
    let check =
      ours
      ? "max by (check, region) (farwatch_check_state{state=\"down\"}) == 1"
      : "max by (check, region) (probe_success) == 0"
    let degraded =
      ours
      ? "farwatch_region_state{state=\"degraded\"} == 1"
      : "min by (region) (probe_success) == 0 and max by (region) (probe_success) == 1"
    return """
      groups:
        - name: regions
          interval: \(intervalSeconds)s
          rules:
            - {alert: RegionDown, expr: '\(region)', for: 5s, labels: {severity: page}}
            - {alert: RegionDegraded, expr: '\(degraded)', for: 2m, labels: {severity: warn}}
            - {alert: CheckDown, expr: '\(check)', for: 1m, labels: {severity: warn}}

      """
  }
}
