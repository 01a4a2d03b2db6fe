import Dispatch
import Foundation
import HTTPServer
import Synchronization
import Testing

@Suite struct StoppingTests {
  @Test func requestsUnderWayAreAnsweredBeforeTheEnd() throws {
    let entered = DispatchSemaphore(value: 0)
    let release = DispatchSemaphore(value: 0)
    let server = try HTTPServer(HTTPServerSettings(address: "127.0.0.1:0")) { request in
      if request.path == "/held" {
        entered.signal()
        _ = release.wait(timeout: .now() + 30)
      }
      return .text(200, "done\n")
    }
    let idle = try RawConnection(port: server.port)
    idle.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(try idle.answer()?.headers["connection"] != "close")
    let busy = try RawConnection(port: server.port)
    busy.send("GET /held HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(entered.wait(timeout: .now() + 30) == .success)

    let stopped = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      server.stop()
      stopped.signal()
    }
    // Nobody gets in any more, while the held request still waits.
    #expect(eventually { (try? RawConnection(port: server.port)) == nil })
    #expect(stopped.wait(timeout: .now()) == .timedOut)
    release.signal()
    let answer = try busy.answer()
    #expect(answer?.text == "done\n")
    #expect(answer?.headers["connection"]?.lowercased() == "close")
    #expect(stopped.wait(timeout: .now() + 30) == .success)
    #expect(try busy.isClosedByServer())
    #expect(try idle.isClosedByServer())
    server.stop()
    #expect(server.statistics.connectionsOpen == 0)
  }

  @Test func aSuccessorTakesOverWithoutAMomentOfSilence() throws {
    var settings = HTTPServerSettings(address: "127.0.0.1:0")
    var server = try HTTPServer(settings) { _ in .text(200, "0\n") }
    let port = server.port
    let isDone = Mutex(false)
    let refused = Mutex(0)
    let asked = Mutex(0)
    let ended = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      while !isDone.withLock({ $0 }) {
        guard let connection = try? RawConnection(port: port) else {
          refused.withLock { $0 += 1 }
          continue
        }
        connection.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        // One whose request had not come when its server stopped is closed; it was taken all the same.
        if (try? connection.answer())??.status == 200 { asked.withLock { $0 += 1 } }
      }
      ended.signal()
    }
    for number in 1...20 {
      settings.threads = 1 + number % 3
      let next = try HTTPServer(succeeding: server, settings) { _ in .text(200, "\(number)\n") }
      #expect(next.port == port)
      server.stop()
      server = next
      let before = asked.withLock { $0 }
      #expect(eventually { asked.withLock { $0 } > before + 1 })
    }
    isDone.withLock { $0 = true }
    #expect(ended.wait(timeout: .now() + 30) == .success)
    #expect(refused.withLock { $0 } == 0)
    let last = try RawConnection(port: port)
    last.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(try last.answer()?.text == "20\n")
    server.stop()
    #expect((try? RawConnection(port: port)) == nil)
    #expect(throws: HTTPServerError.self) {
      try HTTPServer(succeeding: server, settings) { _ in .text(200, "") }
    }
  }

  @Test func aClientThatDoesNotReadCannotHoldTheEndUp() throws {
    var settings = HTTPServerSettings(address: "127.0.0.1:0")
    settings.drainTimeout = .milliseconds(200)
    let bytes = TestBytes([UInt8](repeating: 1, count: 50_000_000))
    let server = try HTTPServer(settings) { _ in HTTPServerResponse(status: 200, body: .segments([bytes])) }
    let connection = try RawConnection(port: server.port)
    connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(eventually { server.statistics.requestsUnderWay == 1 })
    let begun = ContinuousClock.now
    server.stop()
    #expect(ContinuousClock.now - begun < .seconds(30))
    #expect(server.statistics.requestsAborted == 1)
    #expect(server.statistics.requestsUnderWay == 0)
  }

  @Test func nothingIsLeftBehind() throws {
    final class Token: Sendable {}
    weak let left: Token? = try {
      let token = Token()
      let server = try HTTPServer(HTTPServerSettings(address: "127.0.0.1:0")) { _ in
        withExtendedLifetime(token) { .text(200, "x") }
      }
      let connection = try RawConnection(port: server.port)
      connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(try connection.answer()?.status == 200)
      // The last reference stops it; its port is free again.
      return token
    }()
    #expect(left == nil)
  }

  @Test func theAddressIsFreeAfterwards() throws {
    let first = try startEcho()
    let connection = try RawConnection(port: first.port)
    connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(try connection.answer()?.status == 200)
    first.stop()
    let second = try startEcho(address: first.boundAddress)
    #expect(second.port == first.port)
    second.stop()
  }

  @Test func manyMayStopAtOnce() throws {
    for _ in 0..<20 {
      let server = try startEcho()
      let connection = try RawConnection(port: server.port)
      connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\n")
      DispatchQueue.concurrentPerform(iterations: 4) { _ in server.stop() }
      #expect(server.statistics.connectionsOpen == 0)
    }
  }
}
