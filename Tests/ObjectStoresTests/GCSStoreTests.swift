import Secrets
import CloudAccess
import FarwatchTesting
import Foundation
import Model
import ObjectStores
import Testing

/// Listing and reading a bucket of a strict fake that verifies the service account's signature.
@Suite struct GCSStoreTests {
  private static let objects = """
    objects = [(f'dumps/{i:03}.sql.gz', b'x' * (i + 1), f'2026-06-14T10:{i:02}:07.123Z', str(1700 + i), 'STANDARD')
      for i in range(25)]
    objects += [('odd/a b+c%20\\u00e9&\\u65e5/x.gz', b'0123456789', '2026-06-14T10:00:00Z', '99', 'ARCHIVE')]
    """

  private func store(_ access: GCSAccess, _ port: Int, bucket: String = "backups") -> any ObjectStore {
    var place = GCSPlace(bucket: bucket, access: access, endpoint: "http://127.0.0.1:\(port)")
    place.metadataHost = "http://127.0.0.1:\(port)"
    return StorePlace.gcs(place).store(StoreTransport(userAgent: "test"))
  }

  @Test func bothWaysInLeadToEveryPage() async throws {
    let folder = try TemporaryDirectory()
    let fake = try await CloudFakes.google(Self.objects, folder: folder.path)
    defer { fake.process.stop() }
    for access in [GoogleIdentity.serviceAccount(.file(folder.file("key.json"))), .metadata] {
      let store = store(access, fake.port)
      let (entries, pages) = try await store.all(PageQuery(prefix: "dumps/", limit: 10))
      #expect(entries.count == 25 && pages == 3)
      #expect(entries[7].size == 8 && entries[7].version == "1707")
      #expect(entries[7].modified?.iso8601 == "2026-06-14T10:07:07.123Z")
      // Google's own parameter includes the name; who lists passes it over.
      let behind = try await store.all(PageQuery(prefix: "dumps/", startAfter: "dumps/020.sql.gz"))
      #expect(behind.entries.map(\.name).first == "dumps/020.sql.gz" && behind.entries.count == 5)
      let odd = try #require(try await store.all(PageQuery(prefix: "odd/")).entries.first)
      // Google's archive class is read at once.
      #expect(odd.name == "odd/a b+c%20é&日/x.gz" && !odd.isArchived)
      #expect(try await store.bytes(odd, 6..<10).get() == Array("6789".utf8))
      var other = odd
      other.version = "98"
      guard case .failure(let failure) = await store.bytes(other, 0..<1) else {
        Issue.record("another generation was read")
        return
      }
      #expect(failure.hasChanged)
    }
  }

  @Test func refusalsHaveReasons() async throws {
    let folder = try TemporaryDirectory()
    let fake = try await CloudFakes.google(Self.objects, folder: folder.path)
    defer { fake.process.stop() }
    let anonymous = await store(nil, fake.port).page(PageQuery(prefix: ""))
    #expect(anonymous.reason == .authentication, "\(anonymous)")
    let missing = await store(.metadata, fake.port, bucket: "nowhere").page(PageQuery(prefix: ""))
    #expect(missing.reason == .missing, "\(missing)")
    // Another account's key under this one's name.
    let other = try TemporaryDirectory()
    let second = try await CloudFakes.google(Self.objects, folder: other.path)
    second.process.stop()
    let text = try String(contentsOfFile: other.file("key.json"), encoding: .utf8)
      .replacingOccurrences(of: "\(second.port)", with: "\(fake.port)")
    let wrong = try folder.write("wrong.json", text)
    let refused = await store(.serviceAccount(.file(wrong)), fake.port).page(PageQuery(prefix: ""))
    #expect(refused.reason == .authentication && refused.detail.contains("invalid_grant"), "\(refused)")
    for (text, words) in [("{}", "client_email"), (#"{"client_email":"a","private_key":"b"}"#, "RSA key")] {
      let file = try folder.write("bad.json", text)
      let bad = await store(.serviceAccount(.file(file)), fake.port).page(PageQuery(prefix: ""))
      #expect(bad.reason == .configuration && bad.detail.contains(words), "\(bad)")
    }
  }
}
