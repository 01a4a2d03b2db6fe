import Foundation
import HTTPServer
import Synchronization
import Testing

/// What well-behaved clients get.
@Suite struct HTTPServerTests {
  @Test func theHandlerIsGivenTheWholeRequest() throws {
    let server = try startEcho()
    defer { server.stop() }
    let url = "http://127.0.0.1:\(server.port)/a%20b/c%2Fd//e?x=1&x=%C3%A4+%2B&flag&=v&y=a=b"
    let (output, code) = try curl(
      ["-H", "x-Test: yes", "--data-binary", "@-", url], input: Array("p=1&p=2%26".utf8))
    #expect(code == 0)
    #expect(
      output == """
        POST /a b/c/d//e
        from 127.0.0.1
        segments a b|c/d|e
        query x=1
        query x=ä +
        query flag=
        query =v
        query y=a=b
        form p=1
        form p=2&
        x-test yes
        body 10 \(Array("p=1&p=2%26".utf8).reduce(0) { ($0 &* 31) &+ Int($1) })

        """)
  }

  @Test(.enabled(if: hasIPv6Loopback, "this machine has no ::1"))
  func listensOnAnIPv6Address() throws {
    try expectListening("[::1]:0")
  }

  @Test(arguments: [":0", "localhost:0", "0.0.0.0:0"])
  func listensWhereItIsTold(address: String) throws {
    try expectListening(address)
  }

  private func expectListening(_ address: String) throws {
    let server = try startEcho(address: address)
    defer { server.stop() }
    #expect(server.port != 0)
    let host = address.hasPrefix("[") ? "[::1]" : "127.0.0.1"
    let (output, code) = try curl(["http://\(host):\(server.port)/"])
    #expect(code == 0)
    #expect(output.contains("from \(host == "[::1]" ? "::1" : host)\n"))
    #expect(server.boundAddress.hasSuffix(":\(server.port)"))
  }

  @Test func anAddressThatCannotBeHadIsNamed() throws {
    let server = try startEcho()
    defer { server.stop() }
    #expect(throws: HTTPServerError.addressInUse(server.boundAddress)) {
      try startEcho(address: server.boundAddress)
    }
    #expect(throws: HTTPServerError.addressNotAvailable("203.0.113.7:0")) {
      try startEcho(address: "203.0.113.7:0")
    }
    for bad in [
      "", "9797", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:+1", "127.0.0.1:-1", "::1:80x",
      "::1:80",
      "[::1]", "[127.0.0.1]:1", "example.org:80", "127.0.0.1:80 ", "[::1:80", "300.0.0.1:80", "127.0.0.1:٣",
    ] {
      #expect(throws: HTTPServerError.badAddress(bad)) { try startEcho(address: bad) }
    }
    #expect(throws: HTTPServerError.badSettings("threads must be 1 to 64")) {
      try startEcho { $0.threads = 0 }
    }
  }

  @Test(arguments: [1, 2, 4]) func anyNumberOfThreadsServes(threads: Int) throws {
    let server = try startEcho { $0.threads = threads }
    defer { server.stop() }
    for _ in 0..<20 {
      let connection = try RawConnection(port: server.port)
      connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(try connection.answer()?.status == 200)
    }
  }

  @Test func headIsGetWithoutTheBody() throws {
    let server = try startEcho()
    defer { server.stop() }
    let connection = try RawConnection(port: server.port)
    connection.send("GET /xyz HTTP/1.1\r\nHost: x\r\n\r\n")
    let get = try #require(try connection.answer())
    connection.send("HEAD /xyz HTTP/1.1\r\nHost: x\r\n\r\n")
    let head = try #require(try connection.answer(bodyless: true))
    // "HEAD" is one letter longer than "GET" in the echo.
    #expect(Int(head.headers["content-length"] ?? "") == get.body.count + 1)
    #expect(Set(head.headers.keys) == Set(get.headers.keys))
    #expect(head.headers["x-content-type-options"] == "nosniff")
    #expect(head.headers["content-security-policy"] == "default-src 'none'")
    // Nothing of a body came: the next answer starts where it should.
    connection.send("GET /missing HTTP/1.1\r\nHost: x\r\n\r\n")
    let missing = try #require(try connection.answer())
    #expect(missing.status == 404)
    #expect(missing.text == "not here\n")
  }

  @Test func segmentsArriveInOrderAndAreGivenBack() throws {
    let pieces = (0..<3000).map { number in
      [UInt8](repeating: UInt8(number % 251), count: number * 7 % 20_000)
    }
    let whole = pieces.flatMap { $0 }
    let given = Mutex<[TestBytes]>(pieces.map { TestBytes($0) })
    weak let first = given.withLock { $0.first }
    let server = try HTTPServer(HTTPServerSettings(address: "127.0.0.1:0")) { _ in
      HTTPServerResponse(status: 200, body: .segments(given.withLock { $0 }))
    }
    let (one, two) = (try RawConnection(port: server.port), try RawConnection(port: server.port))
    for connection in [one, two] { connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n") }
    for connection in [two, one] { #expect(try connection.answer()?.body == whole) }
    one.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(try one.answer(bodyless: true)?.headers["content-length"] == "\(whole.count)")
    // A client that leaves in the middle of its answer.
    do {
      let leaver = try RawConnection(port: server.port)
      leaver.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    }
    given.withLock { $0 = [] }
    // libmicrohttpd lets go of an answer a moment after it has told the end of the request.
    #expect(eventually { first == nil })
    #expect(eventually { server.statistics.requestsUnderWay == 0 })
    two.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(try two.answer()?.headers["content-length"] == "0")
    server.stop()
  }

  @Test(arguments: [200, 204, 304, 404, 503]) func anEmptyBodyIsAnAnswer(status: Int) throws {
    let server = try HTTPServer(HTTPServerSettings(address: "127.0.0.1:0")) { _ in
      HTTPServerResponse(status: status)
    }
    defer { server.stop() }
    let connection = try RawConnection(port: server.port)
    for _ in 0..<3 {
      connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(try connection.answer()?.status == status)
    }
  }

  @Test func aHeaderThatWouldSplitTheAnswerIsLeftOut() throws {
    let log = LogLines()
    let server = try HTTPServer(HTTPServerSettings(address: "127.0.0.1:0"), log: log.add) { _ in
      HTTPServerResponse(
        status: 200, headers: [HTTPServerField("X-A", "a\r\nX-B: b"), HTTPServerField("X-C", "c")])
    }
    defer { server.stop() }
    let connection = try RawConnection(port: server.port)
    connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    let answer = try #require(try connection.answer())
    #expect(answer.headers["x-b"] == nil && answer.headers["x-a"] == nil)
    #expect(answer.headers["x-c"] == "c")
    #expect(log.all.contains { $0.contains("\"X-A\" cannot be written") })
  }

  @Test func whatHappensIsCounted() throws {
    let server = try startEcho()
    defer { server.stop() }
    let connection = try RawConnection(port: server.port)
    var bytes = 0
    for target in ["/", "/missing", "/%zz", "/"] {
      connection.send("GET \(target) HTTP/1.1\r\nHost: x\r\n\r\n")
      bytes += try connection.answer()?.body.count ?? 0
    }
    // The client has its answer before the server has counted it.
    let counts: [UInt64] = [0, 0, 2, 0, 2, 0]
    #expect(
      eventually {
        server.statistics.requestsByStatusClass == counts && server.statistics.requestsUnderWay == 0
      })
    #expect(server.statistics.bodyBytesSent == UInt64(bytes))
    #expect(server.statistics.connectionsOpen == 1)
    #expect(server.statistics.connectionsAccepted == 1)
  }
}
