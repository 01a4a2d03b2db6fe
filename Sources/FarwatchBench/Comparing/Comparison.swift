import FarwatchTesting
import Foundation

/// Real systems in the states in which monitoring misleads people: what the usual exporter beside says, what Farwatch
/// says, and what is true.
struct Comparison {
  private let choice: Choice

  init(_ choice: Choice) { self.choice = choice }

  /// Prints all findings; false when Farwatch was wrong about one.
  func run() async throws -> Bool {
    // At the same time, because most of it is waiting.
    async let postgres = PostgresComparison(binary: choice.binary).findings()
    async let mariaDB = MariaDBComparison(binary: choice.binary).findings()
    async let redis = RedisComparison(binary: choice.binary).findings()
    async let probes = ProbeComparison(binary: choice.binary).findings()
    let all = try await postgres + mariaDB + redis + probes
    for finding in all { say(finding.text) }
    let theirs = all.flatMap(\.theirs)
    let ours = all.map(\.ours)
    say(
      "\(all.count) states: the exporters' \(theirs.count) answers are right \(theirs.count { $0.isRight }) times, "
        + "Farwatch's \(ours.count) answers \(ours.count { $0.isRight }) times")
    return ours.allSatisfy(\.isRight)
  }
}

/// What one program said of a state.
struct Answer: Sendable {
  var who: String
  var text: String
  var isRight: Bool

  /// A number of seconds that should be about `truth`; nil, no value at all, is wrong: an alert on it cannot fire.
  ///
  /// - Parameter beside: what else the program tells that may help; shown, and not judged.
  static func seconds(
    _ who: String, _ value: Double?, truth: Double, beside: [(name: String, value: Double?)] = []
  ) -> Answer {
    let text =
      ([value.map { shown($0) + " s" } ?? "no value"] + beside.map { "\($0.name) \(shown($0.value))" })
      .joined(separator: ", ")
    return Answer(who: who, text: text, isRight: value.map { abs($0 - truth) <= tolerance } ?? false)
  }

  /// Probes are a second apart, and these machines are busy.
  static let tolerance = 3.0

  static func shown(_ value: Double?) -> String {
    value.map { abs($0) < 1000 ? String(format: "%.1f", $0) : String(format: "%.0f", $0) } ?? "no value"
  }
}

/// One state of a system, and what was said of it.
struct Finding: Sendable {
  var state: String
  var truth: String
  var theirs: [Answer]
  var ours: Answer

  var text: String {
    (["\(state): \(truth)"]
      + (theirs + [ours]).map {
        "  \($0.isRight ? "right" : "WRONG")  \(Self.padded($0.who)) \($0.text)"
      }).joined(separator: "\n")
  }

  private static func padded(_ text: String) -> String {
    text + String(repeating: " ", count: max(0, 64 - text.count))
  }
}

extension FarwatchDaemon {
  func page() throws -> MetricsText {
    guard let page = fetch(port, "/metrics")?.body else { throw BenchError("farwatch gives no metrics page") }
    return MetricsText(page)
  }

  /// How much of a link's target would be lost now, and whether it counts as replicating: from the recovery point.
  func answer(link: String, truth: Double, isUp: Bool? = nil) throws -> Answer {
    let (page, label) = (try page(), "link=\"\(link)\"")
    let point = page.value("farwatch_replication_recovery_point_timestamp_seconds", label)
    let exposure = point.map { RequestLog.now - $0 }
    let up = page.value("farwatch_replication_up", label)
    var answer = Answer.seconds("Farwatch, age of the recovery point", exposure, truth: truth)
    answer.text += ", replication_up \(Answer.shown(up))"
    if let isUp, up != (isUp ? 1 : 0) { answer.isRight = false }
    return answer
  }

  /// Until the link's target is known to be complete.
  func waitInStep(_ link: String) async throws {
    try await waitUntil(timeout: .seconds(40), every: .milliseconds(200), "the link \(link) is in step") {
      try self.answer(link: link, truth: 0, isUp: true).isRight
    }
  }
}
