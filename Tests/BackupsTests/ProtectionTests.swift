import CloudAccess
import Collecting
import FarwatchTesting
import Model
import ObjectStores
import Secrets
import Testing

@testable import Backups

/// What a job tells of its bucket's versioning and object lock; the bucket is moto's.
@Suite struct ProtectionTests {
  private static let filling = """
    s3.create_bucket(Bucket='locked', CreateBucketConfiguration={'LocationConstraint': 'eu-central-1'},
      ObjectLockEnabledForBucket=True)
    s3.put_object_lock_configuration(Bucket='locked', ObjectLockConfiguration={'ObjectLockEnabled': 'Enabled',
      'Rule': {'DefaultRetention': {'Mode': 'GOVERNANCE', 'Years': 1}}})
    s3.put_object(Bucket='locked', Key='a.sql', Body=b'x')
    s3.put_object(Bucket='backups', Key='a.sql', Body=b'x')

    """

  private func collected(
    _ moto: MotoBucket, _ bucket: String, _ change: (inout ObjectBackupSettings) -> Void
  ) async throws -> Outcome {
    let folder = try TemporaryDirectory()
    let access = S3Access.key(
      id: .file(try folder.write("id", moto.reader.id)),
      secret: .file(try folder.write("secret", moto.reader.secret)), token: nil)
    let place = S3Place(bucket: bucket, region: "eu-central-1", access: access, endpoint: moto.endpoint)
    var basics = BackupBasics(job: "orders", region: "eu", repo: "", every: .seconds(3600))
    basics.settle = .zero
    var settings = ObjectBackupSettings(
      basics: basics, naming: BackupNaming(match: try Glob("*.sql")), place: .s3(place))
    change(&settings)
    let clients = CollectorClients(userAgent: "test")
    defer { clients.shutdown() }
    return try await settings.makeCollector(clients).outcome()
  }

  @Test func whatIsAskedForIsTold() async throws {
    let moto = try await MotoBucket(Self.filling, isEnforced: false)
    defer { moto.stop() }
    let locked = try await collected(moto, "locked") {
      $0.expectsVersioning = true
      $0.expectsObjectLock = true
    }
    #expect(locked.verdict == .success && locked.value(BackupFamilies.retained) == 1, "\(locked.detail)")
    #expect(locked.value(BackupFamilies.versioningEnabled) == 1)
    #expect(locked.value(BackupFamilies.objectLockEnabled) == 1)
    #expect(locked.value(BackupFamilies.defaultRetention, ["mode": "governance"]) == 31_536_000.0)

    let open = try await collected(moto, "backups") {
      $0.expectsVersioning = true
      $0.expectsObjectLock = true
    }
    #expect(open.verdict == .success && open.value(BackupFamilies.versioningEnabled) == 0)
    #expect(open.value(BackupFamilies.objectLockEnabled) == 0)
    #expect(open.value(BackupFamilies.defaultRetention, ["mode": "none"]) == 0)

    let one = try await collected(moto, "backups") { $0.expectsVersioning = true }
    #expect(one.value(BackupFamilies.versioningEnabled) == 0)
    #expect(one.value(BackupFamilies.objectLockEnabled) == nil, "nobody asked for it")
    let unasked = try await collected(moto, "backups") { _ in }
    #expect(unasked.value(BackupFamilies.versioningEnabled) == nil)
  }

  @Test func aRefusalIsNoAbsenceOfALock() async throws {
    let moto = try await MotoBucket(Self.filling)
    defer { moto.stop() }
    let denied = try await collected(moto, "backups") { $0.expectsObjectLock = true }
    #expect(
      denied.reason == .permission && denied.detail.contains("s3:GetBucketVersioning"), "\(denied.detail)")
    // The backups themselves are known.
    #expect(denied.value(BackupFamilies.up) == 1 && denied.value(BackupFamilies.retained) == 1)
    #expect(denied.value(BackupFamilies.objectLockEnabled) == nil)
    #expect(denied.value(BackupFamilies.questionFailed, ["question": "protection"]) == 1)
  }
}
