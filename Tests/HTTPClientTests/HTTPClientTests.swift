import FarwatchTesting
import HTTPClient
import Model
import Synchronization
import Testing

extension HTTPClient {
  func send(_ request: HTTPRequest) async -> HTTPResult {
    await withCheckedContinuation { continuation in start(request) { continuation.resume(returning: $0) } }
  }
}

/// What a server does instead of answering, and what the failure must be called.
struct Misbehaviour: CustomTestStringConvertible {
  let name: String
  let steps: [LoopbackServer.Step]
  let reason: FailureReason

  var testDescription: String { name }

  static let all: [Misbehaviour] = [
    .init(name: "reset", steps: [.reset], reason: .reset),
    .init(name: "close", steps: [.close], reason: .reset),
    .init(
      name: "cut", steps: [.text("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"), .close],
      reason: .reset),
    .init(
      name: "garbage", steps: [.text("\u{1}\u{2}this is no HTTP at all\r\n\r\n"), .close],
      reason: .protocolError),
    .init(
      name: "bad chunk", steps: [.text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")],
      reason: .protocolError),
    .init(
      name: "endless headers",
      steps: [
        .text("HTTP/1.1 200 OK\r\n"), .repeating(Array("X-Padding: 0123456789\r\n".utf8), times: .max),
      ],
      reason: .protocolError),
    .init(name: "hang", steps: [.hang], reason: .timeout),
    .init(
      name: "slow headers", steps: [.text("HTTP/1.1 200 OK\r\n"), .wait(.seconds(60))], reason: .timeout),
    .init(
      name: "slow body", steps: [.text("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), .hang],
      reason: .timeout),
    .init(
      name: "endless body",
      steps: [
        .text("HTTP/1.1 200 OK\r\n\r\n"), .repeating([UInt8](repeating: 65, count: 65_536), times: .max),
      ],
      reason: .bodyTooLarge),
  ]
}

@Suite struct HTTPClientTests {
  let client = HTTPClient(name: "test")

  @Test func aBodyWithoutEndIsTakenAsItComes() async throws {
    let server = try LoopbackServer { request in
      if request.target == "/refused" { return LoopbackServer.answer(503, "not now") }
      return [
        .text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n"),
        .wait(.milliseconds(50)),
        .text("6\r\nsecond\r\n"), .hang,
      ]
    }
    let heard = Mutex<[UInt8]>([])
    var request = HTTPRequest(url: server.url("/stream"))
    request.bodyLimit = 4
    request.timeout = .seconds(60)
    let ended = Mutex<HTTPResult?>(nil)
    client.start(request) { bytes in
      heard.withLock { $0 += bytes }
    } _: { result in
      ended.withLock { $0 = result }
    }
    try await waitUntil("both pieces came") { heard.withLock { $0 } == Array("firstsecond".utf8) }
    #expect(ended.withLock { $0 == nil }, "beyond its limit, and it goes on")
    client.shutdown()
    let result = try #require(ended.withLock { $0 })
    #expect(result.failure != nil && result.body.isEmpty)

    // A refusal is an answer like any other.
    let other = HTTPClient(name: "test")
    let pieces = Mutex(0)
    request.url = server.url("/refused")
    let refused = await withCheckedContinuation { continuation in
      other.start(request) { _ in
        pieces.withLock { $0 += 1 }
      } _: {
        continuation.resume(returning: $0)
      }
    }
    #expect(refused.status == 503 && refused.body == Array("not ".utf8) && pieces.withLock { $0 } == 0)
  }

  @Test func answerArrives() async throws {
    let server = try LoopbackServer { _ in
      LoopbackServer.answer(200, "hello", headers: [("X-Region", "eu-1"), ("Empty", "")])
    }
    var request = HTTPRequest(url: server.url("/a?b=c"))
    request.headers = [HTTPHeader("X-One", "1"), HTTPHeader("X-Empty", "")]
    let result = await client.send(request)
    #expect(result.failure == nil)
    #expect(result.status == 200)
    #expect(result.body == Array("hello".utf8))
    #expect(result.bodyBytesTotal == 5)
    #expect(result.contentLength == 5)
    #expect(result.headers["x-region"] == "eu-1")
    #expect(result.headers["empty"] == "")
    #expect(result.headers["none"] == nil)
    #expect(result.httpVersion == 1.1)
    #expect(result.primaryAddress == "127.0.0.1")
    #expect(!result.reusedConnection)
    #expect(result.phases.connect != nil)
    #expect(result.phases.tls == nil)
    #expect(result.phases.processing != nil)
    #expect(result.phases.transfer != nil)
    let seen = try #require(server.requests.first)
    #expect(seen.method == "GET")
    #expect(seen.target == "/a?b=c")
    #expect(seen.header("X-One") == "1")
    #expect(seen.header("X-Empty") == "")
    #expect(seen.header("User-Agent") == "farwatch")
  }

  @Test(arguments: ["POST", "PUT", "DELETE", "HEAD", "GET"]) func methodsAndBodies(method: String)
    async throws
  {
    let server = try LoopbackServer {
      $0.method == "HEAD"
        ? [.text("HTTP/1.1 200 x\r\nContent-Length: 5\r\n\r\n")] : LoopbackServer.answer(202, "ok")
    }
    var request = HTTPRequest(method: method, url: server.url(), timeout: .seconds(5))
    if method == "POST" || method == "PUT" { request.body = Array("a\0b".utf8) }
    // Twice, and a plain GET between: a handle that is used again carries nothing over.
    for _ in 0..<2 {
      let result = await client.send(request)
      #expect(result.failure == nil)
      #expect(result.status == (method == "HEAD" ? 200 : 202))
      _ = await client.send(HTTPRequest(url: server.url("/plain")))
    }
    #expect(server.requests.map(\.method) == [method, "GET", method, "GET"])
    #expect(server.requests[0].body == request.body)
    #expect(server.requests[2].body == request.body)
    #expect(server.requests[3].body.isEmpty)
    #expect(server.requests[2].header("Expect") == nil)
  }

  @Test func connectionIsKeptAndCounted() async throws {
    let server = try LoopbackServer { _ in LoopbackServer.answer() }
    for round in 0..<20 {
      let result = await client.send(HTTPRequest(url: server.url()))
      #expect(result.status == 200)
      #expect(result.reusedConnection == (round > 0))
      #expect(result.primaryAddress == "127.0.0.1")
      #expect((result.phases.connect == nil) == (round > 0))
      #expect((result.phases.resolve == nil) == (round > 0))
    }
    #expect(server.connections == 1)
    var fresh = HTTPRequest(url: server.url())
    fresh.keepAlive = false
    for _ in 0..<3 { #expect(await client.send(fresh).reusedConnection == false) }
    #expect(server.connections == 4)
  }

  @Test func connectionIsGivenUpAfterItsLifetime() async throws {
    let server = try LoopbackServer { _ in LoopbackServer.answer() }
    var settings = HTTPClientSettings()
    settings.connectionLifetime = .seconds(1)
    let client = HTTPClient(name: "test", settings: settings)
    let start = ContinuousClock.now
    while server.connections < 2, ContinuousClock.now - start < .seconds(30) {
      _ = await client.send(HTTPRequest(url: server.url()))
      try await Task.sleep(for: .milliseconds(50))
    }
    #expect(server.connections == 2)
    #expect(ContinuousClock.now - start >= .milliseconds(900))
  }

  @Test func serverThatClosedAKeptConnectionIsAskedAnew() async throws {
    let server = try LoopbackServer { _ in LoopbackServer.answer(200, "x") + [.close] }
    for _ in 0..<5 {
      let result = await client.send(HTTPRequest(url: server.url()))
      #expect(result.failure == nil)
      #expect(result.status == 200)
    }
    #expect(server.connections == 5)
  }

  @Test func connectAddressOverridesResolution() async throws {
    let server = try LoopbackServer { _ in LoopbackServer.answer() }
    var request = HTTPRequest(url: "http://region.example:\(server.port)/")
    request.connectAddress = "127.0.0.7"
    let result = await client.send(request)
    #expect(result.failure == nil)
    #expect(result.primaryAddress == "127.0.0.7")
    #expect(server.requests.first?.header("Host") == "region.example:\(server.port)")
  }

  // MARK: - Failures

  @Test func failuresHaveReasonsAndOnlyReachedPhases() async throws {
    let refusing = try RefusingPort()
    let result = await client.send(HTTPRequest(url: "http://127.0.0.1:\(refusing.port)/"))
    #expect(result.failure?.reason == .refused)
    #expect(result.phases.connect == nil)
    #expect(result.phases.processing == nil)
    #expect(result.primaryAddress == nil)
    #expect(result.status == nil)

    var unknown = HTTPRequest(url: "http://no-such-host.invalid/")
    // A resolver that reaches nobody takes its time to say so.
    unknown.timeout = .seconds(120)
    let dns = await client.send(unknown)
    #expect(dns.failure?.reason == .dns)
    #expect(dns.phases == HTTPPhases())

    for bad in ["ftp://127.0.0.1/", "file:///etc/passwd", "http://", "nonsense", ""] {
      #expect(await client.send(HTTPRequest(url: bad)).failure?.reason == .configuration, "\(bad)")
    }
  }

  @Test(arguments: Misbehaviour.all) func misbehaviourHasAReason(of kind: Misbehaviour) async throws {
    let (name, steps, reason) = (kind.name, kind.steps, kind.reason)
    let server = try LoopbackServer { _ in steps }
    var request = HTTPRequest(url: "http://user:geheim@127.0.0.1:\(server.port)/?token=s3cret")
    // Short only where it is what ends the request: elsewhere a busy machine may need longer for what is looked for.
    request.timeout = reason == .timeout ? .seconds(1) : .seconds(30)
    let start = ContinuousClock.now
    let result = await client.send(request)
    let failure = try #require(result.failure)
    #expect(failure.reason == reason, "\(failure.detail)")
    #expect(!failure.detail.contains("geheim") && !failure.detail.contains("s3cret"))
    if reason == .timeout { #expect(ContinuousClock.now - start >= .milliseconds(900)) }
    #expect(result.phases.connect != nil)
    if name == "hang" || name == "reset" { #expect(result.phases.processing == nil) }
    #expect(result.phases.transfer == nil || name == "endless body")
    #expect(result.total > 0)
  }

  @Test func bodyIsBoundedWhateverTheServerSends() async throws {
    let size = 100 << 20
    let server = try LoopbackServer { request in
      [
        .text("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n"),
        .repeating([UInt8](repeating: 65, count: 1 << 20), times: 100),
      ]
    }
    let before = residentBytes()
    var request = HTTPRequest(url: server.url())
    request.timeout = .seconds(60)
    request.bodyLimit = 10_000
    request.readLimit = .max
    let all = await client.send(request)
    #expect(all.failure == nil)
    #expect(all.body.count == 10_000)
    #expect(all.bodyBytesTotal == size)
    #expect(!all.bodyTruncated)

    request.readLimit = nil
    request.failBeyondReadLimit = false
    let stopped = await client.send(request)
    #expect(stopped.failure == nil)
    #expect(stopped.status == 200)
    #expect(stopped.bodyTruncated)
    #expect(stopped.body.count == 10_000)
    #expect(stopped.bodyBytesTotal < size)

    request.failBeyondReadLimit = true
    let failed = await client.send(request)
    #expect(failed.failure?.reason == .bodyTooLarge)
    #expect(failed.status == 200)
    #expect(residentBytes() - before < 30 << 20)
  }

  // MARK: - Redirects

  @Test func redirectsAreFollowedAsFarAsAllowed() async throws {
    let server = try LoopbackServer { request in
      let step = Int(request.target.dropFirst()) ?? 0
      return step == 0
        ? LoopbackServer.answer(200, "there")
        : LoopbackServer.answer(302, headers: [("Location", "/\(step - 1)")])
    }
    var request = HTTPRequest(url: server.url("/3"))
    let none = await client.send(request)
    #expect(none.status == 302)
    #expect(none.failure == nil)
    #expect(none.redirects == 0)

    request.redirects = .upTo(3)
    let all = await client.send(request)
    #expect(all.status == 200)
    #expect(all.redirects == 3)
    #expect(all.body == Array("there".utf8))
    #expect(all.finalURL == server.url("/0"))

    request.redirects = .upTo(2)
    let tooMany = await client.send(request)
    #expect(tooMany.failure?.reason == .redirect)
    #expect(tooMany.redirects == 2)
    #expect(server.connections == 1)
  }

  @Test func redirectToAnotherSchemeIsRefused() async throws {
    for location in ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/"] {
      let server = try LoopbackServer { _ in LoopbackServer.answer(302, headers: [("Location", location)]) }
      var request = HTTPRequest(url: server.url())
      request.redirects = .upTo(5)
      #expect(await client.send(request).failure?.reason == .redirect)
    }
  }

  @Test func secretsStayWithTheirOrigin() async throws {
    let other = try LoopbackServer { _ in LoopbackServer.answer() }
    let server = try LoopbackServer { request in
      request.target == "/same"
        ? LoopbackServer.answer(302, headers: [("Location", "/away")])
        : LoopbackServer.answer(302, headers: [("Location", other.url())])
    }
    var request = HTTPRequest(url: server.url("/same"))
    request.redirects = .upTo(5)
    request.headers = [
      HTTPHeader("Authorization", "Bearer a"), HTTPHeader("Cookie", "b=c"),
      HTTPHeader("X-Api-Key", "d", isSecret: true), HTTPHeader("X-Plain", "e"),
    ]
    #expect(await client.send(request).status == 200)
    for own in server.requests {
      #expect(own.header("Authorization") == "Bearer a")
      #expect(own.header("X-Api-Key") == "d")
    }
    #expect(server.requests.count == 2)
    let away = try #require(other.requests.first)
    #expect(away.header("Authorization") == nil)
    #expect(away.header("Cookie") == nil)
    #expect(away.header("X-Api-Key") == nil)
    #expect(away.header("X-Plain") == "e")
  }

  @Test func postBecomesGetWhereBrowsersDoSo() async throws {
    for (status, method) in [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")] {
      let server = try LoopbackServer { request in
        request.target == "/"
          ? LoopbackServer.answer(status, headers: [("Location", "/next")]) : LoopbackServer.answer()
      }
      var request = HTTPRequest(
        method: "POST", url: server.url(), body: Array("payload".utf8), timeout: .seconds(5))
      request.redirects = .upTo(1)
      #expect(await client.send(request).status == 200)
      #expect(server.requests.last?.method == method)
      #expect(server.requests.last?.body == (method == "GET" ? [] : request.body))
    }
  }
}
