import CloudAccess
import Collecting
import FarwatchTesting
import Foundation
import HTTPClient
import Model
import Testing

@testable import Backups

private let now = Timestamp(year: 2026, month: 1, day: 10)

private func settings(
  _ measure: RDSBackupSettings.Measure, of subject: RDSBackupSettings.Subject = .instance("orders")
) -> RDSBackupSettings {
  RDSBackupSettings(
    BackupBasics(job: "orders", region: "virginia", repo: "", every: .seconds(86_400)), measure, of: subject,
    awsRegion: "us-east-1")
}

extension [Reading] {
  fileprivate func value(_ family: String, _ label: String? = nil) -> Double? {
    first { $0.family.name == family && (label == nil || $0.labels.entries.contains { $0.value == label }) }?
      .value
  }
}

@Suite struct RDSBackupStateTests {
  private func snapshot(
    _ age: Int, _ status: String = "available", encrypted: Bool = true, allocated: UInt64? = 100 << 30
  ) -> RDSSnapshot {
    RDSSnapshot(
      id: "rds:orders-2020-01-01-00-00", status: status, taken: now - .seconds(age * 86_400),
      allocated: allocated, isEncrypted: encrypted)
  }

  @Test func onlyWhatIsAvailableCounts() {
    var state = RDSBackupState(settings(.snapshots(type: nil)))
    let readings = state.observe(
      [snapshot(0, "creating"), snapshot(1, "failed"), snapshot(2), snapshot(3), snapshot(6)], at: now
    ).readings
    #expect(readings.value("backup_last_success_timestamp_seconds") == (now - .seconds(2 * 86_400)).seconds)
    #expect(readings.value("backup_last_attempt_timestamp_seconds") == now.seconds)
    #expect(
      readings.value("backup_oldest_restorable_timestamp_seconds") == (now - .seconds(6 * 86_400)).seconds)
    #expect(readings.value("backup_retained") == 3 && readings.value("backup_gaps") == 1)
    #expect(
      readings.value("backup_rejected", "settling") == 1 && readings.value("backup_rejected", "corrupt") == 1)
    #expect(readings.value("farwatch_rds_snapshots", "failed") == 1)
    #expect(readings.value("backup_last_size_bytes") == Double(100 << 30))
    // The last of them is deleted: what was seen stays, and ages.
    let after = state.observe([], at: now + .seconds(60)).readings
    #expect(after.value("backup_last_success_timestamp_seconds") == (now - .seconds(2 * 86_400)).seconds)
    #expect(after.value("backup_retained") == 0)
    let unseen = state.unseen(.permission, "x").readings
    #expect(unseen.value("backup_up") == 0)
    #expect(unseen.value("backup_last_success_timestamp_seconds") == (now - .seconds(2 * 86_400)).seconds)
  }

  @Test func encryptionAndUnknownSizes() {
    var strict = settings(.snapshots(type: "manual"))
    strict.requiresEncryption = true
    var state = RDSBackupState(strict)
    let readings = state.observe([snapshot(1, encrypted: false), snapshot(2, allocated: nil)], at: now)
      .readings
    #expect(readings.value("backup_last_success_timestamp_seconds") == (now - .seconds(2 * 86_400)).seconds)
    #expect(readings.value("backup_rejected", "unencrypted") == 1)
    #expect(readings.value("farwatch_rds_snapshots_unencrypted") == 1)
    // A size that is not known is not told.
    #expect(
      readings.value("backup_last_size_bytes") == nil && readings.value("backup_total_size_bytes") == nil)
  }

  @Test func theRestoreWindow() {
    var state = RDSBackupState(settings(.pointInTime(replicated: false)))
    let off = state.observe(RDSRestoreWindow(retentionDays: 0), at: now)
    guard case .failure(.missing, let detail) = off.verdict else {
      Issue.record("\(off.verdict)")
      return
    }
    #expect(detail.contains("automated backups are off"))
    #expect(off.readings.value("backup_last_success_timestamp_seconds") == nil)
    let window = RDSRestoreWindow(earliest: now - .seconds(99), latest: now - .seconds(9), retentionDays: 7)
    let good = state.observe(window, at: now)
    #expect(good.verdict == .success)
    #expect(good.readings.value("backup_last_success_timestamp_seconds") == (now - .seconds(9)).seconds)
    #expect(good.readings.value("backup_latest_restorable_timestamp_seconds") == (now - .seconds(9)).seconds)
    #expect(good.readings.value("backup_oldest_restorable_timestamp_seconds") == (now - .seconds(99)).seconds)
    #expect(good.readings.value("farwatch_rds_backup_retention_days") == 7)
  }
}

@Suite struct RDSBackupCollectorTests {
  private let client = HTTPClient(name: "test")

  private func collect(_ settings: RDSBackupSettings, environment: [String: String]? = nil) async -> Outcome {
    let variables = environment ?? ["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S"]
    let identities = AWSIdentities(http: client, environment: AWSEnvironment(variables))
    let collector = RDSBackupCollector(settings, identities: identities)
    return await withCheckedContinuation { continuation in
      collector.collect { continuation.resume(returning: $0) }
    }
  }

  /// moto enforces signatures and policies; it knows instances, clusters, snapshots and copies between regions.
  @Test func agreesWithMoto() async throws {
    let server = try await MotoServer(
      """
      east, west = client('rds'), client('rds', 'eu-west-1')
      east.create_db_instance(DBInstanceIdentifier='orders', DBInstanceClass='db.t3.micro', Engine='postgres',
        AllocatedStorage=20, MasterUsername='a', MasterUserPassword='password1', BackupRetentionPeriod=7)
      arn = east.create_db_snapshot(DBInstanceIdentifier='orders', DBSnapshotIdentifier='s1')['DBSnapshot']['DBSnapshotArn']
      for number in range(3):
        east.create_db_snapshot(DBInstanceIdentifier='orders', DBSnapshotIdentifier=f's-{number}x')
      west.copy_db_snapshot(SourceDBSnapshotIdentifier=arn, TargetDBSnapshotIdentifier='copy', SourceRegion='us-east-1')
      east.create_db_cluster(DBClusterIdentifier='shop', Engine='aurora-postgresql', MasterUsername='a',
        MasterUserPassword='password1')
      east.create_db_cluster_snapshot(DBClusterIdentifier='shop', DBClusterSnapshotIdentifier='c1')
      facts = {'reader': user('reader', ['rds:DescribeDBSnapshots', 'rds:DescribeDBClusterSnapshots',
        'rds:DescribeDBInstances', 'rds:DescribeDBClusters', 'rds:DescribeDBInstanceAutomatedBackups']),
        'nobody': user('nobody', None)}
      """)
    let facts = try JSONDecoder().decode([String: [String]].self, from: Data(server.facts.utf8))
    func outcome(_ given: RDSBackupSettings, as user: String = "reader") async throws -> Outcome {
      let pair = try #require(facts[user])
      var given = given
      given.endpoint = server.url
      // What was made just now is not held back as unfinished.
      given.basics.settle = .zero
      return await collect(
        given, environment: ["AWS_ACCESS_KEY_ID": pair[0], "AWS_SECRET_ACCESS_KEY": pair[1]])
    }
    let snapshots = try await outcome(settings(.snapshots(type: nil)))
    #expect(snapshots.verdict == .success, "\(snapshots.verdict)")
    let made = try #require(snapshots.readings.value("backup_last_success_timestamp_seconds"))
    #expect(abs(made - SystemTime().now.seconds) < 120)
    // moto makes automated ones beside those that were asked for.
    #expect((snapshots.readings.value("backup_retained") ?? 0) >= 4)
    #expect(snapshots.readings.value("backup_last_size_bytes") == Double(20 << 30))
    var copies = settings(.snapshots(type: nil))
    copies.awsRegion = "eu-west-1"
    let copied = try await outcome(copies)
    #expect(copied.readings.value("backup_retained") == 1, "\(copied.verdict)")
    let cluster = try await outcome(settings(.snapshots(type: "manual"), of: .cluster("shop")))
    #expect(cluster.readings.value("backup_retained") == 1, "\(cluster.verdict)")
    for subject in [RDSBackupSettings.Subject.instance("orders"), .cluster("shop")] {
      let window = try await outcome(settings(.pointInTime(replicated: false), of: subject))
      #expect(window.verdict == .success, "\(window.verdict)")
      let latest = try #require(window.readings.value("backup_latest_restorable_timestamp_seconds"))
      #expect(abs(latest - SystemTime().now.seconds) < 1000)
    }
    let nobody = try await outcome(settings(.snapshots(type: nil)), as: "nobody")
    #expect(
      nobody.detail.hasPrefix("orders in us-east-1: AccessDenied: allow rds:DescribeDBSnapshots"),
      "\(nobody.verdict)")
    let gone = try await outcome(settings(.pointInTime(replicated: false), of: .instance("gone")))
    #expect(gone.reason == .missing && gone.readings.value("backup_up") == 0, "\(gone.verdict)")
  }

  @Test func copiesAndReplicatedBackups() async throws {
    let server = try LoopbackServer { request in
      let body = String(decoding: request.body, as: UTF8.self)
      if body.contains("Action=DescribeDBInstanceAutomatedBackups") {
        return LoopbackServer.answer(
          200,
          """
          <DescribeDBInstanceAutomatedBackupsResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/">
          <DescribeDBInstanceAutomatedBackupsResult><DBInstanceAutomatedBackups>
          <DBInstanceAutomatedBackup><RestoreWindow><EarliestTime>2026-01-01T00:00:00Z</EarliestTime>
          <LatestTime>2026-01-09T00:00:00Z</LatestTime></RestoreWindow><BackupRetentionPeriod>14</BackupRetentionPeriod>
          </DBInstanceAutomatedBackup></DBInstanceAutomatedBackups></DescribeDBInstanceAutomatedBackupsResult>
          </DescribeDBInstanceAutomatedBackupsResponse>
          """)
      }
      let isSecond = body.contains("Marker=m1")
      return LoopbackServer.answer(
        200,
        """
        <DescribeDBSnapshotsResponse><DescribeDBSnapshotsResult><DBSnapshots>
        <DBSnapshot><DBSnapshotIdentifier>c</DBSnapshotIdentifier><Status>available</Status>
        <SnapshotCreateTime>2026-01-10T00:00:00Z</SnapshotCreateTime>
        <OriginalSnapshotCreateTime>2026-01-0\(isSecond ? 3 : 2)T00:00:00Z</OriginalSnapshotCreateTime>
        <AllocatedStorage>20</AllocatedStorage><Encrypted>true</Encrypted></DBSnapshot></DBSnapshots>
        \(isSecond ? "" : "<Marker>m1</Marker>")</DescribeDBSnapshotsResult></DescribeDBSnapshotsResponse>
        """)
    }
    // A copy made today of what was taken last week is a backup of last week.
    var copies = settings(.snapshots(type: nil))
    copies.endpoint = server.url("")
    let copied = await collect(copies)
    #expect(
      copied.readings.value("backup_last_success_timestamp_seconds")
        == Timestamp(year: 2026, month: 1, day: 3).seconds)
    #expect(copied.readings.value("backup_retained") == 2)
    var replicated = settings(.pointInTime(replicated: true))
    replicated.endpoint = server.url("")
    let window = await collect(replicated)
    #expect(
      window.readings.value("backup_latest_restorable_timestamp_seconds")
        == Timestamp(year: 2026, month: 1, day: 9).seconds)
  }

  /// Any answer is read or refused, never a crash.
  @Test func survivesAnyAnswer() {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededNumbers(seed: seed)
    let text =
      "<DescribeDBSnapshotsResponse><DescribeDBSnapshotsResult><DBSnapshots><DBSnapshot><Status>available</Status>"
      + "<SnapshotCreateTime>9999-12-31T23:59:59Z</SnapshotCreateTime><AllocatedStorage>99999999999999999999"
      + "</AllocatedStorage></DBSnapshot><DBSnapshot><AllocatedStorage>18446744073709551615</AllocatedStorage>"
      + "</DBSnapshot></DBSnapshots></DescribeDBSnapshotsResult></DescribeDBSnapshotsResponse>"
    for round in 0..<500 {
      var bytes = Array(text.utf8)
      for _ in 0..<(round == 0 ? 0 : 3) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 32...126, using: &random)
      }
      guard let page = try? RDSPage(bytes, "DescribeDBSnapshots", list: "DBSnapshots") else { continue }
      var state = RDSBackupState(settings(.snapshots(type: nil)))
      _ = state.observe(page.entries.map { RDSSnapshot($0) }, at: now)
      var windows = RDSBackupState(settings(.pointInTime(replicated: false)))
      for entry in page.entries { _ = windows.observe(RDSRestoreWindow(entry), at: now) }
    }
  }
}
