import FarwatchTesting
import Foundation
import HTTPServer
import Model
import Testing

@testable import Exposition

/// As where the page is served.
extension PageSegment: SharedBytes {}

@Suite struct SlowReaderTests {
  private static func count(_ folder: String) throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: folder).count
  }

  private static func residentBytes() throws -> Int {
    let parts = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
    return try #require(Int(parts[1])) * sysconf(Int32(_SC_PAGESIZE))
  }

  /// Asks for the page and takes nothing of it.
  private static func ask(_ port: UInt16) throws -> Int32 {
    let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var small: Int32 = 4096
    setsockopt(client, SOL_SOCKET, SO_RCVBUF, &small, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let isConnected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    try #require(isConnected)
    let request = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
    _ = request.withCString { send(client, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
    return client
  }

  @Test func aThousandCostNoThreadAndLittleMemory() async throws {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = min(limit.rlim_max, 4096)
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    var contents: [ScriptedFamilies.Content] = []
    for family in 0..<100 {
      var series: [(Labels, Double)] = []
      for number in 0..<100 {
        let labels = Labels([
          "region": "ap-northeast-1", "check": "number-\(number)", "vantage": "somewhere-else-\(number)",
        ])
        series.append((labels, Double(number) / 7))
      }
      let own = MetricFamily.gauge("farwatch_family_with_a_name_\(100 + family)_seconds", "Number \(family).")
      contents.append(ScriptedFamilies.family(own, firstID: UInt32(family * 100), series))
    }
    let renderer = PageRenderer(ScriptedFamilies(contents))
    let size = renderer.render().count
    #expect(size > 1_200_000)
    var settings = HTTPServerSettings(address: "127.0.0.1:0")
    settings.connectionLimit = 1200
    settings.perIPConnectionLimit = nil
    // However slow the machine: nobody is cut before all are there.
    settings.idleTimeout = .seconds(3600)
    settings.headerTimeout = .seconds(3600)
    let server = try HTTPServer(settings) { _ in
      let page = renderer.render()
      return HTTPServerResponse(
        status: 200, contentType: page.contentType, body: .segments(page.body(.identity).segments))
    }
    defer { server.stop() }
    // Two that read to the end: the page is joined, threads and buffers are there.
    let url = "http://127.0.0.1:\(server.port)/metrics"
    for _ in 0..<2 { #expect(try await ChildProcess.run(["curl", "-sf", url]).utf8.count == size) }

    let before = (threads: try Self.count("/proc/self/task"), bytes: try Self.residentBytes())
    var clients: [Int32] = []
    defer { for client in clients { close(client) } }
    for _ in 0..<1000 { clients.append(try Self.ask(server.port)) }
    try await waitUntil(timeout: .seconds(120), "all have asked") {
      server.statistics.connectionsOpen >= 1000
    }
    #expect(try await ChildProcess.run(["curl", "-sf", url]).utf8.count == size)
    let grown = try Self.residentBytes() - before.bytes
    #expect(try Self.count("/proc/self/task") <= before.threads + 2)
    // Their pages would be 1.3 GB: all share one, and what is left are the connections themselves.
    #expect(grown < 80 << 20, "\(grown >> 20) MiB for 1000 readers of \(size) bytes")
  }
}
