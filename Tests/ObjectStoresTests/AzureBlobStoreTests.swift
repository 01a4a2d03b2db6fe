import Secrets
import CloudAccess
import FarwatchTesting
import Foundation
import Model
import ObjectStores
import Testing

/// Listing and reading a container of a strict fake, in which Azure's own client verifies the signatures.
@Suite struct AzureBlobStoreTests {
  private static let key = Data((0..<64).map { UInt8($0) }).base64EncodedString()
  private static let blobs = """
    def facts(i, more=''):
      return f'<Last-Modified>Sun, 14 Jun 2026 10:{i % 60:02}:07 GMT</Last-Modified><Etag>0x8D{i:04}</Etag>' + more
    blobs = [(f'dumps/{i:03}.sql.gz', b'x' * (i + 1), facts(i)) for i in range(25)]
    blobs += [('odd/a b+c%20\\u00e9&\\u65e5.gz', b'0123456789', facts(30)),
      ('odd/frozen.gz', b'1', facts(31, '<AccessTier>Archive</AccessTier>')),
      ('odd/unfinished.gz', b'', '<BlobType>BlockBlob</BlobType>')]
    """

  private func store(_ access: AzureAccess, _ port: Int, container: String = "backups") -> any ObjectStore {
    var place = AzureBlobPlace(
      account: "pilot", container: container, access: access, endpoint: "http://127.0.0.1:\(port)")
    place.authority = "http://127.0.0.1:\(port)"
    return StorePlace.azureBlob(place).store(StoreTransport(userAgent: "test"))
  }

  @Test func allThreeWaysInLeadToEveryPage() async throws {
    let fake = try await CloudFakes.azure(Self.blobs, key: Self.key)
    defer { fake.process.stop() }
    let folder = try TemporaryDirectory()
    let key = try folder.write("key", Self.key + "\n")
    let sas = try folder.write("sas", "?sv=2020-10-02&sr=c&sp=rl&sig=a%2Bb%2Fc%3D\n")
    let secret = try folder.write("secret", "s&cret\n")
    let ways: [AzureAccess] = [
      .sharedKey(.file(key)), .sas(.file(sas)),
      .identity(.application(tenant: "ten ant", client: "c1", secret: .file(secret))),
    ]
    for access in ways {
      let store = store(access, fake.port)
      let (entries, pages) = try await store.all(PageQuery(prefix: "dumps/", limit: 10))
      #expect(entries.count == 25 && pages == 3)
      #expect(entries[7].size == 8 && entries[7].version == "0x8D0007")
      let time = Timestamp(year: 2026, month: 6, day: 14, hour: 10, minute: 7, second: 7)
      #expect(entries[7].modified == time)
      let odd = try await store.all(PageQuery(prefix: "odd/")).entries
      #expect(odd.map(\.isArchived) == [false, true, false])
      #expect(odd.map(\.isUncommitted) == [false, false, true])
      let whole = try #require(odd.first)
      #expect(whole.name == "odd/a b+c%20é&日.gz")
      #expect(try await store.bytes(whole, 6..<10).get() == Array("6789".utf8))
      var other = whole
      other.version = "0x8D9999"
      guard case .failure(let changed) = await store.bytes(other, 0..<1),
        case .failure(let frozen) = await store.bytes(odd[1], 0..<1)
      else {
        Issue.record("neither must be read")
        return
      }
      #expect(changed.hasChanged && frozen.isArchived)
    }
  }

  @Test func refusalsHaveReasonsAndNoSecrets() async throws {
    let fake = try await CloudFakes.azure(Self.blobs, key: Self.key)
    defer { fake.process.stop() }
    let folder = try TemporaryDirectory()
    let key = try folder.write("key", Self.key)
    let wrong = try folder.write("wrong", Data("another".utf8).base64EncodedString())
    let plain = try folder.write("plain", "not base64, secret!")
    let sas = try folder.write("sas", "sv=2020-10-02&sr=c&sp=rl&sig=false")
    for (access, reason) in [
      (AzureAccess.sharedKey(.file(wrong)), FailureReason.authentication),
      (.sharedKey(.file(plain)), .configuration), (.sas(.file(sas)), .authentication),
      (.identity(.application(tenant: "ten ant", client: "c", secret: .file(wrong))), .authentication),
      (.sas(.environment("FARWATCH_NO_SUCH")), .configuration),
    ] {
      let answer = await store(access, fake.port).page(PageQuery(prefix: ""))
      #expect(answer.reason == reason, "\(answer)")
      for secret in ["sig=", "not base64", "YW5vdGhlcg"] { #expect(!answer.detail.contains(secret)) }
    }
    let missing = await store(.sharedKey(.file(key)), fake.port, container: "nowhere").page(
      PageQuery(prefix: ""))
    #expect(missing.reason == .missing, "\(missing)")
  }
}
