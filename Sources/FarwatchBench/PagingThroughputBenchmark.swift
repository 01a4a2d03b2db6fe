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
    try await rate(try await .farwatch(binary: choice.binary, subscription: subscription))
  }

  private func alertmanager() async throws -> Double {
    try await rate(
      try await .alertmanager(route: "group_by: ['...'], group_wait: 0s, group_interval: 5s"))
  }

  private func rate(_ bench: PostedAlertsBench) async throws -> Double {
    defer { bench.stop() }
    let alerts = PostedAlerts(startsAt: Date())
    let began = SystemTime().monotonic
    try alerts.post(to: bench.port)
    let pages = try await bench.counter.arrivals(PostedAlerts.count, within: .seconds(120))
    return Double(pages.count) / ((pages.max() ?? began) - began).inSeconds
  }
}
