import FarwatchTesting
import HTTPClient
import Testing

@testable import FarwatchApp
@testable import Notifying

@Suite struct DeliveryCarrierTests {
  /// What is no SNS message does not say that Amazon sends it.
  @Test func requestsSayThatFarwatchSendsThem() async throws {
    let server = try LoopbackServer { _ in LoopbackServer.answer(200) }
    defer { server.stop() }
    let carrier = DeliveryCarrier()
    defer { carrier.stop() }
    let request = HTTPRequest(method: "GET", url: server.url("/"), timeout: .seconds(15))
    let result = await withCheckedContinuation { continuation in
      carrier.beat(HeartbeatAttempt(id: 1, name: "outside", request: request)) {
        continuation.resume(returning: $0)
      }
    }
    #expect(result.succeeded)
    #expect(server.requests.first?.header("user-agent") == "farwatch/\(Version.text)")
  }
}
