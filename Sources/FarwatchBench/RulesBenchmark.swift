import Alerting
import FarwatchTesting
import Foundation
import HTTPServer
import Model
import PromQL
import SampleStore
import StrictYAML
import Synchronization

/// CPU of one rule evaluation: Farwatch's store and rule engine in this process, Prometheus as it runs, both on the
/// same series and rules.
///
/// Of Prometheus, the CPU of the same time with the same scrapes and no rules is taken off; of Farwatch, only the rule
/// engine's own runs count. A pass is one run in which every rule is evaluated.
struct RulesBenchmark {
  private let choice: Choice

  init(_ choice: Choice) { self.choice = choice }

  func run() async throws {
    let directory = try TemporaryDirectory("farwatch-bench", mode: 0o755)
    for count in [1000, 5000] {
      var ours: [Double] = []
      var passes: [Double] = []
      for _ in 0..<choice.repetitions {
        let own = try OwnRules(count).measure(rounds: 40)
        ours.append(own.microsecondsEach)
        passes.append(own.passMilliseconds)
      }
      say(
        ResultLine(
          name: "pass-\(count)",
          what: "ms from start to end of a pass over \(count) rules, every series changed",
          ours: passes, goal: count == 5000 ? "100 ms" : ""
        ).text)
      let theirs = try await RulesPeer(count, in: directory).measure(
        seconds: choice.seconds, repetitions: choice.repetitions)
      say(
        ResultLine(
          name: "rules-\(count)", what: "µs of CPU a rule evaluation, 10,000 series",
          ours: ours, theirs: theirs, peer: "Prometheus", goal: "ratio 0.033"
        ).text)
    }
  }
}

/// The store and the rule engine of Farwatch in simulated time.
private struct OwnRules {
  private let store = SampleStore()
  private let engine: RuleEngine
  private var series: [SeriesID] = []
  private let ruleCount: Int

  init(_ count: Int) throws {
    ruleCount = count
    let problems = Problems(file: "load.yml")
    let loaded = RuleFile.read(RuleLoad.rules(count), file: "load.yml", problems)
    guard problems.list.isEmpty else { throw BenchError("\(problems.list)") }
    var settings = RuleSettings()
    settings.evaluationInterval = .seconds(RuleLoad.intervalSeconds)
    engine = RuleEngine(
      groups: loaded.groups, settings: settings, reader: store, appender: store, clock: SystemTime(),
      restoring: [])
    for family in 0..<RuleLoad.families {
      let metric = MetricFamily.gauge(RuleLoad.name(family), "")
      for place in 0..<RuleLoad.seriesPerFamily {
        guard let id = store.series(metric, RuleLoad.labels(place)) else {
          throw BenchError("series refused")
        }
        series.append(id)
      }
    }
  }

  func measure(rounds: Int) throws -> (microsecondsEach: Double, passMilliseconds: Double) {
    var busy = 0.0
    var evaluations = 0
    var passes: [Double] = []
    let begin = Timestamp(year: 2026, month: 1, day: 1)
    for round in 0..<rounds {
      let now = begin + .seconds(round * RuleLoad.intervalSeconds)
      for family in 0..<RuleLoad.families {
        for place in 0..<RuleLoad.seriesPerFamily {
          store.append(
            RuleLoad.value(family, place, round: round), at: now,
            to: series[family * RuleLoad.seriesPerFamily + place])
        }
      }
      let monotonic = MonotonicInstant(nanoseconds: Int64(round * RuleLoad.intervalSeconds) * 1_000_000_000)
      let (cpu, wall) = (Self.threadSeconds(), SystemTime().monotonic)
      for id in store.takeChanged() { engine.seriesChanged(id) }
      let decisions = engine.run(now: now, monotonic: monotonic)
      // Windows fill and plans are made in the first minute.
      guard round >= 15 else { continue }
      busy += Self.threadSeconds() - cpu
      passes.append((SystemTime().monotonic - wall).inSeconds * 1000)
      evaluations += decisions.statistics.evaluations
      guard decisions.statistics.evaluations >= ruleCount, decisions.statistics.failures == 0 else {
        throw BenchError("\(decisions.statistics.evaluations) of \(ruleCount) rules were evaluated in a pass")
      }
    }
    return (busy / Double(evaluations) * 1e6, median(passes))
  }

  private static func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

/// A Prometheus that scrapes the series and evaluates the rules.
private final class RulesPeer {
  private let directory: TemporaryDirectory
  private let ruleCount: Int
  private let port: Int
  private let server: HTTPServer
  private let prometheus: ChildProcess

  init(_ count: Int, in directory: TemporaryDirectory) async throws {
    self.directory = directory
    ruleCount = count
    let round = Mutex(0)
    server = try HTTPServer(HTTPServerSettings(address: "127.0.0.1:0")) { _ in
      let now = round.withLock { round in
        round += 1
        return round
      }
      return .text(200, RuleLoad.page(round: now))
    }
    port = try freeLoopbackPort()
    let file = try directory.write("rules-peer.yml", Self.configuration(server.port, rules: false))
    try directory.write("load.yml", RuleLoad.rules(count))
    prometheus = try ChildProcess(
      [
        "prometheus", "--config.file=\(file)", "--storage.tsdb.path=\(directory.file("tsdb-\(count)"))",
        "--web.listen-address=127.0.0.1:\(port)",
      ], output: .file(directory.file("rules-peer.log")))
    let port = port
    let log = directory.file("rules-peer.log")
    try await waitUntil(timeout: .seconds(30), "Prometheus is ready; log: \(log)") {
      fetch(port, "/-/ready")?.status == 200
    }
  }

  private static func configuration(_ port: UInt16, rules: Bool) -> String {
    """
    global: {scrape_interval: \(RuleLoad.intervalSeconds)s, evaluation_interval: \(RuleLoad.intervalSeconds)s}
    \(rules ? "rule_files: [load.yml]" : "")
    scrape_configs:
      - job_name: load
        static_configs: [{targets: ["127.0.0.1:\(port)"]}]

    """
  }

  func measure(seconds: Int, repetitions: Int) async throws -> [Double] {
    defer {
      prometheus.stop()
      server.stop()
    }
    // Windows fill: what a rule reads is the same in all that follows.
    try await Task.sleep(for: .seconds(65))
    let idle = try await use(seconds).cpu
    try directory.write("rules-peer.yml", Self.configuration(server.port, rules: true))
    prometheus.signal(SIGHUP)
    try await Task.sleep(for: .seconds(15))
    var out: [Double] = []
    for _ in 0..<repetitions {
      let used = try await use(seconds)
      // On a small machine it cannot keep its interval; what one evaluation costs can be told all the same.
      guard used.evaluations >= 500 else {
        throw BenchError("Prometheus evaluated \(used.evaluations) rules in \(seconds) s")
      }
      out.append((used.cpu - idle) / used.evaluations * 1e6)
    }
    return out
  }

  private func use(_ seconds: Int) async throws -> (cpu: Double, evaluations: Double) {
    let before = (try ProcessUse.cpuSeconds([prometheus.pid]), try await evaluations())
    try await Task.sleep(for: .seconds(seconds))
    return (try ProcessUse.cpuSeconds([prometheus.pid]) - before.0, try await evaluations() - before.1)
  }

  private func evaluations() async throws -> Double {
    // Sent in chunks, which `fetch` does not read.
    let page = try await ChildProcess.run(["curl", "-sf", "http://127.0.0.1:\(port)/metrics"])
    return page.split(separator: "\n").filter { $0.hasPrefix("prometheus_rule_evaluations_total{") }
      .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
  }
}
