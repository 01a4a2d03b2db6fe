import Backups
import Collecting
import ConfigurationTypes
import FarwatchTesting
import Model
import StrictYAML
import Testing

@testable import CollectorConfiguration

private func backups(
  _ text: String, pushes: [String: String]? = ["r/drill": "secret-1", "s/drill": "secret-2"]
) throws -> ([any BackupJobSettings], [String]) {
  let folder = try TemporaryDirectory()
  for name in ["key", "known_hosts", "ssh"] { try folder.write(name, "x") }
  var scope = Scope(regions: ["r", "s"], vantage: "v", paths: FilePaths(directory: folder.path))
  scope.pushIDs = pushes
  let problems = Problems(file: "f")
  let read = YAML.read(text, as: .mapping { [scope] in BackupSection.read($0, scope) }, problems)
  do {
    try problems.throwIfAny()
    return (read, [])
  } catch { return (read, "\(error)".split(separator: "\n").map { String($0.dropFirst(2)) }) }
}

private func job(_ place: String) -> String {
  "backups:\n- {job: j, region: r, every: 1d,\n    \(place)}\n"
}

private let kinds = [
  "directory: {path: p, match: '*'",
  "s3: {bucket: b, match: '*', credentials: anonymous",
  "azure_blob: {account: a, container: c, match: '*', sas_file: key",
  "gcs: {bucket: b, match: '*', credentials: anonymous",
  "sftp: {host: h, user: u, path: p, match: '*', key_file: key, known_hosts_file: known_hosts, ssh_program: ssh",
  "rds_snapshots: {aws_region: eu-west-1, instance: i",
  "rds_point_in_time: {aws_region: eu-west-1, instance: i",
]

@Suite struct BackupObjectivesSectionTests {
  @Test(arguments: kinds) func everyKindOfJobHasThem(_ kind: String) throws {
    let (found, problems) = try backups(
      job(
        "\(kind), retention: 30d, detection_delay: 10d, restore_test_every: 90d, restore_test: {push: drill}}"
      ))
    try #require(problems.isEmpty, "\(problems)")
    let objectives = try #require(
      (found.first as? DirectoryBackupSettings)?.objectives ?? (found.first as? ObjectBackupSettings)?
        .objectives
        ?? (found.first as? RDSBackupSettings)?.objectives)
    #expect(objectives.retention == .seconds(30 * 86_400))
    #expect(objectives.detectionDelay == .seconds(10 * 86_400))
    #expect(objectives.restoreTestEvery == .seconds(90 * 86_400))
    #expect(objectives.restoreTestID == "secret-1")
  }

  @Test func aCheckOfAnotherRegionIsNamedWithIt() throws {
    let (found, problems) = try backups(job("\(kinds[0]), restore_test: {push: s/drill}}"))
    #expect(problems.isEmpty)
    #expect((found.first as? DirectoryBackupSettings)?.objectives.restoreTestID == "secret-2")
    // Checks that could not be read are complained about where they stand.
    #expect(try backups(job("\(kinds[0]), restore_test: {push: other}}"), pushes: nil).1.isEmpty)
  }

  @Test(arguments: [
    (
      "directory: {path: p, match: '*', retention: 2d, detection_delay: 2d}",
      "3:70: must be less than `retention`: damage that is found later than that can no longer be undone"
    ),
    (
      "directory: {path: p, match: '*', restore_test_every: 3d}",
      "3:58: needs `restore_test` or `restore_marker`: what tells when a restore was tested"
    ),
    (
      "rds_snapshots: {aws_region: eu-west-1, instance: i, restore_test_every: 3d}",
      "3:77: needs `restore_test`: what tells when a restore was tested"
    ),
    (
      "directory: {path: p, match: '*', restore_marker: m, restore_test: {push: drill}}",
      "3:71: only one of `restore_test`, `restore_marker` may be given"
    ),
    (
      "directory: {path: p, match: '*', restore_test: {push: dril}}",
      "3:59: region r has no push check \"dril\"; did you mean \"drill\"?"
    ),
    (
      "directory: {path: p, match: '*', restore_test: {push: s/nothing}}",
      "3:59: region s has no push check \"nothing\""
    ),
    ("directory: {path: p, match: '*', restore_test: {}}", "3:52: missing key `push`"),
    ("directory: {path: p, match: '*', retention: 0s}", "3:49: must be between 1s and 10y, found 0s"),
  ]) func mistakesAreNamed(_ place: String, _ complaint: String) throws {
    #expect(try backups(job(place)).1 == [complaint])
  }
}
