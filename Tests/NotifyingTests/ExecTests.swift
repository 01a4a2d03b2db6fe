import FarwatchTesting
import Foundation
import Model
import Programs
import Testing

@testable import Notifying

@Suite struct ExecTests {
  private func request(_ page: Page, _ settings: ExecSettings) throws -> ProgramRequest {
    let context = ChannelContext(
      topicName: "pager", topicARN: "arn:aws:sns:r:1:pager", subscriptionARN: "s", signatureVersion: .sha256,
      region: nil, account: "000000000000", externalURL: "https://watch.example", attributeLabels: [],
      identity: testIdentity)
    guard case .program(let request) = try settings.channel(context).request(for: .page(page)) else {
      throw FarwatchTesting.BenchError("no program")
    }
    return request
  }

  @Test func aProgramGetsThePage() async throws {
    var settings = ExecSettings(command: ["/usr/bin/python3", "-c", Self.script, "{{ $(id) }}"])
    settings.environment = ["TOKEN": "t"]
    let summary = "日本 \"quoted\"\n\u{0} end"
    let page = Page(
      messageID: "id-1", event: event(.firing, annotations: ["summary": summary]), publishedAt: start)
    var request = try request(page, settings)
    request.outputLimit = 100_000
    let result = await withCheckedContinuation { waiting in
      ProgramRunner().start(request) { waiting.resume(returning: $0) }
    }
    #expect(result.ending == .exited(0), "\(result.complaint ?? "")")
    let told = try #require(try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
    #expect(told["argument"] as? String == "{{ $(id) }}")
    let environment = try #require(told["environment"] as? [String: String])
    #expect(environment["FARWATCH_STATUS"] == "firing")
    #expect(environment["FARWATCH_ALERTNAME"] == "LagHigh")
    #expect(environment["FARWATCH_MESSAGE_ID"] == "id-1")
    #expect(environment["TOKEN"] == "t")
    let document = try #require(told["page"] as? [String: Any])
    #expect(document["messageId"] as? String == "id-1")
    #expect(document["publishedAt"] as? String == "2026-01-01T00:00:00.000Z")
    let alerts = try #require(document["alerts"] as? [[String: Any]])
    #expect((alerts.first?["annotations"] as? [String: String])?["summary"] == summary)
    #expect(alerts.first?["value"] as? Double == 73.25)
  }

  private static let script = """
    import json, os, sys
    print(json.dumps({'argument': sys.argv[1], 'environment': dict(os.environ), 'page': json.load(sys.stdin)}))
    """

  @Test func endingsAreJudged() {
    func judged(_ ending: ProgramResult.Ending, _ words: String = "first\nsecond") -> DeliveryResult {
      var result = ProgramResult(ending)
      result.errorOutput = Array(words.utf8)
      return DeliveryResult(result)
    }
    #expect(judged(.exited(0)).succeeded)
    #expect(judged(.exited(1)).isRefusal)
    #expect(judged(.exited(1)).detail == "exit code 1: first")
    #expect(!judged(.exited(75)).isRefusal && !judged(.exited(75)).succeeded)
    #expect(judged(.timedOut).reason == .timeout && !judged(.timedOut).isRefusal)
    #expect(!judged(.killed(signal: 9)).isRefusal && !judged(.killed(signal: 9)).succeeded)
    #expect(judged(.notStarted(.missing, "no file")).reason == .missing)
    #expect(judged(.cancelled).isCancelled)
  }
}
