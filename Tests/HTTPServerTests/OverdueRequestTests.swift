import Glibc
import HTTPServer
import Testing

/// Who holds a connection and sends no request loses it; who only rests between two requests does not.
@Suite struct OverdueRequestTests {
  private let request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

  /// Sends a byte every 20 ms until the server hangs up; false when it does not within ten seconds.
  private func isCutWhileTrickling(_ connection: RawConnection) -> Bool {
    for _ in 0..<500 {
      if !connection.send("a") { return true }
      usleep(20_000)
    }
    return false
  }

  @Test(arguments: ["", "G", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: x\r\nX-A: "])
  func whoeverTricklesHeadersIsCutAtTheDeadline(start: String) throws {
    let server = try startEcho { $0.headerTimeout = .milliseconds(300) }
    defer { server.stop() }
    let begun = ContinuousClock.now
    let connection = try RawConnection(port: server.port)
    connection.send(start)
    #expect(isCutWhileTrickling(connection))
    let held = ContinuousClock.now - begun
    #expect(held >= .milliseconds(300) && held < .seconds(3))
    #expect(eventually { server.statistics.connectionsOpen == 0 })
    #expect(server.statistics.headersOverdue == 1 && server.statistics.bodiesOverdue == 0)
    #expect(server.statistics.requestsUnderWay == 0)
  }

  @Test func silenceAfterConnectingIsCutToo() throws {
    let server = try startEcho { $0.headerTimeout = .milliseconds(100) }
    defer { server.stop() }
    let connection = try RawConnection(port: server.port)
    #expect(try connection.isClosedByServer())
    #expect(server.statistics.headersOverdue == 1)
  }

  /// Nothing but the first byte tells that a next request has begun.
  @Test func whoeverTricklesASecondRequestIsCutToo() throws {
    let server = try startEcho { $0.headerTimeout = .milliseconds(300) }
    defer { server.stop() }
    let connection = try RawConnection(port: server.port)
    connection.send(request)
    #expect(try connection.answer()?.status == 200)
    let begun = ContinuousClock.now
    #expect(isCutWhileTrickling(connection))
    let held = ContinuousClock.now - begun
    #expect(held >= .milliseconds(300) && held < .seconds(3))
    #expect(server.statistics.headersOverdue == 1)
  }

  @Test func whoeverTricklesTrailersIsCutToo() throws {
    let server = try startEcho { $0.requestTimeout = .milliseconds(300) }
    defer { server.stop() }
    let connection = try RawConnection(port: server.port)
    connection.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-A: ")
    #expect(isCutWhileTrickling(connection))
    #expect(eventually { server.statistics.connectionsOpen == 0 })
    #expect(server.statistics.bodiesOverdue == 1 && server.statistics.requestsAborted == 1)
  }

  @Test func aRestBetweenRequestsIsNotHeldAgainstTheClient() throws {
    let server = try startEcho { $0.headerTimeout = .milliseconds(250) }
    defer { server.stop() }
    let connection = try RawConnection(port: server.port)
    for _ in 0..<3 {
      connection.send("GET / HTTP/1.1\r\n")
      connection.send("Host: x\r\n\r\n")
      #expect(try connection.answer()?.status == 200)
      // Twice what a request may take; what is waited for is that nothing happens.
      usleep(500_000)
    }
    #expect(server.statistics.connectionsAccepted == 1 && server.statistics.connectionsOpen == 1)
    #expect(server.statistics.headersOverdue == 0)
  }

  /// The only thread is busy for longer than both time-outs while complete requests wait for it.
  @Test func aSlowHandlerIsNotTheClientsFault() throws {
    var settings = HTTPServerSettings(address: "127.0.0.1:0")
    settings.threads = 1
    settings.headerTimeout = .milliseconds(400)
    settings.requestTimeout = .milliseconds(400)
    let server = try HTTPServer(settings) { request in
      if request.path == "/slow" { usleep(1_000_000) }
      return .text(200, "done\n")
    }
    defer { server.stop() }
    let slow = try RawConnection(port: server.port)
    let next = try RawConnection(port: server.port)
    #expect(eventually { server.statistics.connectionsOpen == 2 })
    slow.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(eventually { server.statistics.requestsUnderWay == 1 })
    next.send(request)
    #expect(try slow.answer()?.status == 200)
    #expect(try next.answer()?.status == 200)
    #expect(server.statistics.headersOverdue == 0 && server.statistics.bodiesOverdue == 0)
  }

  @Test func oneAddressCannotShutTheOthersOut() throws {
    let server = try startEcho()
    defer { server.stop() }
    let halfOpen = try (0..<600).map { _ in
      let connection = try RawConnection(port: server.port)
      connection.send("GET / HTTP/1.1\r\nHost: x\r\n")
      return connection
    }
    let begun = ContinuousClock.now
    for _ in 0..<20 {
      let other = try RawConnection(port: server.port, from: "127.0.0.2")
      other.send(request)
      #expect(try other.answer()?.text.contains("from 127.0.0.2") == true)
    }
    #expect(ContinuousClock.now - begun < .seconds(2))
    #expect(server.statistics.connectionsOpen <= 66)
    withExtendedLifetime(halfOpen) {}
  }

  /// Descriptor numbers are used again at once, and whoever behaves keeps its connection while its neighbours are cut.
  @Test func cuttingHitsNobodyElse() throws {
    let server = try startEcho {
      $0.headerTimeout = .milliseconds(150)
      $0.perIPConnectionLimit = nil
    }
    defer { server.stop() }
    let steady = try RawConnection(port: server.port)
    steady.send(request)
    #expect(try steady.answer()?.status == 200)
    for round in 0..<8 {
      let loiterers = try (0..<20).map { _ in try RawConnection(port: server.port) }
      // Some leave by themselves, at about the time at which they would be cut.
      for connection in loiterers.prefix(10) { connection.finishSending() }
      usleep(UInt32(140_000 + round * 4000))
      let fresh = try RawConnection(port: server.port)
      for connection in [fresh, steady] {
        connection.send(request)
        #expect(try connection.answer()?.status == 200)
      }
      withExtendedLifetime(loiterers) {}
    }
    #expect(eventually { server.statistics.connectionsOpen == 1 })
    #expect(server.statistics.headersOverdue > 0)
  }
}
