import CloudAccess
import FarwatchTesting
import Model
import ObjectStores
import Secrets
import Testing

extension ObjectStore {
  fileprivate func protection() async -> Result<StoreProtection?, StoreFailure> {
    await withCheckedContinuation { waiting in
      protection(timeout: .seconds(10)) { waiting.resume(returning: $0) }
    }
  }
}

/// What a bucket of moto tells of its versioning and object lock.
@Suite struct S3ProtectionTests {
  private static let filling = """
    at = {'LocationConstraint': 'eu-central-1'}
    for name in ('kept', 'paused', 'locked', 'unruled'):
      s3.create_bucket(Bucket=name, CreateBucketConfiguration=at, ObjectLockEnabledForBucket=name in ('locked', 'unruled'))
    s3.put_bucket_versioning(Bucket='kept', VersioningConfiguration={'Status': 'Enabled'})
    s3.put_bucket_versioning(Bucket='paused', VersioningConfiguration={'Status': 'Enabled'})
    s3.put_bucket_versioning(Bucket='paused', VersioningConfiguration={'Status': 'Suspended'})
    s3.put_object_lock_configuration(Bucket='locked', ObjectLockConfiguration={'ObjectLockEnabled': 'Enabled',
      'Rule': {'DefaultRetention': {'Mode': 'COMPLIANCE', 'Days': 30}}})

    """

  private func store(_ moto: MotoBucket, _ bucket: String) throws -> any ObjectStore {
    let place = S3Place(
      bucket: bucket, region: "eu-central-1", access: .anonymous, endpoint: moto.endpoint)
    return StorePlace.s3(place).store(StoreTransport(userAgent: "test"))
  }

  @Test func versioningAndLocksAreTold() async throws {
    let moto = try await MotoBucket(Self.filling, isEnforced: false)
    defer { moto.stop() }
    func told(_ bucket: String) async throws -> StoreProtection? {
      try await store(moto, bucket).protection().get()
    }
    #expect(try await told("backups") == StoreProtection(versioning: .off))
    #expect(try await told("kept") == StoreProtection(versioning: .enabled))
    #expect(try await told("paused") == StoreProtection(versioning: .suspended))
    #expect(
      try await told("locked")
        == StoreProtection(
          versioning: .enabled, hasObjectLock: true,
          retention: .init(mode: .compliance, period: .seconds(30 * 86_400))))
    // A lock without a default retention locks nothing by itself.
    #expect(try await told("unruled") == StoreProtection(versioning: .enabled, hasObjectLock: true))
    #expect(await (try store(moto, "nowhere")).protection().reason == .missing)
  }

  @Test func aRefusalNamesWhatHasToBeAllowed() async throws {
    let moto = try await MotoBucket(Self.filling)
    defer { moto.stop() }
    let folder = try TemporaryDirectory()
    let place = S3Place(
      bucket: "backups", region: "eu-central-1",
      access: .key(
        id: .file(try folder.write("id", moto.reader.id)),
        secret: .file(try folder.write("secret", moto.reader.secret)), token: nil), endpoint: moto.endpoint)
    let denied = await StorePlace.s3(place).store(StoreTransport(userAgent: "test")).protection()
    #expect(denied.reason == .permission, "\(denied)")
    #expect(denied.detail.contains("s3:GetBucketObjectLockConfiguration"), "\(denied)")
  }

  private static let none = "<Error><Code>ObjectLockConfigurationNotFoundError</Code></Error>"

  @Test(arguments: [
    ("<VersioningConfiguration><Status>Odd</Status></VersioningConfiguration>", ""),
    ("<ListBucketResult/>", ""), ("", ""),
    (
      "<VersioningConfiguration/>",
      "<ObjectLockConfiguration><Rule><DefaultRetention/></Rule></ObjectLockConfiguration>"
    ),
    (
      "<VersioningConfiguration/>",
      "<ObjectLockConfiguration><Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>99999999999999999999</Days></DefaultRetention></Rule></ObjectLockConfiguration>"
    ), ("<VersioningConfiguration/>", "<ObjectLock"),
  ]) func oddAnswersAreNoProtection(_ versioning: String, _ lock: String) async throws {
    let server = try LoopbackServer { request in
      LoopbackServer.answer(200, request.target.contains("object-lock") ? lock : versioning)
    }
    defer { server.stop() }
    let place = S3Place(bucket: "b", access: .anonymous, endpoint: "http://127.0.0.1:\(server.port)")
    let answer = await StorePlace.s3(place).store(StoreTransport(userAgent: "test")).protection()
    #expect(answer.reason == .protocolError, "\(answer)")
  }

  @Test func aServerThatKnowsNoLocksIsNotTakenForOneWithout() async throws {
    let server = try LoopbackServer { request in
      request.target.contains("object-lock")
        ? LoopbackServer.answer(405, "<Error><Code>MethodNotAllowed</Code></Error>")
        : LoopbackServer.answer(200, "<VersioningConfiguration/>")
    }
    defer { server.stop() }
    let place = S3Place(bucket: "b", access: .anonymous, endpoint: "http://127.0.0.1:\(server.port)")
    #expect(
      await StorePlace.s3(place).store(StoreTransport(userAgent: "test")).protection().reason == .status)
  }

  @Test func otherStoresDoNotTell() async throws {
    let place = GCSPlace(bucket: "b", access: nil, endpoint: "http://127.0.0.1:9")
    #expect(
      try await StorePlace.gcs(place).store(StoreTransport(userAgent: "test")).protection().get() == nil)
  }
}
