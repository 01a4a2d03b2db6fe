import Glibc
import Testing

@testable import HTTPServer

/// What a crowd of clients can keep from the others.
@Suite struct CrowdTests {
  private let request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

  @Test func someHaveAPlaceInACrowd() throws {
    let server = try startEcho {
      $0.connectionLimit = 6
      $0.perIPConnectionLimit = nil
      $0.reservedConnections = 2
      $0.hasReservedPlace = { $0 == "127.0.0.9" }
    }
    defer { server.stop() }
    let crowd = try (1...4).map { try RawConnection(port: server.port, from: "127.0.0.\($0)") }
    #expect(eventually { server.statistics.connectionsOpen == 4 })
    let late = try RawConnection(port: server.port, from: "127.0.0.5")
    #expect(try late.isClosedByServer())
    #expect(server.statistics.connectionsRefused == 1)
    let own = try RawConnection(port: server.port, from: "127.0.0.9")
    own.send(request)
    #expect(try own.answer()?.status == 200)
    for connection in crowd {
      connection.send(request)
      #expect(try connection.answer()?.status == 200)
    }
  }

  @Test(.enabled(if: hasIPv6Loopback)) func anIPv6NetworkHasOneShare() throws {
    let server = try startEcho(address: "[::1]:0") { $0.perIPConnectionLimit = 1 }
    defer { server.stop() }
    #expect(networkOfClient("::1") == networkOfClient("::2"))
    let (first, code) = try curl(["-g", "http://\(server.boundAddress)/"])
    #expect(first.contains("from ::1") && code == 0)
  }

  /// Steadily, but so slowly that its place is taken for hours.
  @Test func whoTakesTooLittleOfAnAnswerIsCut() throws {
    let page = TestBytes([UInt8](repeating: 65, count: 30_000_000))
    func taken(by pause: UInt32, least: Int) throws -> (count: Int, overdue: UInt64) {
      var settings = HTTPServerSettings(address: "127.0.0.1:0")
      settings.leastAnswerRate = least
      settings.answerWindow = .milliseconds(400)
      let server = try HTTPServer(settings) { _ in HTTPServerResponse(status: 200, body: .segments([page])) }
      defer { server.stop() }
      let client = try SlowClient(port: server.port)
      client.send(request)
      let count = client.readAll(block: 16 << 10, pause: pause)
      return (count, server.statistics.answersOverdue)
    }
    // About 1.6 MB a second, where a gigabyte is asked for and where little is.
    let slow = try taken(by: 10_000, least: 1_000_000_000)
    #expect(slow.count < 30_000_000 && slow.overdue == 1)
    let fast = try taken(by: 0, least: 1000)
    #expect(fast.count > 30_000_000 && fast.overdue == 0)
  }

  /// A stream in which nothing happens keeps nobody waiting.
  @Test func whoHasTakenAllMayStay() throws {
    var settings = HTTPServerSettings(address: "127.0.0.1:0")
    settings.leastAnswerRate = 1_000_000_000
    settings.answerWindow = .milliseconds(100)
    let stream = ResponseStream()
    let server = try HTTPServer(settings) { _ in HTTPServerResponse(status: 200, body: .stream(stream)) }
    defer { server.stop() }
    let client = try RawConnection(port: server.port)
    client.send(request)
    stream.write(Array("one".utf8))
    #expect(try client.answer(bodyless: true)?.status == 200)
    #expect(try client.line() == "3" && client.line() == "one")
    usleep(1_000_000)
    stream.write(Array("more".utf8))
    #expect(try client.line() == "4" && client.line() == "more")
    #expect(server.statistics.answersOverdue == 0)
  }
}

/// Reads little at a time, with a small buffer in the kernel.
private final class SlowClient {
  private let descriptor: Int32

  init(port: UInt16) throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var small: Int32 = 16 << 10
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &small, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
    let result = withUnsafeBytes(of: address) { bytes in
      connect(descriptor, bytes.bindMemory(to: sockaddr.self).baseAddress, socklen_t(bytes.count))
    }
    self.descriptor = descriptor
    try #require(result == 0)
  }

  deinit { close(descriptor) }

  func send(_ text: String) { _ = text.withCString { Glibc.send(descriptor, $0, strlen($0), 0) } }

  /// Bytes until the end of the connection, or of a page of 30 MB with its head.
  func readAll(block: Int, pause: UInt32) -> Int {
    var count = 0
    var bytes = [UInt8](repeating: 0, count: block)
    while count <= 30_000_000 {
      let got = recv(descriptor, &bytes, bytes.count, 0)
      if got <= 0 { break }
      count += got
      if pause > 0 { usleep(pause) }
    }
    return count
  }
}
