import Collecting
import Dispatch
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
    let response = await onOwnThread { endpoint.answer(request) }
    #expect(response.headers.contains(HTTPServerField("Connection", "close")))
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

  @Test func tooManyAtOnceAreToldToWait() async throws {
    let endpoint = endpoint(["127.0.0.1"]) { $0.concurrency = 1 }
    async let slow = ask(endpoint, [("target", "http://127.0.0.1:\(site.port)/slow")])
    try await waitUntil("the first probe is under way") { site.requests.contains { $0.target == "/slow" } }
    let second = await ask(endpoint, [("target", "http://127.0.0.1:\(site.port)/")])
    #expect(second.status == 503 && second.text == "1 probes are under way already\n")
    #expect(await slow.status == 200)
    #expect(await ask(endpoint, [("target", "http://127.0.0.1:\(site.port)/")]).status == 200)
  }
}

/// Runs what blocks where no other test waits for it.
func onOwnThread<Answer: Sendable>(_ body: @escaping @Sendable () -> Answer) async -> Answer {
  await withCheckedContinuation { continuation in
    DispatchQueue.global().async { continuation.resume(returning: body()) }
  }
}
