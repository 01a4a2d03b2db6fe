import Foundation

/// Kills a real daemon again and again while its receivers fail in every way and alerts begin and end, and judges what
/// the receivers were told.
///
/// The poster does as Prometheus does: it posts what holds again and again, so the truth is its own list. A page is
/// lost when a receiver does not know how an alert stands once all is calm; an end is false when it was told while the
/// poster had not ended the alert; a repeat is explained by a death since the message was taken.
package final class PagingChaos {
  package struct Verdict: Sendable {
    package var kills = 0
    package var messages = 0
    package var refused = 0
    package var repeats = 0
    package var problems: [String] = []
  }

  private struct Alert {
    var startsAt: Date
    var endsAt: Date?
  }

  private let binary: String
  private let directory: TemporaryDirectory
  private let receivers: [ChaoticReceiver]
  private let port: Int
  private var random: SeededNumbers
  private var alerts: [String: Alert] = [:]
  private var verdict = Verdict()
  private var daemon: ChildProcess?
  private static let shards = 8

  package init(binary: String, seed: UInt64) throws {
    self.binary = binary
    random = SeededNumbers(seed: seed)
    directory = try TemporaryDirectory("farwatch-chaos")
    receivers = [try ChaoticReceiver(), try ChaoticReceiver(), try ChaoticReceiver()]
    port = try freeLoopbackPort()
    try directory.write("rules.yml", "groups: []\n")
    let retry = "retry: {no_delay_retries: 1, min_delay_retries: 2, min_delay: 100ms, max_delay: 400ms}"
    func subscription(_ place: Int) -> String {
      "{protocol: http, endpoint: \"\(receivers[place].url)\", confirm: skip, timeout: 1s, \(retry)}"
    }
    try directory.write(
      "farwatch.yml",
      """
      listen: 127.0.0.1:\(port)
      state: state
      vantage: chaos
      regions: {taiwan: {}}
      rule_files: [rules.yml]
      topics:
        alone: {subscriptions: [\(subscription(0)), \(subscription(1))]}
        grouped: {subscriptions: [\(subscription(2))]}
      routes:
        - {topic: alone, continue: true}
        - {topic: grouped, group_by: [cluster], group_wait: 200ms, group_interval: 1s}

      """)
  }

  package var log: String { directory.file("farwatch.log") }

  /// Kills the daemon `kills` times; then lets all come to rest and judges.
  package func run(kills: Int, progress: (Int) -> Void = { _ in }) async throws -> Verdict {
    defer {
      daemon?.stop()
      for receiver in receivers { receiver.stop() }
    }
    for kill in 0..<kills {
      try start()
      // The moment of death is meant to be any: during the start, a commit, a delivery.
      let end = Date().addingTimeInterval(Double.random(in: 0.02...1.2, using: &random))
      while Date() < end {
        change()
        await post()
        try await Task.sleep(for: .milliseconds(Int.random(in: 5...80, using: &random)))
      }
      try await die()
      progress(kill + 1)
    }
    try start()
    try await calm(ending: false)
    try await calm(ending: true)
    judgeRepeats()
    verdict.messages = receivers.reduce(0) { $0 + $1.taken.count }
    verdict.refused = receivers.reduce(0) { $0 + $1.refused }
    return verdict
  }

  private func start() throws {
    daemon = try ChildProcess(
      [binary, "run", "--config", directory.file("farwatch.yml")], output: .file(log))
  }

  private func die() async throws {
    guard let daemon else { return }
    if !daemon.isRunning { verdict.problems.append("it ended by itself; \(log)") }
    daemon.signal(9)
    try await daemon.wait()
    for receiver in receivers { receiver.senderDied() }
    verdict.kills += 1
  }

  private func change() {
    for _ in 0..<Int.random(in: 0...2, using: &random) {
      let name = "shard-\(Int.random(in: 0..<Self.shards, using: &random))"
      if let alert = alerts[name], alert.endsAt == nil {
        alerts[name]?.endsAt = Date()
      } else {
        alerts[name] = Alert(startsAt: Date())
      }
    }
    for receiver in receivers where Int.random(in: 0..<6, using: &random) == 0 {
      receiver.fail(
        Bool.random(using: &random)
          ? .none : ChaoticReceiver.Failure.allCases.randomElement(using: &random) ?? .none)
    }
  }

  /// Posts how every alert stands; what is not taken is posted again soon.
  private func post() async {
    let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    let list = alerts.sorted { $0.key < $1.key }.map { name, alert in
      let end = alert.endsAt.map { ",\"endsAt\":\"\($0.formatted(format))\"" } ?? ""
      let cluster = "c\(name.utf8.last.map { $0 % 2 } ?? 0)"
      return """
        {"labels":{"alertname":"ShardDown","shard":"\(name)","cluster":"\(cluster)"},\
        "generatorURL":"http://prometheus.test/","startsAt":"\(alert.startsAt.formatted(format))"\(end)}
        """
    }
    _ = try? await ChildProcess.run([
      "curl", "-s", "-m", "2", "-H", "Content-Type: application/json", "-d",
      "[\(list.joined(separator: ","))]", "http://127.0.0.1:\(port)/api/v2/alerts",
    ])
  }

  /// Receivers work and nothing changes: then everybody knows how things stand.
  private func calm(ending: Bool) async throws {
    for receiver in receivers { receiver.fail(.none) }
    if ending { for name in alerts.keys where alerts[name]?.endsAt == nil { alerts[name]?.endsAt = Date() } }
    let deadline = Date().addingTimeInterval(30)
    var wrong: [String] = []
    repeat {
      await post()
      try await Task.sleep(for: .milliseconds(300))
      wrong = receivers.enumerated().flatMap { place, receiver in ignorance(receiver, "receiver \(place)") }
    } while !wrong.isEmpty && Date() < deadline
    verdict.problems += wrong
  }

  // MARK: The judge

  private struct Told {
    var id: String
    var alerts: [(shard: String, isFiring: Bool)]
  }

  /// What one message says: the news of an alert or of a group, in SNS' envelope.
  private func read(_ message: ChaoticReceiver.Message) -> Told? {
    guard let envelope = try? JSONSerialization.jsonObject(with: Data(message.body)) as? [String: Any],
      let id = envelope["MessageId"] as? String, let text = envelope["Message"] as? String,
      let inner = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    else { return nil }
    let own = inner["Farwatch"] as? [String: Any]
    if let alerts = own?["alerts"] as? [[String: Any]] {
      return Told(
        id: id,
        alerts: alerts.compactMap { alert in
          (alert["labels"] as? [String: String])?["shard"].map {
            ($0, alert["status"] as? String == "firing")
          }
        })
    }
    let shard = (own?["labels"] as? [String: String])?["shard"] ?? ""
    return Told(id: id, alerts: [(shard, inner["NewStateValue"] as? String == "ALARM")])
  }

  /// What a receiver thinks that is not so.
  private func ignorance(_ receiver: ChaoticReceiver, _ name: String) -> [String] {
    var view: [String: Bool] = [:]
    var seen: Set<String> = []
    for message in receiver.taken {
      guard let told = read(message) else { return ["\(name) cannot read a message"] }
      guard seen.insert(told.id).inserted else { continue }
      for alert in told.alerts { view[alert.shard] = alert.isFiring }
    }
    return alerts.sorted { $0.key < $1.key }.compactMap { shard, alert in
      let fires = alert.endsAt == nil
      if fires == view[shard] ?? false { return nil }
      return "\(name): \(shard) \(fires ? "fires and it does not know" : "is over and it does not know")"
    }
  }

  private func judgeRepeats() {
    for (place, receiver) in receivers.enumerated() {
      var first: [String: (deaths: Int, times: Int, body: [UInt8])] = [:]
      for message in receiver.taken {
        guard let told = read(message) else { continue }
        guard let known = first[told.id] else {
          first[told.id] = (message.deaths, 1, message.body)
          continue
        }
        verdict.repeats += 1
        first[told.id]?.times += 1
        if known.times > message.deaths - known.deaths {
          verdict.problems.append("receiver \(place): \(told.id) came again without a death")
        }
      }
    }
  }
}
