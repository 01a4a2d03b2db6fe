import Collecting
import FarwatchTesting
import Foundation
import Model
import ObjectStores
import Synchronization
import Testing

@testable import Backups

/// A server of S3's listing that makes each page up, so that any number of objects costs it nothing.
private func endlessBucket(_ count: Int) throws -> LoopbackServer {
  let epoch = Timestamp(year: 2020, month: 1, day: 1)
  return try LoopbackServer { request in
    func parameter(_ name: String) -> String? {
      request.target.split(whereSeparator: { $0 == "?" || $0 == "&" })
        .first { $0.hasPrefix("\(name)=") }.map { percentDecoded(String($0.dropFirst(name.count + 1))) }
    }
    let after = parameter("start-after").flatMap { Int($0.dropFirst(3).prefix(9)) }.map { $0 + 1 }
    let start = parameter("continuation-token").flatMap { Int($0) } ?? after ?? 0
    let end = min(count, start + 1000)
    var body = "<ListBucketResult><IsTruncated>\(end < count)</IsTruncated>"
    if end < count { body += "<NextContinuationToken>\(end)</NextContinuationToken>" }
    for number in start..<max(start, end) {
      let time = (epoch + .seconds(60 * number)).iso8601
      body +=
        "<Contents><Key>db/\(padded(number, 9)).sql.gz</Key><LastModified>\(time)</LastModified>"
        + "<ETag>&quot;\(number)&quot;</ETag><Size>1000</Size><StorageClass>STANDARD</StorageClass></Contents>"
    }
    return LoopbackServer.answer(200, body + "</ListBucketResult>")
  }
}

/// Resident memory of this process in bytes.
private func residentBytes() -> Int {
  let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
  let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
  return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 } ?? 0
}

@Suite struct ManyObjectsTests {
  /// `FARWATCH_OBJECTS=1000000` measures what the README claims.
  private static let count =
    ProcessInfo.processInfo.environment["FARWATCH_OBJECTS"].flatMap { Int($0) } ?? 10_000

  @Test func aLongListingCostsNoMemory() async throws {
    let server = try endlessBucket(Self.count)
    defer { server.stop() }
    let place = StorePlace.s3(
      S3Place(bucket: "b", access: .anonymous, endpoint: "http://127.0.0.1:\(server.port)"))
    var basics = BackupBasics(job: "j", region: "r", repo: "", every: .seconds(60))
    basics.timeout = .seconds(60)
    var settings = ObjectBackupSettings(
      basics: basics, naming: BackupNaming(match: try Glob("*.gz")), place: place, prefix: "db/")
    settings.wantsIncompleteUploads = false
    let transport = StoreTransport(userAgent: "test")
    defer { transport.shutdown() }
    let collector = ObjectBackupCollector(settings, store: place.store(transport))
    let before = residentBytes()
    let began = SystemTime().monotonic
    var outcome = await collector.outcome()
    var most = residentBytes()
    while outcome.value(BackupFamilies.retained) == nil, outcome.succeeded {
      outcome = await collector.outcome()
      most = max(most, residentBytes())
    }
    let took = (SystemTime().monotonic - began).inSeconds
    #expect(outcome.value(BackupFamilies.retained) == Double(Self.count))
    #expect(outcome.value(BackupFamilies.totalSize) == Double(Self.count) * 1000)
    let growth = Double(max(most, residentBytes()) - before) / 1e6
    #expect(growth < 60, "grew by \(growth) MB")
    // Names sort by time: the next pass asks for what is behind the known ones.
    let pages = server.requests.count
    let second = await collector.outcome()
    #expect(second.value(BackupFamilies.retained) == Double(Self.count))
    #expect(server.requests.count - pages <= 2)
    print("\(Self.count) objects: \(took) s, \(pages) pages, \(growth) MB more resident")
  }
}
