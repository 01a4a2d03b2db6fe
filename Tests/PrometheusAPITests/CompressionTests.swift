import Decompression
import Model
import SampleStore
import Synchronization
import Testing
import Threading

@testable import HTTPServer
@testable import PrometheusAPI

/// Answers are compressed as their requests accept, and never where that would hold others up.
@Suite struct CompressionTests {
  private struct Reply {
    var isLater: Bool
    var bytes: [UInt8]
    var coding: String?
    var vary: String?
    /// What it is when it is gzip.
    var plainBytes: Int
  }

  private func ask(
    _ api: PrometheusAPI, _ path: String, _ items: [(String, String)] = [], accepting: String?
  ) throws -> Reply {
    var request = Asking.request(path, items, method: "GET")
    if let accepting { request.headers = [HTTPServerField("accept-encoding", accepting)] }
    return try reply(api.answer(request))
  }

  private func reply(_ answer: HTTPServerResponse) throws -> Reply {
    var response = answer
    if let later = answer.deferred {
      let given = Bell()
      later.whenGiven { _ in given.ring() }
      #expect(given.wait(upTo: .seconds(30)))
      response = try #require(later.response)
    }
    guard case .bytes(let bytes) = response.body else { throw Missing() }
    func header(_ name: String) -> String? { response.headers.first { $0.name == name }?.value }
    var plain = bytes.count
    if header("Content-Encoding") == "gzip" {
      let gzip = try #require(GzipStream())
      _ = gzip.feed(bytes)
      let report = gzip.finish()
      #expect(report.verdict == .complete)
      plain = Int(report.decompressedBytes)
    }
    return Reply(
      isLater: answer.deferred != nil, bytes: bytes, coding: header("Content-Encoding"),
      vary: header("Vary"), plainBytes: plain)
  }

  private struct Missing: Error {}

  private static func api(families: Int = 0) -> PrometheusAPI {
    var daemon = ScriptedDaemon.filled()
    daemon.shownFamilies = (0..<families).map { .gauge("family_number_\($0)", "What number \($0) says.") }
    return PrometheusAPI(daemon, QueryThreads(QuerySettings()))
  }

  @Test func queriesAreCompressedWhereTheyRun() throws {
    let api = Self.api()
    let items = [("query", "requests_total[1h]")]
    let plain = try ask(api, "/api/v1/query", items, accepting: nil)
    #expect(plain.coding == nil && plain.vary == "Accept-Encoding" && plain.isLater)
    let packed = try ask(api, "/api/v1/query", items, accepting: "gzip, deflate")
    #expect(packed.coding == "gzip" && packed.plainBytes == plain.bytes.count)
    #expect(packed.bytes.count < plain.bytes.count / 2)
    #expect(try ask(api, "/api/v1/query", items, accepting: "zstd").coding == "zstd")
    #expect(try ask(api, "/api/v1/query", items, accepting: "gzip;q=0, br").bytes == plain.bytes)
    // Nothing is gained by a few bytes, and a fault is few.
    for query in ["1", "sum("] {
      let short = try ask(api, "/api/v1/query", [("query", query)], accepting: "gzip")
      #expect(short.coding == nil)
    }
  }

  @Test func federatedPagesAre() throws {
    let api = Self.api()
    let page = try ask(api, "/federate", [("match[]", "{region=~\".+\"}")], accepting: "gzip")
    // Six series: too short.
    #expect(page.coding == nil && page.vary == "Accept, Accept-Encoding")
    let daemon = ScriptedDaemon()
    for number in 0..<200 {
      let id = try #require(daemon.store.series(.gauge("m", ""), ["n": "\(number)"]))
      daemon.store.append(1, at: daemon.now, to: id)
    }
    let large = PrometheusAPI(daemon, QueryThreads(QuerySettings()))
    let packed = try ask(large, "/federate", [("match[]", "m")], accepting: "gzip")
    #expect(packed.coding == "gzip" && packed.plainBytes > 5 * packed.bytes.count)
  }

  @Test func whatIsToldAtOnceLeavesTheListenerWhenItIsLong() throws {
    let few = try ask(Self.api(families: 100), "/api/v1/metadata", accepting: "gzip")
    #expect(few.coding == "gzip" && !few.isLater)
    let api = Self.api(families: 5000)
    let many = try ask(api, "/api/v1/metadata", accepting: "gzip")
    #expect(many.coding == "gzip" && many.isLater && many.plainBytes > 200_000)
    #expect(try !ask(api, "/api/v1/metadata", accepting: nil).isLater)
  }

  /// Past a few threads long answers go out as they are, which is counted.
  @Test func compressionHasALimit() throws {
    let threads = QueryThreads(QuerySettings())
    let mayEnd = Mutex(false)
    let work: @Sendable () -> HTTPServerResponse = {
      let pause = Bell()
      while !mayEnd.withLock({ $0 }) { _ = pause.wait(upTo: .milliseconds(5)) }
      return .text(200, "done")
    }
    let under = (0..<QueryThreads.asideLimit).map { _ in threads.aside(work) }
    #expect(!under.contains { $0 == nil } && threads.aside(work) == nil)
    #expect(threads.statistics.uncompressed == 1)
    var daemon = ScriptedDaemon()
    daemon.shownFamilies = (0..<5000).map { .gauge("family_number_\($0)", "What number \($0) says.") }
    let api = PrometheusAPI(daemon, threads)
    let refused = try ask(api, "/api/v1/metadata", accepting: "gzip")
    #expect(refused.coding == nil && refused.bytes.count > 200_000)
    #expect(threads.statistics.uncompressed == 2)
    mayEnd.withLock { $0 = true }
    for response in under { #expect(try reply(#require(response)).bytes == Array("done".utf8)) }
    #expect(try ask(api, "/api/v1/metadata", accepting: "gzip").coding == "gzip")
  }
}
