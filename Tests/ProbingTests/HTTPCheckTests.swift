import Collecting
import FarwatchTesting
import Foundation
import HTTPClient
import Model
import Probing
import Testing

extension HTTPCheck {
  func collect() async -> Outcome {
    await withCheckedContinuation { continuation in collect { continuation.resume(returning: $0) } }
  }
}

extension Outcome {
  func value(_ family: String, _ labels: Labels = .empty) -> Double? {
    readings.first { $0.family.name == family && $0.labels == labels }?.value
  }
}

@Suite struct HTTPCheckTests {
  let client = HTTPClient(name: "test")

  private func check(_ settings: HTTPCheckSettings, resolver: HostResolver? = nil) throws -> HTTPCheck {
    try HTTPCheck(settings, client: client, resolver: resolver)
  }

  /// The outcome of one probe of a server that answers with `status` and `body`.
  private func probe(
    _ status: Int = 200, _ body: String = "", headers: [(String, String)] = [],
    _ change: (inout HTTPCheckSettings) -> Void = { _ in }
  ) async throws -> Outcome {
    let server = try LoopbackServer { _ in LoopbackServer.answer(status, body, headers: headers) }
    var settings = HTTPCheckSettings(name: "test", url: server.url())
    change(&settings)
    return try await check(settings).collect()
  }

  @Test func successHasItsReadings() async throws {
    let outcome = try await probe(200, "fine")
    #expect(outcome.verdict == .success)
    #expect(outcome.value("probe_success") == 1)
    #expect(outcome.value("probe_http_status_code") == 200)
    #expect(outcome.value("probe_http_content_length") == 4)
    #expect(outcome.value("probe_http_uncompressed_body_length") == 4)
    #expect(outcome.value("probe_http_redirects") == 0)
    #expect(outcome.value("probe_http_version") == 1.1)
    #expect(outcome.value("probe_http_ssl") == 0)
    #expect(outcome.value("probe_ip_protocol") == 4)
    #expect(outcome.value("probe_failed_due_to_regex") == 0)
    #expect(outcome.value("probe_ssl_earliest_cert_expiry") == nil)
    #expect(outcome.value("probe_http_duration_seconds", ["phase": "tls"]) == nil)
    for phase in ["resolve", "connect", "processing", "transfer"] {
      #expect(outcome.value("probe_http_duration_seconds", ["phase": phase]) != nil)
    }
    #expect(outcome.readings.allSatisfy { $0.family.name != "farwatch_probe_failure_reason" })
    #expect(try #require(outcome.value("probe_duration_seconds")) > 0)
  }

  @Test func failureLeavesOutWhatIsUnknown() async throws {
    let refusing = try RefusingPort()
    let outcome = try await check(.init(name: "test", url: "http://127.0.0.1:\(refusing.port)/")).collect()
    #expect(outcome.reason == .refused)
    #expect(outcome.value("probe_success") == 0)
    #expect(outcome.value("farwatch_probe_failure_reason", ["reason": "connection_refused"]) == 1)
    #expect(outcome.value("probe_http_status_code") == nil)
    #expect(outcome.value("probe_ip_protocol") == nil)
    for phase in ["connect", "tls", "processing", "transfer"] {
      #expect(outcome.value("probe_http_duration_seconds", ["phase": phase]) == nil)
    }
  }

  @Test func labelsNameCheckRegionAndVantage() throws {
    var settings = HTTPCheckSettings(name: "api", url: "http://127.0.0.1/")
    settings.region = "eu-1"
    settings.vantage = "us-2"
    settings.labels = ["tier": "gold", "check": "cannot win"]
    let description = try check(settings).description
    #expect(description.kind == "http")
    #expect(description.labels == ["check": "api", "region": "eu-1", "vantage": "us-2", "tier": "gold"])
    settings.region = ""
    #expect(try check(settings).description.labels["region"] == nil)
  }

  @Test func statusesDecide() async throws {
    #expect(try await probe(204).verdict == .success)
    #expect(try await probe(500).reason == .status)
    #expect(try await probe(302, headers: [("Location", "/")]).reason == .redirect)
    #expect(try await probe(302) { $0.statuses = [200...299, 302...302] }.verdict == .success)
    #expect(try await probe(200) { $0.statuses = [503...503] }.reason == .status)
  }

  @Test func bodyConditionsDecide() async throws {
    let body = #"{"status":"UP","checks":[{"name":"db","ok":true,"lag":1.5}],"none":null}"#
    func json(_ path: String, _ expected: JSONCondition.Scalar) async throws -> Outcome {
      try await probe(200, body) { $0.json = [.init(path: path, expected: expected)] }
    }
    #expect(try await json("status", .string("UP")).verdict == .success)
    #expect(try await json("checks.0.ok", .bool(true)).verdict == .success)
    #expect(try await json("checks.0.lag", .number(1.5)).verdict == .success)
    #expect(try await json("none", .null).verdict == .success)
    #expect(try await json("status", .string("DOWN")).reason == .body)
    #expect(try await json("status", .bool(true)).reason == .body)
    #expect(try await json("checks.1.ok", .bool(true)).reason == .body)
    #expect(try await json("missing.path", .null).reason == .body)
    #expect(
      try await probe(200, "not json") { $0.json = [.init(path: "a", expected: .null)] }.reason == .body)

    #expect(try await probe(200, body) { $0.bodyContains = ["UP", "db"] }.verdict == .success)
    #expect(try await probe(200, body) { $0.bodyContains = ["UP", "cache"] }.reason == .body)
    #expect(try await probe(200, body) { $0.bodyNotContains = ["DOWN"] }.verdict == .success)
    #expect(try await probe(200, body) { $0.bodyNotContains = ["UP"] }.reason == .body)
    #expect(try await probe(200, body) { $0.bodyRegex = [#""status":\s*"(UP|OK)""#] }.verdict == .success)
    let regex = try await probe(200, body) { $0.bodyRegex = ["^UP$"] }
    #expect(regex.reason == .body)
    #expect(regex.value("probe_failed_due_to_regex") == 1)
    let notRegex = try await probe(200, body) { $0.bodyNotRegex = ["U."] }
    #expect(notRegex.value("probe_failed_due_to_regex") == 1)
  }

  @Test func aBodyThatIsCutOffDecidesOnlyWhatItShows() async throws {
    let body = "begin" + String(repeating: "x", count: 1 << 17) + "end"
    func reason(_ change: (inout HTTPCheckSettings) -> Void) async throws -> FailureReason? {
      try await probe(200, body) {
        $0.bodyLimit = 1000
        change(&$0)
      }.reason
    }
    #expect(try await reason { _ in } == nil)
    #expect(try await reason { $0.bodyContains = ["begin"] } == nil)
    #expect(try await reason { $0.bodyContains = ["end"] } == .bodyTooLarge)
    #expect(try await reason { $0.bodyNotContains = ["begin"] } == .body)
    #expect(try await reason { $0.bodyNotContains = ["elsewhere"] } == .bodyTooLarge)
    #expect(try await reason { $0.json = [.init(path: "a", expected: .null)] } == .bodyTooLarge)
    #expect(try await reason { $0.bodyMaximum = 10_000 } == .bodyTooLarge)
    #expect(try await reason { $0.bodyMaximum = 1 << 20 } == nil)
    #expect(try await reason { $0.bodyMaximum = 100 } == .bodyTooLarge)
    // Larger than the limit, and read to its end because of the maximum: the kept part still decides alone.
    #expect(
      try await reason {
        $0.bodyMaximum = 1 << 20
        $0.bodyContains = ["end"]
      } == .bodyTooLarge)
  }

  @Test func everyAddressIsProbedAndTheWorstDecides() async throws {
    // `localhost` has one or two addresses; the server listens on IPv4 only.
    let server = try LoopbackServer { _ in LoopbackServer.answer() }
    let resolver = HostResolver()
    var settings = HTTPCheckSettings(name: "test", url: "http://localhost:\(server.port)/")
    settings.everyAddress = true
    settings.addressFamily = .ipv4
    let good = try await check(settings, resolver: resolver).collect()
    #expect(good.verdict == .success)
    #expect(good.value("farwatch_probe_addresses") == 1)
    #expect(good.value("farwatch_probe_address_success", ["address": "127.0.0.1"]) == 1)
    #expect(server.requests.first?.header("Host") == "localhost:\(server.port)")

    settings.url = "http://[::1]:\(server.port)/"
    settings.addressFamily = .any
    let bad = try await check(settings, resolver: resolver).collect()
    #expect(bad.verdict != .success)
    #expect(bad.value("farwatch_probe_address_success", ["address": "::1"]) == 0)

    settings.url = "http://no-such-host.invalid/"
    settings.timeout = .seconds(120)
    let unresolved = try await check(settings, resolver: resolver).collect()
    #expect(unresolved.reason == .dns)
    #expect(unresolved.value("farwatch_probe_failure_reason", ["reason": "dns_failed"]) == 1)
    #expect(throws: HTTPCheckSettings.Invalid.self) { try check(settings) }
  }

  @Test func secretHeadersComeFromFiles() async throws {
    let path = NSTemporaryDirectory() + "farwatch-secret-\(UUID().uuidString)"
    try Data("Bearer abc\nsecond line\n".utf8).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let server = try LoopbackServer { _ in LoopbackServer.answer() }
    var settings = HTTPCheckSettings(name: "test", url: server.url())
    settings.headers = [.init("X-Plain", .text("1")), .init("Authorization", .file(path))]
    _ = try await check(settings).collect()
    #expect(server.requests.first?.header("Authorization") == "Bearer abc")
    #expect(server.requests.first?.header("X-Plain") == "1")
    settings.headers = [.init("Authorization", .file("/nowhere/secret"))]
    #expect(throws: HTTPCheckSettings.Invalid.self) { try check(settings) }
  }

  @Test func badSettingsAreNamed() throws {
    func field(_ change: (inout HTTPCheckSettings) -> Void) -> String? {
      var settings = HTTPCheckSettings(name: "test", url: "https://region.example/")
      change(&settings)
      do throws(HTTPCheckSettings.Invalid) { try settings.validate() } catch { return error.field }
      return nil
    }
    #expect(field { _ in } == nil)
    #expect(field { $0.name = "" } == "name")
    #expect(field { $0.url = "region.example" } == "url")
    #expect(field { $0.url = "ftp://region.example/" } == "url")
    #expect(field { $0.interval = .zero } == "interval")
    #expect(field { $0.timeout = .zero } == "timeout")
    #expect(field { $0.failures = 0 } == "failures")
    #expect(field { $0.statuses = [] } == "statuses")
    #expect(field { $0.statuses = [99...200] } == "statuses")
    #expect(field { $0.method = "get" } == "method")
    #expect(
      field {
        $0.method = "HEAD"
        $0.bodyContains = ["x"]
      } == "method")
    #expect(field { $0.headers = [.init("X-A", .text("1\r\nX-B: 2"))] } == "headers")
    #expect(field { $0.headers = [.init("X A", .text("1"))] } == "headers")
    var broken = HTTPCheckSettings(name: "test", url: "https://region.example/")
    broken.bodyRegex = ["("]
    #expect(throws: (any Error).self) { try check(broken) }
  }

  @Test func certificateReadingsAreThereEvenWhenItHasExpired() async throws {
    let certificates = try TestCertificates()
    try certificates.make("expired", host: "127.0.0.1", days: -1)
    try certificates.make("good", host: "127.0.0.1", days: 30)
    let now = SystemTime().now.seconds
    var settings = HTTPCheckSettings(name: "test", url: "https://127.0.0.1/")
    settings.caFile = certificates.path("ca.pem")
    let expired = try TLSServer(certificates, "expired")
    settings.url = expired.url()
    let bad = try await check(settings).collect()
    #expect(bad.reason == .certificateExpired)
    #expect(try #require(bad.value("probe_ssl_earliest_cert_expiry")) < now)
    #expect(bad.value("probe_ssl_last_chain_expiry_timestamp_seconds") == nil)
    let fine = try TLSServer(certificates, "good")
    settings.url = fine.url()
    let good = try await check(settings).collect()
    #expect(good.verdict == .success)
    #expect(good.value("probe_http_ssl") == 1)
    #expect(good.value("probe_http_duration_seconds", ["phase": "tls"]) != nil)
    let expiry = try #require(good.value("probe_ssl_last_chain_expiry_timestamp_seconds"))
    #expect(expiry > now + 29 * 86_400)
    #expect(good.value("probe_ssl_earliest_cert_expiry") == expiry)
  }
}
