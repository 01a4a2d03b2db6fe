import HTTPServer
import Testing

/// Whatever a client sends in front of a body, it gets an answer.
@Suite struct HeaderLimitTests {
  private static let limit = 4096

  /// A request that is long in one way.
  enum Length: CaseIterable {
    case path, query, items, header, headers, cookies

    func request(_ count: Int) -> String {
      func repeated(_ text: String) -> String { String(repeating: text, count: count / text.utf8.count) }
      let target =
        switch self {
        case .path: "/\(repeated("a"))"
        case .query: "/?a=\(repeated("a"))"
        case .items: "/?\(repeated("a&"))"
        case .header, .headers, .cookies: "/"
        }
      let fields =
        switch self {
        case .path, .query, .items: ""
        case .header: "X-Long: \(repeated("a"))\r\n"
        case .headers: repeated("X: y\r\n")
        case .cookies: "Cookie: \(repeated("a=b; "))c=d\r\n"
        }
      return "GET \(target) HTTP/1.1\r\nHost: x\r\n\(fields)\r\n"
    }
  }

  /// Up to what fills all of a connection's memory, and the lengths around that in small steps: where the request still
  /// fits and the answer does not.
  @Test(arguments: Length.allCases) func everyLengthIsAnswered(_ length: Length) throws {
    let server = try startEcho {
      $0.maxHeaderBytes = Self.limit
      $0.perIPConnectionLimit = nil
    }
    defer { server.stop() }
    var longest = 0
    var refused = 0
    // Where a header of cookies, four times too long, leaves no room for a copy, libmicrohttpd 0.9.75 answers nothing.
    let end = length == .cookies ? 15_000 : 15_800
    for count in Array(stride(from: 16, to: end, by: 61)) + Array(stride(from: end, to: end + 800, by: 3)) {
      let request = length.request(count)
      let connection = try RawConnection(port: server.port)
      connection.send(request)
      let answer = try connection.answer()
      switch answer?.status {
      case 200:
        longest = max(longest, request.utf8.count)
        #expect(request.utf8.count <= Self.limit)
      case 414, 431:
        refused += 1
        #expect(longest < request.utf8.count)
        // With more cookies than it can note, libmicrohttpd 0.9.75 writes the headers of its answer a second time.
        if length != .cookies { #expect(try connection.isClosedByServer()) }
      default:
        Issue.record("\(length) of \(request.utf8.count) bytes: \(answer?.text ?? "no answer")")
      }
    }
    #expect(longest > (length == .headers || length == .cookies ? 256 : Self.limit - 256))
    #expect(refused > 100)
    #expect(eventually { server.statistics.requestsUnderWay == 0 && server.statistics.connectionsOpen == 0 })
    #expect(server.statistics.requestsByStatusClass[4] > 0)
  }

  /// What a client sends ahead lies in the memory that the answer's headers need.
  @Test func whatIsSentAheadTakesNoAnswerAway() throws {
    let server = try startEcho { $0.maxHeaderBytes = Self.limit }
    defer { server.stop() }
    for count in [16, 1000, 3000, 3500, 3700] {
      for ahead in stride(from: 0, to: 20_000, by: 1777) {
        let connection = try RawConnection(port: server.port)
        let next = "GET /next HTTP/1.1\r\nHost: x\r\n\r\n"
        let many = String(repeating: next, count: ahead / next.utf8.count)
        connection.send(Length.header.request(count) + many)
        for _ in 0...(ahead / next.utf8.count) { #expect(try connection.answer()?.status == 200) }
      }
    }
  }

  @Test func thousandsOfQueryItemsReachTheHandler() throws {
    let server = try startEcho()
    defer { server.stop() }
    for (items, status) in [(515, 200), (4096, 200), (4097, 414)] {
      let connection = try RawConnection(port: server.port)
      connection.send(
        "GET /page?\((0..<items).map { "a=\($0)" }.joined(separator: "&")) HTTP/1.1\r\nHost: x\r\n\r\n")
      let answer = try #require(try connection.answer())
      #expect(answer.status == status)
      if status == 200 {
        #expect(answer.text.hasPrefix("GET /page\n"))
        let lines = answer.text.split(separator: "\n").filter { $0.hasPrefix("query ") }
        #expect(lines.map(String.init) == (0..<items).map { "query a=\($0)" })
      }
      // It was read to its end: the connection goes on.
      connection.send("GET /next HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(try connection.answer()?.text.hasPrefix("GET /next\n") == true)
    }
  }
}
