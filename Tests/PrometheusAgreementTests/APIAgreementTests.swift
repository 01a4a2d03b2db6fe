import FarwatchTesting
import Foundation
import HTTPClient
import Model
import SampleStore
import Testing

/// The same requests, asked of Farwatch's API and of a real Prometheus about the same samples: the answers are the same
/// to the byte.
@Suite(.serialized) struct APIAgreementTests {
  @Test func answersAreTheSameToTheByte() async throws {
    let directory = try TemporaryDirectory("farwatch-api-agreement")
    let prometheus = try await PrometheusUnderTest(in: directory)
    defer { prometheus.stop() }
    let world = SampleWorld(seed: 7)
    try await prometheus.write(world.series)
    let farwatch = try APIUnderTest(filledStore(world))
    defer { farwatch.stop() }
    var (wrong, good, reordered) = (0, 0, 0)
    let questions = APIRequests.all
    for question in questions where wrong < 40 {
      var theirs = try await prometheus.ask(question, of: prometheus.baseURL)
      // Prometheus 3 begins in lower case.
      theirs.body = theirs.body.replacing("Invalid time value", with: "invalid time value")
      let ours = try await prometheus.ask(question, of: farwatch.baseURL)
      if theirs.status == 200 { good += 1 }
      guard theirs != ours else { continue }
      // Prometheus promises no order of an instant vector, but for those that are sorted.
      if question.path == "/api/v1/query", !question.asksForOrder, theirs.rows == ours.rows {
        reordered += 1
        continue
      }
      wrong += 1
      Issue.record("\(question)\n  theirs: \(theirs)\n  ours:   \(ours)")
    }
    print(
      "api agreement: \(questions.count) requests, \(good) with data, \(reordered) in another order, \(wrong) differ"
    )
    #expect(reordered < 10)
    #expect(questions.count > 500 && good > 250 && good < questions.count - 100)
  }
}

/// Debian's promtool asks both, and prints the same.
@Suite(.serialized) struct PromtoolQueryTests {
  @Test func promtoolPrintsTheSameOfBoth() async throws {
    let directory = try TemporaryDirectory("farwatch-promtool-query")
    let prometheus = try await PrometheusUnderTest(in: directory)
    defer { prometheus.stop() }
    let world = SampleWorld(seed: 8)
    try await prometheus.write(world.series)
    let farwatch = try APIUnderTest(filledStore(world))
    defer { farwatch.stop() }
    let at = APIRequests.seconds(APIRequests.moment)
    let end = APIRequests.seconds(APIRequests.moment + .seconds(300))
    let span = ["--start=\(at)", "--end=\(end)"]
    let commands: [(command: [String], rest: [String])] = [
      (["instant", "--time=\(at)"], ["up"]), (["instant", "--time=\(at)", "--format=json"], ["up"]),
      (["instant", "--time=\(at)"], ["sum by (region) (http_requests_total)"]),
      (["instant", "--time=\(at)"], ["up[2m]"]), (["instant", "--time=\(at)"], ["scalar(sum(up))"]),
      (["instant", "--time=\(at)"], ["\"text\""]), (["instant", "--time=\(at)"], ["nothing"]),
      (["instant", "--time=\(at)"], ["up{"]), (["instant", "--time=\(at)"], ["up == bool"]),
      (["range", "--step=30s"] + span, ["temperature_celsius"]),
      (["range", "--step=1m", "--format=json"] + span, ["max(http_requests_total) by (code)"]),
      (["series", "--match=up", "--match={zone=\"japan-a\"}"], []), (["series", "--match=up{"], []),
      (["labels"] + span, ["region"]), (["labels", "--match=up"] + span, ["instance"]),
      (["labels"], ["nothing"]),
    ]
    for (command, rest) in commands {
      let theirs = try await promtool(command, prometheus.baseURL, rest)
      let ours = try await promtool(command, farwatch.baseURL, rest)
      #expect(ours == theirs, "promtool query \(command) \(rest)")
      #expect(!theirs.contains("connection refused"))
    }
  }

  /// What it printed, and how it ended.
  private func promtool(_ command: [String], _ url: String, _ rest: [String]) async throws -> String {
    let child = try ChildProcess(["promtool", "query"] + command + [url] + rest)
    let exit = try await child.wait()
    return "\(exit) \(child.output)".replacing(url, with: "URL")
  }
}

/// What of an answer must be the same.
struct APIReply: Equatable, CustomStringConvertible {
  var status: Int
  var type: String
  var body: String

  /// The series of a result, in whatever order.
  var rows: [String] {
    body.replacing("}]}}", with: "},{\"metric\":").components(separatedBy: "},{\"metric\":")
      .map { $0.replacing("\"result\":[{\"metric\":", with: "\"result\":[{},{\"metric\":") }
      .flatMap { $0.components(separatedBy: "{},{\"metric\":") }.sorted()
  }

  var description: String { "\(status) \(type) \(body.prefix(1500))" }
}

extension APIQuestion {
  fileprivate var asksForOrder: Bool {
    items.contains { $0.0 == "query" && ($0.1.hasPrefix("sort") || $0.1.hasPrefix("topk")) }
  }
}

extension PrometheusUnderTest {
  func ask(_ question: APIQuestion, of baseURL: String) async throws -> APIReply {
    let isForm = question.method == "POST"
    let address = question.encoded.isEmpty || isForm ? question.path : "\(question.path)?\(question.encoded)"
    let answer = await ask(
      question.method, address, isForm ? Array(question.encoded.utf8) : [],
      isForm ? [HTTPHeader("Content-Type", "application/x-www-form-urlencoded")] : [], of: baseURL)
    return APIReply(
      status: try #require(answer.status, "\(question): \(answer.failure?.detail ?? "")"),
      type: answer.headers["Content-Type"] ?? "", body: String(decoding: answer.body, as: UTF8.self))
  }
}

/// The daemon's own store with the samples of the world.
func filledStore(_ world: SampleWorld) throws -> SampleStore {
  let store = SampleStore()
  for one in world.series {
    let family = MetricFamily.gauge(try #require(one.labels.metricName), "")
    let series = try #require(store.series(family, one.labels.withoutMetricName))
    for sample in one.samples { store.append(sample.value, at: sample.timestamp, to: series) }
  }
  #expect(store.statistics.outOfOrder == 0)
  return store
}
