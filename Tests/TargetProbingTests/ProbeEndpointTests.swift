import Collecting
import FarwatchTesting
import HTTPClient
import HTTPServer
import Model
import Probing
import TargetProbing
import Testing

/// What a request for a probe gets.
@Suite struct ProbeEndpointTests {
  private let site: LoopbackServer
  private let clients = CollectorClients(userAgent: "Farwatch/test")

  init() throws {
    site = try LoopbackServer { request in
      switch request.target {
      case "/slow": [.hang]
      case "/away": LoopbackServer.answer(302, "", headers: [("Location", "/")])
      case "/bad": LoopbackServer.answer(500, "broken")
      default: LoopbackServer.answer(200, "fine")
      }
    }
  }

  private func endpoint(_ targets: [String], _ change: (inout ProbeEndpointSettings) -> Void = { _ in })
    -> ProbeEndpoint
  {
    var settings = ProbeEndpointSettings()
    for target in targets { #expect(settings.targets.add(target) == nil) }
    var http = HTTPCheckSettings(name: "probe", url: "http://target.invalid/")
    http.basics.timeout = .seconds(2)
    http.redirects = .upTo(3)
    settings.modules = [
      "http_2xx": http,
      "tcp": TCPCheckSettings(name: "probe", endpoint: Endpoint(host: "target.invalid", port: 1)),
    ]
    change(&settings)
    return ProbeEndpoint(settings, clients: clients)
  }

  private func ask(
    _ endpoint: ProbeEndpoint, _ query: [(String, String)], scrapeTimeout: String? = nil
  ) async -> (status: Int, text: String) {
    let headers = scrapeTimeout.map { [HTTPServerField("X-Prometheus-Scrape-Timeout-Seconds", $0)] } ?? []
    let request = HTTPServerRequest(
      method: "GET", path: ProbeEndpoint.path, query: query.map { HTTPServerField($0.0, $0.1) },
      headers: headers)
    let early = endpoint.answer(request)
    #expect(early.headers.contains(HTTPServerField("Connection", "close")))
    var response = early
    if let later = early.deferred {
      response = await withCheckedContinuation { waiting in later.whenGiven { waiting.resume(returning: $0) }
      }
    }
    guard case .bytes(let bytes) = response.body else { return (response.status, "") }
    return (response.status, String(decoding: bytes, as: UTF8.self))
  }

  @Test func aProbeIsAMetricsPage() async {
    let endpoint = endpoint(["127.0.0.0/8"])
    let good = await ask(endpoint, [("target", "127.0.0.1:\(site.port)"), ("module", "http_2xx")])
    #expect(good.status == 200)
    #expect(good.text.contains("\nprobe_success 1\n"))
    #expect(good.text.contains("# TYPE probe_duration_seconds gauge\n"))
    #expect(good.text.contains("\nprobe_http_status_code 200\n"))
    let bad = await ask(endpoint, [("target", "http://127.0.0.1:\(site.port)/bad")])
    #expect(bad.status == 200 && bad.text.contains("\nprobe_success 0\n"))
    #expect(bad.text.contains("farwatch_probe_failure_reason{reason=\"unexpected_status\"} 1"))
    let debug = await ask(
      endpoint, [("target", "http://127.0.0.1:\(site.port)/bad"), ("debug", "true")])
    #expect(
      debug.text.hasPrefix(
        "module: http_2xx (http)\ntarget: http://127.0.0.1:\(site.port)/bad\ntime-out: 2s\n"))
    #expect(
      debug.text.contains("\nverdict: FAILED: unexpected_status: ")
        && debug.text.contains("\nprobe_success 0\n"))
    #expect(endpoint.readings.map(\.value) == [3])
  }

  @Test func whatIsNotAskedRightIsTold() async {
    let endpoint = endpoint(["127.0.0.0/8", "*.example.com"])
    for (query, status, text) in [
      ([("module", "http_2xx")], 400, "Target parameter is missing\n"),
      ([("target", "")], 400, "Target parameter is missing\n"),
      ([("target", "127.0.0.1"), ("module", "nope")], 400, "Unknown module \"nope\"\n"),
      ([("target", "127.0.0.1"), ("target", "10.0.0.1")], 400, "Target parameter is there more than once\n"),
      ([("target", "10.0.0.1")], 403, "target \"10.0.0.1\" is not on the allow-list\n"),
      ([("target", "127.0.0.1"), ("module", "tcp")], 400, "target: must be host:port or [IPv6]:port\n"),
      ([("target", "ftp://127.0.0.1/")], 400, nil), ([("target", "http://a\\b@127.0.0.1/")], 400, nil),
    ] as [([(String, String)], Int, String?)] {
      let answer = await ask(endpoint, query)
      #expect(answer.status == status, "\(query): \(answer.text)")
      if let text { #expect(answer.text == text) }
    }
    #expect(await ask(endpoint, [("target", "127.0.0.1")], scrapeTimeout: "soon").status == 400)
    #expect(endpoint.answer(HTTPServerRequest(method: "POST", path: "/probe")).status == 405)
    #expect(endpoint.answer(HTTPServerRequest(method: "GET", path: "/metrics")).status == 404)
  }

  @Test func aNameMustResolveIntoTheRanges() async {
    let outside = endpoint(["localhost", "10.0.0.0/8"])
    let refused = await ask(outside, [("target", "http://localhost:\(site.port)/")])
    #expect(refused.status == 403)
    #expect(refused.text.hasPrefix("target \"localhost\" resolves to "))
    #expect(refused.text.hasSuffix(", which is in none of the listed ranges\n"))
    let inside = endpoint(["localhost", "127.0.0.0/8", "::1"])
    let good = await ask(inside, [("target", "http://localhost:\(site.port)/")])
    #expect(good.status == 200 && good.text.contains("\nprobe_success 1\n"))
    let unknown = endpoint(["*.invalid", "10.0.0.0/8"])
    let nothing = await ask(unknown, [("target", "http://nowhere.invalid/")])
    #expect(nothing.status == 200 && nothing.text.contains("\nprobe_success 0\n"))
  }

  @Test func redirectsAreNotFollowed() async {
    let answer = await ask(endpoint(["127.0.0.1"]), [("target", "http://127.0.0.1:\(site.port)/away")])
    #expect(
      answer.text.contains("\nprobe_success 0\n") && answer.text.contains("\nprobe_http_status_code 302\n"))
  }

  @Test func theScrapesTimeOutCutsTheModules() async {
    let time = SystemTime()
    let start = time.monotonic
    let answer = await ask(
      endpoint(["127.0.0.1"]), [("target", "http://127.0.0.1:\(site.port)/slow")], scrapeTimeout: "0.8")
    #expect(time.monotonic - start < .seconds(1.5))
    #expect(
      answer.status == 200 && answer.text.contains("farwatch_probe_failure_reason{reason=\"timeout\"} 1"))
  }

  @Test func tooManyAtOnceWaitForTheirTurn() async throws {
    let endpoint = endpoint(["127.0.0.1"]) { $0.concurrency = 1 }
    async let slow = ask(endpoint, [("target", "http://127.0.0.1:\(site.port)/slow")], scrapeTimeout: "1.4")
    try await waitUntil("the first probe is under way") { site.requests.contains { $0.target == "/slow" } }
    let query = [("target", "http://127.0.0.1:\(site.port)/")]
    let hurried = await ask(endpoint, query, scrapeTimeout: "0.4")
    #expect(hurried.status == 503)
    #expect(hurried.text == "no turn within 200ms: 1 probes at most are under way at once\n")
    async let patient = ask(endpoint, query, scrapeTimeout: "10")
    #expect(await slow.status == 200)
    #expect(await patient.status == 200)
    #expect(await ask(endpoint, query).status == 200)
  }

  @Test func whoHasLeftWaitsForNoTurn() async throws {
    let endpoint = endpoint(["127.0.0.1"]) { $0.concurrency = 1 }
    let slow = endpoint.answer(request("/slow", scrapeTimeout: "1"))
    try await waitUntil("the first probe is under way") { site.requests.contains { $0.target == "/slow" } }
    let left = endpoint.answer(request("/left"))
    left.deferred?.abandon()
    slow.deferred?.abandon()
    #expect(await ask(endpoint, [("target", "http://127.0.0.1:\(site.port)/")]).status == 200)
    #expect(!site.requests.contains { $0.target == "/left" })
    #expect(endpoint.readings.map(\.value) == [2], "what was under way counts when it ends")
  }

  /// Twice as many hanging targets as may be asked at once, and good ones among them.
  @Test func targetsThatHangKeepNoOtherWaiting() async throws {
    let silent = try SilentPort()
    let endpoint = endpoint(["127.0.0.0/8"]) { $0.concurrency = 256 }
    let time = SystemTime()
    func hang() -> [DeferredResponse] {
      (0..<300).compactMap { number in
        let target = "http://127.0.0.1:\(silent.port)/\(number)"
        return endpoint.answer(request(to: target)).deferred
      }
    }
    // What is new is not known to hang.
    for later in hang() {
      _ = await withCheckedContinuation { waiting in later.whenGiven { waiting.resume(returning: $0) } }
    }
    let hanging = hang()
    #expect(hanging.count == 300)
    for number in 0..<100 {
      let start = time.monotonic
      let answer = await ask(endpoint, [("target", "http://127.0.0.1:\(site.port)/good/\(number)")])
      #expect(answer.status == 200 && answer.text.contains("\nprobe_success 1\n"))
      #expect(time.monotonic - start < .seconds(1))
    }
    #expect(hanging.count { $0.response == nil } > 0, "the hanging ones hung all the while")
  }

  private func request(_ path: String, scrapeTimeout: String = "9") -> HTTPServerRequest {
    request(to: "http://127.0.0.1:\(site.port)\(path)", scrapeTimeout: scrapeTimeout)
  }

  private func request(to target: String, scrapeTimeout: String = "9") -> HTTPServerRequest {
    HTTPServerRequest(
      method: "GET", path: ProbeEndpoint.path, query: [HTTPServerField("target", target)],
      headers: [HTTPServerField("X-Prometheus-Scrape-Timeout-Seconds", scrapeTimeout)])
  }
}
