internal import FoundationEssentials
internal import Model
internal import StatusPage
internal import Terminal
internal import Threading

/// Whom `farwatch prove` is about, and how it is told.
package struct ProveOptions: Sendable {
  package var receiver: String?
  package var topic: String?
  package var asJSON: Bool
  private(set) var timeout: Duration

  /// - Parameter timeout: a duration such as `30s`.
  package init(receiver: String?, topic: String?, timeout: String, asJSON: Bool) throws(AskingFailure) {
    guard let wait = DurationText.parse(timeout), wait > .zero, wait <= .seconds(3600) else {
      throw AskingFailure(
        "--timeout \"\(timeout)\" is no duration such as 30s, or longer than 1h", isMisuse: true)
    }
    self.receiver = receiver
    self.topic = topic
    self.asJSON = asJSON
    self.timeout = wait
  }
}

/// A receiver as `/api/farwatch/proofs` gives it.
private struct ListedProof: Decodable {
  struct Run: Decodable {
    var id: String
    var state: String
    var milliseconds: Int?
    var attempts: Int
    var reason: String?
    var detail: String
  }

  var name: String
  var endpoint: String
  var subscription: String
  var run: Run?
}

/// `farwatch prove`.
extension RunningFarwatch {
  private static let pause: Duration = .milliseconds(100)
  private static let path = "/api/farwatch/proofs"

  /// Sends a test page to each chosen receiver and waits for what comes of it: lines for a person, or JSON, and
  /// whether all were taken.
  ///
  /// - Parameter progress: hears how many receivers of how many have answered.
  package func prove(
    _ options: ProveOptions, progress: (_ done: Int, _ all: Int) -> Void = { _, _ in }
  ) throws(AskingFailure) -> (lines: [String], areAllProven: Bool) {
    let query =
      options.receiver.map { [("receiver", $0)] } ?? options.topic.map { [("topic", $0)] } ?? []
    let end = SystemTime().monotonic + options.timeout
    let asked = try decode([ListedProof].self, try post(Self.path, query))
    let runs = Dictionary(asked.map { ($0.subscription, $0.run?.id) }) { first, _ in first }
    let bell = Bell()
    while true {
      // Those that another run replaced meanwhile, or a reload took away, are not told of as if they were ours.
      let all = try decode([ListedProof].self, try get(Self.path))
      let listed = all.filter { $0.run != nil && runs[$0.subscription] == .some($0.run?.id) }
      let isOver = listed.allSatisfy { $0.run?.state != "trying" }
      if isOver || SystemTime().monotonic >= end {
        let lost = asked.filter { one in !listed.contains { $0.subscription == one.subscription } }
        let good = lost.isEmpty && listed.allSatisfy { $0.run?.state == "taken" }
        if options.asJSON { return ([try json(listed, options)], good) }
        return (listed.map { line($0, options) } + lost.map { "\($0.name) is no longer configured" }, good)
      }
      progress(listed.count { $0.run?.state != "trying" }, listed.count)
      _ = bell.wait(upTo: Self.pause)
    }
  }

  private func line(_ proof: ListedProof, _ options: ProveOptions) -> String {
    guard let run = proof.run else { return TerminalText.plain(proof.name) }
    let who = proof.endpoint.isEmpty ? proof.name : "\(proof.name) (\(proof.endpoint))"
    let why = [run.reason == "status" ? nil : run.reason, run.detail.isEmpty ? nil : run.detail]
      .compactMap { $0 }.joined(separator: ": ")
    let tries = run.attempts > 1 ? " at attempt \(run.attempts)" : ""
    let text: String =
      switch run.state {
      case "taken": "taken after \(run.milliseconds ?? 0) ms\(tries): \(why)"
      case "failed": "FAILED: \(why)" + (run.attempts > 0 ? " (\(run.attempts) attempts)" : "")
      default:
        "still trying after \(StatusPage.text(options.timeout)): "
          + (run.attempts == 0
            ? "no answer yet; is the subscription confirmed?" : "\(why) (\(run.attempts) attempts)")
      }
    return TerminalText.plain("\(who): \(text)")
  }

  private func json(_ listed: [ListedProof], _ options: ProveOptions) throws(AskingFailure) -> String {
    OrderedJSON.array(
      listed.map { proof in
        var members: [OrderedJSON.Member] = [
          .init("name", .string(proof.name)), .init("endpoint", .string(proof.endpoint)),
          .init("subscription", .string(proof.subscription)),
        ]
        if let run = proof.run {
          members += [.init("state", .string(run.state)), .init("attempts", .integer(run.attempts))]
          if let took = run.milliseconds { members.append(.init("milliseconds", .integer(took))) }
          if let reason = run.reason { members.append(.init("reason", .string(reason))) }
          members.append(.init("detail", .string(run.detail)))
        }
        return .object(members)
      }
    ).compact
  }
}
