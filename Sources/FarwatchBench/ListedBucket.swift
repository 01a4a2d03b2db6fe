import FarwatchTesting
import Foundation
import HTTPServer
import Model
import Synchronization

/// A bucket of any number of objects whose listing is made up page by page, as S3 would give it: it costs no memory, and
/// little time.
final class ListedBucket: Sendable {
  private final class Gate: Sendable {
    let isOpen = Mutex(false)
    let pages = Mutex(0)
  }

  private let gate = Gate()
  private let server: HTTPServer

  /// Of a page, as S3 has it.
  private static let pageSize = 1000

  init(objects: Int) throws {
    let gate = gate
    server = try HTTPServer(HTTPServerSettings(address: "127.0.0.1:0")) { request in
      guard gate.isOpen.withLock({ $0 }) else { return .text(503, "later\n") }
      gate.pages.withLock { $0 += 1 }
      let after = request.queryValue("start-after").flatMap { Int($0.dropFirst(3).prefix(9)) }.map { $0 + 1 }
      let start = request.queryValue("continuation-token").flatMap { Int($0) } ?? after ?? 0
      return .init(
        status: 200, contentType: "application/xml", body: .bytes(Self.page(from: start, of: objects)))
    }
  }

  var endpoint: String { "http://127.0.0.1:\(server.port)" }
  /// Pages given out so far.
  var pages: Int { gate.pages.withLock { $0 } }
  /// Before this it answers that it is busy.
  func open() { gate.isOpen.withLock { $0 = true } }
  func stop() { server.stop() }

  private static func page(from start: Int, of count: Int) -> [UInt8] {
    let epoch = Timestamp(year: 2020, month: 1, day: 1)
    let end = min(count, start + pageSize)
    var body = Array("<ListBucketResult><IsTruncated>\(end < count)</IsTruncated>".utf8)
    if end < count { body += Array("<NextContinuationToken>\(end)</NextContinuationToken>".utf8) }
    body.reserveCapacity(256 * pageSize)
    for number in start..<max(start, end) {
      let name = String(format: "%09d", number)
      body += Array(
        """
        <Contents><Key>db/\(name).sql.gz</Key><LastModified>\((epoch + .seconds(60 * number)).iso8601)\
        </LastModified><ETag>&quot;\(name)&quot;</ETag><Size>1000</Size><StorageClass>STANDARD</StorageClass>\
        </Contents>
        """.utf8)
    }
    return body + Array("</ListBucketResult>".utf8)
  }
}
