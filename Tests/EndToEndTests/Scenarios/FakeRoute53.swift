import FarwatchTesting
import Foundation
import Synchronization

/// Route 53's answers about one health check, as its manual has them; anything asked otherwise is refused. (moto's
/// checkers succeed always.)
final class FakeRoute53: Sendable {
  private final class Shown: Sendable { let isHealthy = Mutex(true) }
  private let shown = Shown()
  private let server: LoopbackServer
  var endpoint: String { server.url("") }

  init(_ check: String) throws {
    let shown = shown
    server = try LoopbackServer { request in
      guard request.method == "GET",
        request.header("Authorization")?.contains("/us-east-1/route53/aws4_request") == true
      else { return LoopbackServer.answer(403) }
      let text =
        shown.isHealthy.withLock { $0 }
        ? "Success: HTTP Status Code: 200, OK." : "Failure: Connection timed out. The endpoint is down."
      let observation =
        "<HealthCheckObservation><Region>us-east-1</Region><IPAddress>192.0.2.1</IPAddress><StatusReport>"
        + "<Status>\(text)</Status><CheckedTime>2026-01-01T00:00:30.500Z</CheckedTime></StatusReport>"
        + "</HealthCheckObservation>"
      let all = "<HealthCheckObservations>\(observation)</HealthCheckObservations>"
      switch request.target {
      case "/2013-04-01/healthcheck/\(check)":
        return LoopbackServer.answer(
          200,
          "<GetHealthCheckResponse><HealthCheck><Id>\(check)</Id><HealthCheckConfig><Type>HTTPS</Type>"
            + "</HealthCheckConfig></HealthCheck></GetHealthCheckResponse>")
      case "/2013-04-01/healthcheck/\(check)/status":
        return LoopbackServer.answer(
          200, "<GetHealthCheckStatusResponse>\(all)</GetHealthCheckStatusResponse>")
      case "/2013-04-01/healthcheck/\(check)/lastfailurereason":
        return LoopbackServer.answer(
          200, "<GetHealthCheckLastFailureReasonResponse>\(all)</GetHealthCheckLastFailureReasonResponse>")
      default: return LoopbackServer.answer(404)
      }
    }
  }

  var isHealthy: Bool {
    get { shown.isHealthy.withLock { $0 } }
    set { shown.isHealthy.withLock { $0 = newValue } }
  }
}
