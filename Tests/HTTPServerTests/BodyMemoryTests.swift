import HTTPServer
import Testing

@Suite struct BodyMemoryTests {
  private func upload(_ server: HTTPServer, _ count: Int) throws -> RawConnection {
    let connection = try RawConnection(port: server.port)
    connection.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \(count)\r\n\r\n")
    return connection
  }

  @Test func bodiesShareOneBound() throws {
    let server = try startEcho {
      $0.maxBodyBytes = 60_000
      $0.bodyMemoryBytes = 100_000
    }
    defer { server.stop() }
    // Two that wait for their last byte, and a third that finds no room.
    let half = [UInt8](repeating: 7, count: 49_999)
    let waiting = try [upload(server, 50_000), upload(server, 50_000)]
    for connection in waiting { connection.send(half) }
    #expect(eventually { server.statistics.bodyBytesReceived >= 99_998 })
    let late = try upload(server, 10_000)
    late.send([UInt8](repeating: 7, count: 10_000))
    #expect(try late.answer()?.status == 503)
    // Those that had room are served, and what they took is there for others.
    for connection in waiting {
      connection.send([7])
      #expect(try connection.answer()?.status == 200)
    }
    for _ in 0..<5 {
      let next = try upload(server, 60_000)
      next.send([UInt8](repeating: 7, count: 60_000))
      #expect(try next.answer()?.status == 200)
    }
  }

  @Test func whoeverLeavesGivesItsMemoryBack() throws {
    let server = try startEcho {
      $0.maxBodyBytes = 100_000
      $0.bodyMemoryBytes = 100_000
    }
    defer { server.stop() }
    for _ in 0..<5 {
      do {
        // Its end closes the connection.
        let leaving = try upload(server, 100_000)
        leaving.send([UInt8](repeating: 7, count: 90_000))
        #expect(eventually { server.statistics.requestsUnderWay == 1 })
        _ = leaving
      }
      #expect(eventually { server.statistics.requestsUnderWay == 0 })
    }
    let next = try upload(server, 100_000)
    next.send([UInt8](repeating: 7, count: 100_000))
    #expect(try next.answer()?.status == 200)
  }
}
