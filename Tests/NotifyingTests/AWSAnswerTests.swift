import FarwatchTesting
import Foundation
import HTTPClient
import Model
import Testing

@testable import Notifying

@Suite struct AWSAnswerTests {
  private func judge(_ status: Int, _ code: String, _ message: String = "m", date: String? = nil)
    -> DeliveryResult
  {
    var answer = HTTPResult()
    answer.status = status
    answer.headers = HTTPHeaders(
      raw: Array("HTTP/1.1 \(status) x\r\n\(date.map { "Date: \($0)\r\n" } ?? "")".utf8))
    let xml =
      "<ErrorResponse><Error><Type>Sender</Type><Code>\(code)</Code><Message>\(message)</Message></Error>"
    answer.body = Array(xml.utf8)
    return AWSAnswer.judge(answer, now: start)
  }

  @Test func refusalsAndThrottling() {
    let throttled = judge(400, "Throttling", "Rate exceeded")
    #expect(!throttled.isRefusal && !throttled.succeeded)
    #expect(throttled.detail == "status 400: AWS says Throttling: Rate exceeded")
    let denied = judge(
      403, "AuthorizationError", "User: arn:x is not authorized &amp;lt; to &quot;publish&quot;")
    #expect(denied.isRefusal && denied.reason == .permission)
    #expect(denied.detail.hasSuffix(#"not authorized &lt; to "publish""#))
    #expect(judge(403, "InvalidClientTokenId").reason == .authentication)
    #expect(judge(404, "NotFound").reason == .missing)
    #expect(judge(500, "InternalFailure").isRefusal == false)
    #expect(judge(400, "InvalidParameter").isRefusal)
  }

  @Test func aWrongClockIsTold() {
    let past = judge(403, "SignatureDoesNotMatch", date: "Wed, 31 Dec 2025 23:00:00 GMT")
    #expect(past.detail.hasSuffix("(this machine's clock is 1h ahead of AWS')"))
    let future = judge(403, "RequestExpired", date: "Thu, 01 Jan 2026 00:20:00 GMT")
    #expect(future.detail.hasSuffix("(this machine's clock is 20m behind AWS')"))
    #expect(!judge(403, "RequestExpired", date: "Thu, 01 Jan 2026 00:00:10 GMT").detail.contains("clock"))
  }

  @Test func anyBytesAreSurvived() {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededNumbers(seed: seed)
    for _ in 0..<2000 {
      var bytes = Array("<Error><Code>A&amp;</Code><Message>\u{7f}b\n</Message>".utf8)
      for _ in 0..<6 {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        bytes[place] = UInt8(truncatingIfNeeded: random.next())
      }
      if random.chance(50) { bytes = Array(bytes.prefix(Int.random(in: 0..<bytes.count, using: &random))) }
      for name in ["Code", "Message"] {
        let found = AWSAnswer.element(name, in: bytes) ?? ""
        #expect(!found.unicodeScalars.contains { $0.value < 0x20 }, "seed \(seed)")
      }
    }
  }
}
