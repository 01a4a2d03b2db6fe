import FarwatchTesting
import Foundation
import Model

/// 10,000 alerts posted at once that are each told by itself: how many pages a second one receiver gets, from the
/// first post to the last page.
struct PagingThroughputBenchmark {
  static let name = "paging-throughput"
  private let choice: Choice

  init(_ choice: Choice) { self.choice = choice }

  func run() async throws {
    var plain: [Double] = []
    var signed: [Double] = []
    var theirs: [Double] = []
    for _ in 0..<choice.repetitions {
      plain.append(try await farwatch { "{protocol: webhook, url: \"\($0)\"}" })
      signed.append(try await farwatch { "{protocol: http, endpoint: \"\($0)\", confirm: skip}" })
      theirs.append(try await alertmanager())
    }
    let what = "deliveries/s to one local receiver, \(PostedAlerts.count) alerts told one by one"
    let goal = "≥ 1000/s"
    say(
      ResultLine(
        name: Self.name, what: "\(what), webhook", ours: plain, theirs: theirs, peer: "Alertmanager",
        goal: goal
      ).text)
    say(
      ResultLine(
        name: "\(Self.name)-sns", what: "\(what), SNS messages with RSA signatures", ours: signed, goal: goal
      )
      .text)
  }

  private func farwatch(_ subscription: (String) -> String) async throws -> Double {
    let directory = try TemporaryDirectory("farwatch-bench")
    let counter = try PageCounter()
    defer { counter.stop() }
    let daemon = try await FarwatchDaemon(
      binary: choice.binary,
      configuration: """
        vantage: bench
        regions: {taiwan: {}}
        topics: {chat: {subscriptions: [\(subscription(counter.url))]}}
        routes: [{topic: chat}]

        """, rules: "groups: []\n", in: directory)
    defer { daemon.stop() }
    return try await rate(daemon.port, counter)
  }

  private func alertmanager() async throws -> Double {
    let directory = try TemporaryDirectory("farwatch-bench")
    let counter = try PageCounter()
    defer { counter.stop() }
    let daemon = try await AlertmanagerDaemon(
      route: "group_by: ['...'], group_wait: 0s, group_interval: 5s", webhook: counter.url, in: directory)
    defer { daemon.stop() }
    return try await rate(daemon.port, counter)
  }

  private func rate(_ port: Int, _ counter: PageCounter) async throws -> Double {
    let alerts = PostedAlerts(startsAt: Date())
    let began = SystemTime().monotonic
    try alerts.post(to: port)
    let pages = try await counter.arrivals(PostedAlerts.count, within: .seconds(120))
    return Double(pages.count) / ((pages.max() ?? began) - began).inSeconds
  }
}
