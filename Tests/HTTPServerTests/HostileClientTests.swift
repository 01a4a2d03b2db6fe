import HTTPServer
import Testing

/// What clients get that are slow, broken or worse; and that the server outlives them.
@Suite struct HostileClientTests {
  private func expectServing(_ server: HTTPServer) throws {
    let connection = try RawConnection(port: server.port)
    connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(try connection.answer()?.status == 200)
  }

  @Test func pipelinedRequestsAreAnsweredInOrder() throws {
    let server = try startEcho()
    defer { server.stop() }
    let connection = try RawConnection(port: server.port)
    connection.send((0..<100).map { "GET /n\($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined())
    for number in 0..<100 {
      #expect(try connection.answer()?.text.hasPrefix("GET /n\(number)\n") == true)
    }
  }

  /// What a client sends fills the connection's memory, which the sending of an answer must not depend on.
  @Test func manySegmentsWithAFullRequestBuffer() throws {
    let pieces = (0..<200).map { TestBytes([UInt8(truncatingIfNeeded: $0)]) }
    var settings = HTTPServerSettings(address: "127.0.0.1:0")
    settings.maxHeaderBytes = 8192
    let server = try HTTPServer(settings) { _ in HTTPServerResponse(status: 200, body: .segments(pieces)) }
    defer { server.stop() }
    var answered = 0
    for padding in stride(from: 0, to: 8192, by: 64) {
      let connection = try RawConnection(port: server.port)
      connection.send(
        "GET / HTTP/1.1\r\nHost: x\r\nX-Long: \(String(repeating: "a", count: padding))\r\n\r\n")
      guard let answer = try connection.answer() else { continue }
      #expect([200, 413, 414, 431].contains(answer.status))
      if answer.status == 200 {
        #expect(answer.body.count == 200)
        answered = padding
      }
    }
    #expect(answered > 4096)
  }

  @Test func aRequestMayComeByteByByte() throws {
    let server = try startEcho()
    defer { server.stop() }
    let connection = try RawConnection(port: server.port)
    let request = "POST /slow HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    for byte in request.utf8 { connection.send([byte]) }
    #expect(try connection.answer()?.text.contains("body 3 ") == true)
  }

  @Test func whoLeavesInTheMiddleIsForgotten() throws {
    let server = try startEcho()
    defer { server.stop() }
    let request = "POST /half HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345"
    for length in 1...request.utf8.count {
      let connection = try RawConnection(port: server.port)
      connection.send(Array(request.utf8.prefix(length)))
    }
    #expect(eventually { server.statistics.connectionsOpen == 0 && server.statistics.requestsUnderWay == 0 })
    try expectServing(server)
  }

  @Test func tooMuchHeaderIsRefused() throws {
    let server = try startEcho { $0.maxHeaderBytes = 8192 }
    defer { server.stop() }
    for request in [
      "GET / HTTP/1.1\r\nHost: x\r\nX-Long: \(String(repeating: "a", count: 100_000))\r\n\r\n",
      "GET /\(String(repeating: "a", count: 100_000)) HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\n\(String(repeating: "X-A: b\r\n", count: 20_000))\r\n",
      "GET /?\(String(repeating: "a=b&", count: 20_000)) HTTP/1.1\r\nHost: x\r\n\r\n",
    ] {
      let connection = try RawConnection(port: server.port)
      connection.send(request)
      // A status if the client still reads it; the server does not wait for what it will not take.
      if let status = try connection.answer()?.status { #expect([400, 413, 414, 431, 500].contains(status)) }
    }
    try expectServing(server)
  }

  @Test func garbageNeverStopsTheServer() throws {
    let server = try startEcho {
      $0.idleTimeout = .seconds(1)
      $0.perIPConnectionLimit = nil
    }
    defer { server.stop() }
    var seed: UInt64 = 42
    func random() -> UInt64 {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return seed >> 33
    }
    let valid = Array(
      "POST /a%20b?c=d HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nX-A: b\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        .utf8)
    let connections = try (0..<400).map { round in
      var bytes = valid
      if round % 3 == 0 { bytes = (0..<Int(random() % 400)).map { _ in UInt8(truncatingIfNeeded: random()) } }
      for _ in 0..<(round % 3 == 0 || bytes.isEmpty ? 0 : 1 + Int(random() % 6)) {
        bytes[Int(random()) % bytes.count] = UInt8(truncatingIfNeeded: random())
      }
      let connection = try RawConnection(port: server.port)
      connection.send(bytes)
      connection.finishSending()
      return connection
    }
    #expect(eventually { server.statistics.connectionsAccepted == connections.count })
    try expectServing(server)
    #expect(eventually { server.statistics.connectionsOpen == 0 && server.statistics.requestsUnderWay == 0 })
  }

  @Test(arguments: [
    "zz\r\nabc\r\n0\r\n\r\n", "-1\r\nabc\r\n", "3\r\nabcdef\r\n0\r\n\r\n", "ffffffffffffffffff\r\na",
  ])
  func aBadChunkIsNotAnswered200(body: String) throws {
    let server = try startEcho()
    defer { server.stop() }
    let connection = try RawConnection(port: server.port)
    connection.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\(body)")
    connection.finishSending()
    if let status = try connection.answer()?.status { #expect((400..<500).contains(status)) }
    try expectServing(server)
  }

  @Test(arguments: ["/%zz", "/%", "/%2", "/%00", "/a%0ab", "/%ff", "/?a=%fe", "/?%g0", "ftp://x/", "x:443"])
  func aTargetThatCannotBeDecodedIs400(target: String) throws {
    let server = try startEcho()
    defer { server.stop() }
    let connection = try RawConnection(port: server.port)
    connection.send("GET \(target) HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(try connection.answer()?.status == 400)
    connection.send("GET HTTP://x:1/ok?a=b HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(try connection.answer()?.text.hasPrefix("GET /ok\n") == true)
    connection.send("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(try connection.answer()?.text.hasPrefix("OPTIONS *\n") == true)
  }

  @Test func aBodyOverTheLimitIs413() throws {
    let limit = 100_000
    let server = try startEcho { $0.maxBodyBytes = limit }
    defer { server.stop() }
    let url = "http://127.0.0.1:\(server.port)/"
    let code = ["-o", "/dev/null", "-w", "%{http_code}", "--data-binary", "@-", url]
    let fits = [UInt8](repeating: 1, count: limit)
    #expect(try curl(code, input: fits).output == "200")
    #expect(try curl(code, input: fits + [1]).output == "413")
    #expect(try curl(["-H", "Transfer-Encoding: chunked"] + code, input: fits).output == "200")
    #expect(try curl(["-H", "Transfer-Encoding: chunked"] + code, input: fits + [1]).output == "413")
    #expect(try curl(["-H", "Expect: 100-continue"] + code, input: fits + [1]).output == "413")
    // Far too much: an answer before the body, or a closed connection in the middle of it.
    let vast = [UInt8](repeating: 1, count: 20_000_000)
    #expect(try ["413", "000"].contains(curl(code, input: vast).output))
    // 100 is what curl was told before it began to send.
    let (cutOff, exit) = try curl(["-H", "Transfer-Encoding: chunked"] + code, input: vast)
    #expect(["100", "000"].contains(cutOff) && exit != 0)
    #expect(server.statistics.bodiesTooLarge == 5)
    try expectServing(server)
    #expect(server.statistics.requestsUnderWay <= 1)
  }

  @Test func aSlowBodyBeyondTheLimitIsRefusedToo() throws {
    let server = try startEcho { $0.maxBodyBytes = 100 }
    defer { server.stop() }
    let connection = try RawConnection(port: server.port)
    connection.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in 0..<30 { connection.send("5\r\nabcde\r\n") }
    connection.send("0\r\n\r\n")
    #expect(try connection.answer()?.status == 413)
  }

  @Test func whoeverTricklesABodyIsCutOff() throws {
    let server = try startEcho { $0.requestTimeout = .milliseconds(200) }
    defer { server.stop() }
    let connection = try RawConnection(port: server.port)
    connection.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
    #expect(eventually { !connection.send("a") })
    #expect(eventually { server.statistics.connectionsOpen == 0 })
    #expect(server.statistics.requestsAborted == 1)
    #expect(server.statistics.bodiesOverdue == 1 && server.statistics.headersOverdue == 0)
  }

  @Test func anIdleConnectionIsClosed() throws {
    let server = try startEcho { $0.idleTimeout = .milliseconds(1) }
    defer { server.stop() }
    let connection = try RawConnection(port: server.port)
    connection.send("GET / HTTP/1.1\r\nHost: x\r\n")
    // libmicrohttpd may say 408 first.
    if let answer = try connection.answer() { #expect(answer.status == 408) }
    #expect(try connection.isClosedByServer())
  }

  @Test func twoHundredConnectionsAtOnce() throws {
    let server = try startEcho { $0.perIPConnectionLimit = nil }
    defer { server.stop() }
    let connections = try (0..<200).map { _ in try RawConnection(port: server.port) }
    #expect(eventually { server.statistics.connectionsOpen == 200 })
    for round in 0..<3 {
      for (number, connection) in connections.enumerated() {
        connection.send("GET /\(round)/\(number) HTTP/1.1\r\nHost: x\r\n\r\n")
      }
      for (number, connection) in connections.enumerated() {
        #expect(try connection.answer()?.text.hasPrefix("GET /\(round)/\(number)\n") == true)
      }
    }
    #expect(server.statistics.connectionsAccepted == 200)
  }

  @Test func beyondTheConnectionLimitOneWaits() throws {
    let server = try startEcho {
      $0.threads = 1
      $0.connectionLimit = 2
      // Two of two is a crowd; here nobody is to leave before it likes to.
      $0.headerTimeout = .seconds(600)
      $0.idleTimeout = .seconds(600)
    }
    defer { server.stop() }
    var open = try (0..<2).map { _ in try RawConnection(port: server.port) }
    #expect(eventually { server.statistics.connectionsOpen == 2 })
    let third = try RawConnection(port: server.port)
    third.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    open[0].send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(try open[0].answer()?.status == 200)
    #expect(server.statistics.connectionsAccepted == 2)
    open.removeAll()
    #expect(try third.answer()?.status == 200)
  }

  @Test func oneClientHasItsShareOfConnections() throws {
    let server = try startEcho { $0.perIPConnectionLimit = 3 }
    defer { server.stop() }
    let open = try (0..<3).map { _ in try RawConnection(port: server.port) }
    #expect(eventually { server.statistics.connectionsOpen == 3 })
    let fourth = try RawConnection(port: server.port)
    #expect(try fourth.isClosedByServer())
    for connection in open {
      connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(try connection.answer()?.status == 200)
    }
  }
}
