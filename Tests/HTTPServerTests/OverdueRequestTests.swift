import Glibc
import HTTPServer
import Testing

/// Who holds a connection and sends no request loses it; who only rests between two requests does not.
@Suite struct OverdueRequestTests {
  private let request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

  /// Sends a byte every 20 ms until the server hangs up; false when it does not within thirty seconds.
  private func isCutWhileTrickling(_ connection: RawConnection) -> Bool {
    for _ in 0..<1500 {
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
    #expect(ContinuousClock.now - begun >= .milliseconds(250))
    #expect(eventually { server.statistics.connectionsOpen == 0 })
    #expect(server.statistics.headersOverdue == 1 && server.statistics.bodiesOverdue == 0)
    #expect(server.statistics.requestsUnderWay == 0)
  }

  @Test func silenceAfterConnectingIsCutToo() throws {
    let server = try startEcho { $0.headerTimeout = .milliseconds(100) }
    defer { server.stop() }
    let connection = try RawConnection(port: server.port)
    #expect(try connection.isClosedByServer())
    #expect(eventually { server.statistics.headersOverdue == 1 })
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
    #expect(ContinuousClock.now - begun >= .milliseconds(250))
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
    // Long enough for a client that is kept from its processor for a while.
    let server = try startEcho { $0.headerTimeout = .seconds(1) }
    defer { server.stop() }
    let connection = try RawConnection(port: server.port)
    for _ in 0..<2 {
      connection.send("GET / HTTP/1.1\r\n")
      connection.send("Host: x\r\n\r\n")
      #expect(try connection.answer()?.status == 200)
      // Half as much again as a request may take; what is waited for is that nothing happens.
      usleep(1_500_000)
    }
    #expect(server.statistics.connectionsAccepted == 1 && server.statistics.connectionsOpen == 1)
    #expect(server.statistics.headersOverdue == 0)
  }

  /// The only thread is busy for longer than both time-outs while complete requests wait for it.
  @Test func aSlowHandlerIsNotTheClientsFault() throws {
    var settings = HTTPServerSettings(address: "127.0.0.1:0")
    settings.threads = 1
    settings.headerTimeout = .seconds(1)
    settings.requestTimeout = .seconds(1)
    let server = try HTTPServer(settings) { request in
      if request.path == "/slow" { usleep(2_500_000) }
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
    // Whoever is shut out is so for longer than it waits for an answer.
    let server = try startEcho {
      $0.headerTimeout = .seconds(120)
      $0.idleTimeout = .seconds(120)
    }
    defer { server.stop() }
    let halfOpen = try (0..<600).map { _ in
      let connection = try RawConnection(port: server.port)
      connection.send("GET / HTTP/1.1\r\nHost: x\r\n")
      return connection
    }
    for _ in 0..<20 {
      let other = try RawConnection(port: server.port, from: "127.0.0.2")
      other.send(request)
      #expect(try other.answer()?.text.contains("from 127.0.0.2") == true)
    }
    #expect(eventually { server.statistics.connectionsOpen <= 64 })
    withExtendedLifetime(halfOpen) {}
  }

  /// Each address has its share of places, and together they have them all.
  @Test func manyAddressesCannotShutTheOthersOutEither() throws {
    let server = try startEcho {
      $0.connectionLimit = 80
      $0.headerTimeout = .seconds(20)
      $0.requestTimeout = .seconds(20)
      $0.idleTimeout = .seconds(20)
    }
    defer { server.stop() }
    let starts = [
      "", "GET / HTTP/1.1\r\nHost: x\r\n", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc",
      request,
    ]
    let lingering = try (0..<160).map { number in
      let connection = try RawConnection(port: server.port, from: "127.0.1.\(number % 16 + 1)")
      connection.send(starts[number % starts.count])
      return connection
    }
    #expect(eventually { server.statistics.connectionsAccepted >= 80 })
    let begun = ContinuousClock.now
    let other = try RawConnection(port: server.port, from: "127.0.0.2")
    other.send(request)
    #expect(try other.answer()?.text.contains("from 127.0.0.2") == true)
    #expect(ContinuousClock.now - begun < .seconds(18))
    #expect(eventually { server.statistics.crowdedOut >= 160 - 60 })
    let statistics = server.statistics
    #expect(statistics.headersOverdue == 0 && statistics.bodiesOverdue == 0, "\(statistics)")
    withExtendedLifetime(lingering) {}
  }

  /// Who rests or is slow is left alone while there is room.
  @Test func nobodyIsCrowdedOutWhereThereIsRoom() throws {
    let server = try startEcho {
      $0.connectionLimit = 80
      $0.headerTimeout = .seconds(5)
      $0.idleTimeout = .seconds(5)
    }
    defer { server.stop() }
    let resting = try RawConnection(port: server.port)
    resting.send(request)
    #expect(try resting.answer()?.status == 200)
    let slow = try (0..<57).map { _ in try RawConnection(port: server.port) }
    #expect(eventually { server.statistics.connectionsOpen == 58 })
    // Three times as long as there would be in a crowd; what is waited for is that nothing happens.
    usleep(1_500_000)
    #expect(server.statistics.connectionsOpen == 58 && server.statistics.crowdedOut == 0)
    withExtendedLifetime(slow) {}
  }

  /// Descriptor numbers are used again at once, and whoever behaves keeps its connection while its neighbours are cut.
  @Test func cuttingHitsNobodyElse() throws {
    let limit = Duration.milliseconds(300)
    let server = try startEcho {
      $0.headerTimeout = limit
      $0.perIPConnectionLimit = nil
    }
    defer { server.stop() }
    let steady = try RawConnection(port: server.port)
    steady.send(request)
    #expect(try steady.answer()?.status == 200)
    for round in 0..<6 {
      let loiterers = try (0..<20).map { _ in try RawConnection(port: server.port) }
      // Some leave by themselves, at about the time at which they would be cut.
      for connection in loiterers.prefix(10) { connection.finishSending() }
      usleep(UInt32(295_000 + round * 8000))
      let begun = ContinuousClock.now
      let fresh = try RawConnection(port: server.port)
      fresh.send(request)
      let hesitated = ContinuousClock.now - begun
      // A test that was kept from its processor for so long is rightly cut.
      let status = try fresh.answer()?.status
      #expect(status == 200 || (status == nil && hesitated >= limit))
      steady.send(request)
      #expect(try steady.answer()?.status == 200)
      withExtendedLifetime(loiterers) {}
    }
    let last = try RawConnection(port: server.port)
    #expect(eventually { server.statistics.headersOverdue > 0 })
    withExtendedLifetime(last) {}
    #expect(eventually { server.statistics.connectionsOpen == 1 })
  }
}
