import CloudAccess
import CloudMetrics
import Collecting
import FarwatchTesting
import Foundation
import HTTPClient
import Model
import Testing

@Suite struct Route53Tests {
  private func checkers(_ good: Int, of all: Int) -> [Route53Checker] {
    (0..<all).map { Route53Checker(region: "r", isSuccess: $0 < good, text: "") }
  }

  /// More than 18 % is healthy: of 16 checkers three are, of 100 it takes 19.
  @Test func healthIsWhatRoute53MakesOfIt() {
    func healthy(_ good: Int, _ all: Int, inverted: Bool = false, disabled: Bool = false) -> Bool? {
      Route53Health(
        Route53Configuration(type: "HTTPS", isInverted: inverted, isDisabled: disabled),
        checkers(good, of: all)
      ).isHealthy
    }
    #expect(healthy(3, 16) == true && healthy(2, 16) == false)
    #expect(healthy(18, 100) == false && healthy(19, 100) == true)
    #expect(healthy(3, 16, inverted: true) == false && healthy(0, 16, inverted: true) == true)
    #expect(
      healthy(0, 16, disabled: true) == true && healthy(16, 16, inverted: true, disabled: true) == false)
    // Nobody has looked yet.
    #expect(healthy(0, 0) == nil && healthy(0, 0, disabled: true) == true)
  }

  @Test func textsHaveReasons() {
    func reason(_ text: String) -> Route53Checker.Reason {
      Route53Checker(region: "", isSuccess: false, text: "Failure: \(text)").reason
    }
    #expect(reason("Connection timed out. The endpoint or the internet connection is down") == .timeout)
    #expect(reason("HTTP Status Code: 503, Service Unavailable. Resolved IP: 192.0.2.1") == .status)
    #expect(reason("DNS resolution failed: DNS response error code NXDOMAIN") == .dns)
    #expect(reason("SSL handshake failed") == .tls && reason("Connection refused") == .connection)
    #expect(reason("The response did not contain the search string") == .body && reason("?") == .other)
    let long = Route53Checker(
      region: "", isSuccess: false,
      text: "Failure: x\ny. Resolved IP: 192.0.2.1" + String(repeating: "z", count: 900))
    #expect(long.shortText == "Failure: x y.")
  }

  private static func observations(_ texts: [(region: String, text: String)]) -> String {
    "<?xml version=\"1.0\"?><GetHealthCheckStatusResponse xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\">"
      + "<HealthCheckObservations>"
      + texts.map {
        "<HealthCheckObservation><Region>\($0.region)</Region><IPAddress>192.0.2.1</IPAddress><StatusReport>"
          + "<Status>\($0.text)</Status><CheckedTime>2026-01-01T00:00:30.500Z</CheckedTime></StatusReport>"
          + "</HealthCheckObservation>"
      }.joined() + "</HealthCheckObservations></GetHealthCheckStatusResponse>"
  }

  private static func configuration(_ type: String, _ more: String = "") -> String {
    "<GetHealthCheckResponse><HealthCheck><Id>x</Id><HealthCheckConfig><Type>\(type)</Type>\(more)"
      + "</HealthCheckConfig></HealthCheck></GetHealthCheckResponse>"
  }

  @Test func tellsWhatTheCheckersSay() async throws {
    let server = try LoopbackServer { request in
      let parts = request.target.split(separator: "/").map(String.init)
      guard request.method == "GET", parts.count >= 3, parts[0] == "2013-04-01", parts[1] == "healthcheck",
        request.header("Authorization")?.contains("/us-east-1/route53/aws4_request") == true
      else { return LoopbackServer.answer(400) }
      switch (parts[2], parts.count > 3 ? parts[3] : "") {
      case ("mixed", ""): return LoopbackServer.answer(200, Self.configuration("HTTPS"))
      case ("mixed", "status"):
        return LoopbackServer.answer(
          200,
          Self.observations([
            ("us-east-1", "Success: HTTP Status Code: 200, OK. Resolved IP: 192.0.2.1"),
            ("us-east-1", "Failure: Connection timed out. Resolved IP: 192.0.2.1"),
            ("eu-west-1", "Failure: HTTP Status Code: 503, Service Unavailable."),
          ]))
      case ("mixed", "lastfailurereason"): return LoopbackServer.answer(500)
      case ("off", ""):
        return LoopbackServer.answer(200, Self.configuration("TCP", "<Disabled>true</Disabled>"))
      case ("sum", ""): return LoopbackServer.answer(200, Self.configuration("CALCULATED"))
      default:
        return LoopbackServer.answer(
          404,
          "<ErrorResponse><Error><Code>NoSuchHealthCheck</Code><Message>m</Message></Error></ErrorResponse>")
      }
    }
    var settings = Route53Settings(
      MeasurementBasics(name: "x", timeout: .seconds(3)),
      checks: ["mixed", "off", "sum", "gone"].map { .init(id: $0, name: $0) },
      identity: AWSIdentitySettings(source: .environment))
    settings.endpoint = server.url("")
    let environment = AWSEnvironment(["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S"])
    let collector = Route53Collector(
      settings, identities: AWSIdentities(http: HTTPClient(name: "test"), environment: environment))
    let outcome = await collector.collected()
    func value(_ name: String, _ check: String, _ labels: [String: String] = [:]) -> Double? {
      outcome.value("farwatch_route53_\(name)", labels.merging(["health_check": check]) { $1 })
    }
    #expect(value("health_check_healthy", "mixed") == 1)
    #expect(value("checkers_success_ratio", "mixed") == 1.0 / 3)
    #expect(value("checkers", "mixed", ["checker_region": "us-east-1", "state": "failure"]) == 1)
    #expect(value("failing_checkers", "mixed", ["reason": "timeout"]) == 1)
    #expect(value("failing_checkers", "mixed", ["reason": "status"]) == 1)
    #expect(value("failure_info", "mixed", ["text": "Failure: Connection timed out."]) == 1)
    #expect(value("checked_timestamp_seconds", "mixed") == 1_767_225_630.5)
    #expect(value("health_check_disabled", "off") == 1 && value("health_check_healthy", "off") == 1)
    #expect(value("checkers_success_ratio", "off") == nil)
    #expect(value("up", "sum") == 0 && value("up", "gone") == 0 && value("up", "mixed") == 1)
    #expect(outcome.reason == .configuration && outcome.detail.contains("CALCULATED"), "\(outcome.verdict)")
    #expect(outcome.detail.hasSuffix("(and 1 more)"))
    // The configuration is known the second time.
    let before = server.requests.count
    _ = await collector.collected()
    #expect(server.requests.count - before == before - 3)
  }

  /// moto refuses signatures of requests like these, boto3's as well: here it enforces none.
  @Test func agreesWithMoto() async throws {
    let server = try await MotoServer(
      """
      facts['check'] = [client('route53').create_health_check(CallerReference='a', HealthCheckConfig={
        'Type': 'HTTPS', 'FullyQualifiedDomainName': 'example.com', 'Inverted': True})['HealthCheck']['Id']]
      """, enforces: false)
    let facts = try JSONDecoder().decode([String: [String]].self, from: Data(server.facts.utf8))
    var settings = Route53Settings(
      MeasurementBasics(name: "x"), checks: [.init(id: try #require(facts["check"]?[0]), name: "shop")],
      identity: AWSIdentitySettings(source: .environment))
    settings.endpoint = server.url
    let environment = AWSEnvironment(["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S"])
    let identities = AWSIdentities(http: HTTPClient(name: "test"), environment: environment)
    let outcome = await Route53Collector(settings, identities: identities).collected()
    #expect(outcome.verdict == .success, "\(outcome.verdict)")
    #expect(outcome.value("farwatch_route53_checkers_success_ratio") == 1)
    #expect(outcome.value("farwatch_route53_health_check_inverted") == 1)
    #expect(outcome.value("farwatch_route53_health_check_healthy") == 0)
  }

  @Test func aMissingPermissionIsNamed() async throws {
    let server = try LoopbackServer { _ in
      LoopbackServer.answer(
        403, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>")
    }
    var settings = Route53Settings(
      MeasurementBasics(name: "x"), checks: [.init(id: "a", name: "shop")],
      identity: AWSIdentitySettings(source: .environment))
    settings.endpoint = server.url("")
    let environment = AWSEnvironment(["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S"])
    let identities = AWSIdentities(http: HTTPClient(name: "test"), environment: environment)
    let outcome = await Route53Collector(settings, identities: identities).collected()
    #expect(
      outcome.verdict
        == .failure(.permission, detail: "shop: AccessDenied: allow route53:GetHealthCheck (no)"))
  }
}
