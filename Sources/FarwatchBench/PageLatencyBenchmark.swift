import FarwatchTesting
import Foundation
import Model

/// From the end of the probe that decides to the page at its receiver.
struct PageLatencyBenchmark {
  private let choice: Choice

  init(_ choice: Choice) { self.choice = choice }

  func run() async throws {
    let bench = try await PagingBench(binary: choice.binary, interval: "100ms")
    defer { bench.stop() }
    try await TransitionTimes(of: bench, rounds: choice.repetitions).report(as: "page-latency", "")
  }
}

/// From the moment that a target turns ill to the page at its receiver, with probes every second, for both stacks.
struct FaultToPageBenchmark {
  private static let faults = 5
  private let choice: Choice

  init(_ choice: Choice) { self.choice = choice }

  func run() async throws {
    let ours = try await PagingBench(binary: choice.binary, interval: "1s")
    defer { ours.stop() }
    let theirs = try await PeerPagingBench()
    defer { theirs.stop() }
    var times: (ours: [Double], theirs: [Double]) = ([], [])
    for _ in 0..<choice.repetitions {
      var round: (ours: [Double], theirs: [Double]) = ([], [])
      for _ in 0..<Self.faults {
        // Somewhere between two probes.
        try await Task.sleep(for: .milliseconds(Int.random(in: 0...1000)))
        async let our = ours.transition(well: false)
        async let their = theirs.fault()
        round.ours.append(try await our.afterTurn.inSeconds)
        round.theirs.append(try await their.inSeconds)
        async let wellAgain = ours.transition(well: true)
        try await theirs.recover()
        _ = try await wellAgain
      }
      times.ours.append(median(round.ours))
      times.theirs.append(median(round.theirs))
    }
    let what = "s from fault to page, probes every second, \(Self.faults * choice.repetitions) faults"
    say(
      ResultLine(
        name: "fault-to-page", what: what, ours: times.ours, theirs: times.theirs,
        peer: "Prometheus + blackbox_exporter + Alertmanager, all at 1 s, group_wait 0"
      ).text)
  }
}

/// One daemon that watches one target and pages one receiver.
struct PagingBench {
  private let directory: TemporaryDirectory
  private let target: FlippingTarget
  private let receiver: PageReceiver
  private let daemon: FarwatchDaemon

  /// - Parameter others: further subscriptions of the topic, each a flow mapping.
  init(binary: String, interval: String, others: [String] = []) async throws {
    directory = try TemporaryDirectory("farwatch-bench")
    target = try FlippingTarget()
    let receiver = try PageReceiver()
    self.receiver = receiver
    daemon = try await FarwatchDaemon(
      binary: binary,
      configuration: """
        vantage: bench
        regions: {taiwan: {role: primary, share: 100}}
        health:
          defaults: {interval: \(interval), timeout: 80ms, failures: 1, successes: 1}
          checks: [{name: api, region: taiwan, http: {url: "\(target.url)"}}]
        topics:
          critical:
            subscriptions:
              - {protocol: http, endpoint: "\(receiver.url)"}
        \(others.map { "      - \($0)" }.joined(separator: "\n"))
        routes: [{match: {severity: page}, topic: critical}]

        """,
      rules: """
        groups:
          - name: regions
            rules:
              - {alert: RegionDown, expr: 'farwatch_region_state{state="down"} == 1', labels: {severity: page}}

        """, in: directory)
    try await waitUntil("the subscription is confirmed") { receiver.isConfirmed }
  }

  func stop() {
    daemon.stop()
    receiver.stop()
    target.stop()
  }

  /// Turns the target and waits for the page about it.
  func transition(well: Bool) async throws -> (afterAnswer: Duration, afterTurn: Duration) {
    let seen = receiver.count
    let turned = target.turn(well: well)
    let arrived = try await receiver.page(firing: !well, after: seen)
    guard let answered = target.firstAnswerAt else { throw BenchError("a page came without an answer") }
    return (arrived - answered, arrived - turned)
  }
}

/// The same with Prometheus and what belongs to it.
private struct PeerPagingBench {
  private let directory: TemporaryDirectory
  private let target: FlippingTarget
  private let receiver: PageReceiver
  private let stack: PrometheusStack

  init() async throws {
    directory = try TemporaryDirectory("farwatch-bench")
    target = try FlippingTarget()
    receiver = try PageReceiver()
    stack = try await PrometheusStack(
      [.init(url: target.url, check: "api", region: "taiwan")], interval: "1s",
      rules: """
        groups:
          - name: regions
            rules:
              - {alert: RegionDown, expr: 'max by (region) (probe_success) == 0', labels: {severity: page}}

        """, webhook: receiver.url, in: directory)
    // The first scrapes of a Prometheus come late.
    try await Task.sleep(for: .seconds(3))
  }

  func stop() {
    stack.stop()
    receiver.stop()
    target.stop()
  }

  func fault() async throws -> Duration {
    let seen = receiver.count
    let turned = target.turn(well: false)
    return try await receiver.page(firing: true, after: seen) - turned
  }

  func recover() async throws {
    let seen = receiver.count
    target.turn(well: true)
    _ = try await receiver.page(firing: false, after: seen)
  }
}
