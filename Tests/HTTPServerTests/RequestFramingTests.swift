import Testing

@testable import HTTPServer

/// Requests of which a proxy in front and this server could think differently.
@Suite struct RequestFramingTests {
  private static let hidden = "GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"

  @Test(arguments: [
    ("Host: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
    ("Host: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n"),
    ("Host: x\r\nContent-Length: 5\r\nContent-Length: 0", "hello"),
    ("Host: x\r\nContent-Length: 0\r\ncontent-length: 5", "hello"),
    ("Host: x\r\nContent-Length : 5", "hello"),
    ("Host: x\r\nContent-Length\t: 5", "hello"),
    ("Host: x\r\nTransfer-Encoding : chunked", "0\r\n\r\n"),
    ("Host: x\r\nTransfer-Encoding: gzip, chunked", "0\r\n\r\n"),
    ("Host: x\r\nTransfer-Encoding: identity", "hello"),
    ("Host: x\r\nTransfer-Encoding: xchunked", "0\r\n\r\n"),
    ("Host: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity", "0\r\n\r\n"),
    ("Host: x\r\nContent-Length: -1", ""),
    ("Host: x\r\nContent-Length: +5", "hello"),
    ("Host: x\r\nContent-Length: 5, 5", "hello"),
    ("Host: x\r\nContent-Length: 0x5", "hello"),
    ("Host: x\r\nContent-Length:", ""),
    ("Host: x\r\nContent-Length: 99999999999999999999999", ""),
    ("Host: x\r\nHost: y", ""),
    ("Accept: */*", ""),
  ])
  func whatIsInDoubtIsRefusedAndTheConnectionEnds(_ headers: String, _ body: String) throws {
    let server = try startEcho()
    defer { server.stop() }
    for method in ["GET", "POST"] {
      let connection = try RawConnection(port: server.port)
      connection.send("\(method) /first HTTP/1.1\r\n\(headers)\r\n\r\n\(body)\(Self.hidden)")
      let answer = try connection.answer()
      // A number beyond all numbers is one that is too large.
      #expect(answer?.status == (headers.contains("99999") ? 413 : 400), "\(method) \(headers)")
      #expect(answer?.headers["connection"]?.lowercased() == "close", "\(method) \(headers)")
      // What libmicrohttpd 0.9.75 answers by itself has its headers twice; nothing else may come.
      while let line = try connection.line() { #expect(!line.contains("200"), "\(method) \(headers)") }
    }
    #expect(server.statistics.requestsByStatusClass[2] == 0)
  }

  @Test func oldClientsNeedNoHostAndHaveNoCodings() throws {
    let server = try startEcho()
    defer { server.stop() }
    func ask(_ request: String) throws -> Int? {
      let connection = try RawConnection(port: server.port)
      connection.send(request)
      return try connection.answer()?.status
    }
    #expect(try ask("GET / HTTP/1.0\r\n\r\n") == 200)
    #expect(try ask("POST / HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello") == 200)
    #expect(try ask("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") == 400)
    #expect(try ask("POST / HTTP/1.1\r\nHost:\r\ntransfer-encoding: Chunked\r\n\r\n0\r\n\r\n") == 200)
    #expect(try ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello") == 200)
  }

  @Test func aNameIsAToken() {
    for name in ["", "a b", "a\u{b}", "a(", "a:", "ä"] {
      #expect(
        RequestFraming.fault(version: "HTTP/1.0", [HTTPServerField(name, "x")]) == .name, "\(name)")
    }
    let good = HTTPServerField("X-9_.~!#$%&'*+^`|", "x")
    #expect(RequestFraming.fault(version: "HTTP/1.0", [good]) == nil)
  }
}
