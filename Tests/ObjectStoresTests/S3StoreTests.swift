import Secrets
import CloudAccess
import FarwatchTesting
import Foundation
import Model
import ObjectStores
import Testing

/// Listing and reading a bucket of moto, which checks every signature and policy.
@Suite struct S3StoreTests {
  private static let filling = """
    for i in range(25): s3.put_object(Bucket='backups', Key=f'db-{i:03}.sql.gz', Body=b'x' * (i + 1))
    s3.put_object(Bucket='backups', Key='odd/a b+c%20\\u00e9&\\u65e5~*\\'().gz', Body=b'0123456789')
    s3.put_object(Bucket='backups', Key='odd/folder/', Body=b'')
    s3.put_object(Bucket='backups', Key='old/1.gz', Body=b'x', StorageClass='GLACIER')
    s3.put_object(Bucket='backups', Key='old/2.gz', Body=b'x', StorageClass='GLACIER_IR')
    s3.create_multipart_upload(Bucket='backups', Key='db/large.gz')
    s3.create_multipart_upload(Bucket='backups', Key='db/larger.gz')
    s3.create_multipart_upload(Bucket='backups', Key='elsewhere.gz')
    """

  private func store(
    _ moto: MotoBucket, _ user: (id: String, secret: String), _ folder: TemporaryDirectory,
    bucket: String = "backups"
  ) throws -> any ObjectStore {
    let id = try folder.write("id", "\(user.id)\n")
    let secret = try folder.write("secret", "\(user.secret)\n")
    let place = S3Place(
      bucket: bucket, region: "eu-central-1",
      access: .key(id: .file(id), secret: .file(secret), token: nil), endpoint: moto.endpoint)
    return StorePlace.s3(place).store(StoreTransport(userAgent: "test"))
  }

  @Test func everyPageIsRead() async throws {
    let moto = try await MotoBucket(Self.filling)
    defer { moto.stop() }
    let folder = try TemporaryDirectory()
    let store = try store(moto, moto.reader, folder)
    let (entries, pages) = try await store.all(PageQuery(prefix: "db-", limit: 10))
    #expect(entries.count == 25 && pages == 3)
    #expect(entries[4].name == "db-004.sql.gz" && entries[4].size == 5)
    #expect(entries.allSatisfy { !$0.version.isEmpty && $0.modified != nil })
    let behind = try await store.all(PageQuery(prefix: "db-", startAfter: "db-019.sql.gz", limit: 3))
    #expect(behind.entries.first?.name == "db-020.sql.gz" && behind.entries.count == 5)

    let plain = try await store.bytes(entries[4], 2..<9).get()
    #expect(plain == Array("xxx".utf8))
    let page = try await store.page(PageQuery(prefix: "")).get()
    #expect(page.clockOffset.map { abs($0.inSeconds) < 3 } == true)
  }

  /// Signatures for such names are compared with botocore's where the signer is tested.
  @Test func namesTiersAndUploadsAreRead() async throws {
    let moto = try await MotoBucket(Self.filling, isEnforced: false)
    defer { moto.stop() }
    let folder = try TemporaryDirectory()
    let store = try store(moto, moto.reader, folder)
    let (all, pages) = try await store.all(PageQuery(prefix: "odd/", limit: 1))
    #expect(all.map(\.isFolder) == [false, true] && pages == 2)
    let odd = try #require(all.first)
    #expect(odd.name == "odd/a b+c%20é&日~*'().gz")
    #expect(try await store.bytes(odd, 6..<10).get() == Array("6789".utf8))
    #expect(try await store.bytes(odd, 8..<20).get() == Array("89".utf8))
    var changed = odd
    changed.version = "\"00000000000000000000000000000000\""
    guard case .failure(let failure) = await store.bytes(changed, 0..<4) else {
      Issue.record("another version was read")
      return
    }
    #expect(failure.hasChanged)

    let old = try await store.all(PageQuery(prefix: "old/")).entries
    #expect(old.map(\.isArchived) == [true, false])
    let uploads = try await store.uploads("db/").get()
    #expect(uploads?.count == 2)
    #expect(uploads?.oldest != nil)
  }

  @Test func refusalsHaveReasonsAndRemedies() async throws {
    let moto = try await MotoBucket(Self.filling)
    defer { moto.stop() }
    let folder = try TemporaryDirectory()
    let denied = await (try store(moto, moto.nobody, folder)).page(PageQuery(prefix: ""))
    #expect(denied.reason == .permission && denied.detail.contains("s3:ListBucket"), "\(denied)")
    let wrong = await (try store(moto, (moto.reader.id, "wrong"), folder)).page(PageQuery(prefix: ""))
    #expect(wrong.reason == .authentication, "\(wrong)")
    #expect(!wrong.detail.contains("wrong"))
    let missing = await (try store(moto, moto.reader, folder, bucket: "nowhere")).page(PageQuery(prefix: ""))
    #expect(missing.reason == .missing, "\(missing)")
    let lost = S3Place(
      bucket: "backups", access: .identity(.init(source: .file(path: folder.file("absent"), profile: "x"))),
      endpoint: moto.endpoint)
    let unread = await StorePlace.s3(lost).store(StoreTransport(userAgent: "test")).page(
      PageQuery(prefix: ""))
    #expect(unread.reason == .configuration && unread.detail.contains("absent"), "\(unread)")
    let profile = try folder.write(
      "credentials",
      "[watch]\naws_access_key_id = \(moto.reader.id)\naws_secret_access_key = \(moto.reader.secret)\n")
    let shared = S3Place(
      bucket: "backups", region: "eu-central-1",
      access: .identity(.init(source: .file(path: profile, profile: "watch"))), endpoint: moto.endpoint)
    let read = await StorePlace.s3(shared).store(StoreTransport(userAgent: "test")).page(
      PageQuery(prefix: ""))
    #expect(try !read.get().entries.isEmpty)
  }

  private static func scripted(
    _ script: @escaping @Sendable (LoopbackServer.Request) -> [LoopbackServer.Step]
  )
    throws -> (LoopbackServer, any ObjectStore)
  {
    let server = try LoopbackServer(script)
    let place = S3Place(bucket: "b", access: .anonymous, endpoint: "http://127.0.0.1:\(server.port)")
    return (server, StorePlace.s3(place).store(StoreTransport(userAgent: "test")))
  }

  @Test func anotherRegionIsNamed() async throws {
    let (server, store) = try Self.scripted { _ in
      LoopbackServer.answer(
        301, "<Error><Code>PermanentRedirect</Code><Message>use another</Message></Error>",
        headers: [("x-amz-bucket-region", "ap-southeast-2")])
    }
    defer { server.stop() }
    let answer = await store.page(PageQuery(prefix: ""))
    #expect(answer.reason == .configuration && answer.detail.contains("ap-southeast-2"), "\(answer)")
  }

  @Test func aBusyStoreIsAskedAgain() async throws {
    let (server, store) = try Self.scripted { request in
      request.connection + 0 > 0 && request.target.contains("again")
        ? LoopbackServer.answer(503, "<Error><Code>SlowDown</Code></Error>")
        : LoopbackServer.answer(200, "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>")
    }
    defer { server.stop() }
    #expect(try await store.page(PageQuery(prefix: "x")).get().entries.isEmpty)
    let busy = await store.page(PageQuery(prefix: "again"), timeout: .milliseconds(700))
    #expect(busy.reason == .limit, "\(busy)")
    #expect(server.requests.count == 3)
  }

  @Test(arguments: [
    "", "<a", "<html></html>", "<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>",
    "<ListBucketResult><Contents><Key>a</Key><Size>-1</Size></Contents></ListBucketResult>",
    "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
    "<!DOCTYPE a [<!ENTITY b 'c'>]><ListBucketResult/>",
  ])
  func halfAnswersAreNoListing(body: String) async throws {
    let (server, store) = try Self.scripted { _ in LoopbackServer.answer(200, body) }
    defer { server.stop() }
    #expect(await store.page(PageQuery(prefix: "")).reason == .protocolError)
  }

  @Test func rangesThatAreNotHeededAreNotTakenForTheEnd() async throws {
    let (server, store) = try Self.scripted { _ in
      LoopbackServer.answer(200, String(repeating: "x", count: 10_000))
    }
    defer { server.stop() }
    let entry = ObjectEntry(name: "a", size: 10_000, modified: nil, version: "")
    #expect(await store.bytes(entry, 9_000..<10_000).reason == .protocolError)
  }
}
