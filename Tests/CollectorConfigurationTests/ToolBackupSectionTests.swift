import Backups
import Collecting
import ConfigurationTypes
import FarwatchTesting
import Foundation
import Model
import ObjectStores
import StrictYAML
import Testing

@testable import CollectorConfiguration

/// A folder with the files that the examples below name.
private let folder: TemporaryDirectory = {
  do {
    let folder = try TemporaryDirectory()
    for name in ["secret", "kubeconfig"] { try folder.write(name, "x") }
    try folder.write("tool", "#!/bin/sh\n", mode: 0o755)
    return folder
  } catch { preconditionFailure("\(error)") }
}()

private func read(_ text: String) -> ([any BackupJobSettings], [String]) {
  let scope = Scope(regions: ["r"], vantage: "v", paths: FilePaths(directory: folder.path))
  let problems = Problems(file: "f")
  let found = YAML.read(text, as: .mapping { BackupSection.read($0, scope) }, problems)
  do {
    try problems.throwIfAny()
    return (found, [])
  } catch {
    let lines = "\(error)".split(separator: "\n").map {
      String($0.hasPrefix("f:") ? $0.dropFirst(2) : $0[...])
    }
    return (found, lines)
  }
}

/// The section begins in line 2, column 5.
private func problems(_ section: String) -> [String] {
  read("backups:\n- {job: j, region: r, every: 1h,\n    \(section)}\n").1
}

@Suite struct ToolBackupSectionTests {
  @Test func everyKeyIsRead() throws {
    let (jobs, problems) = read(
      """
      backups:
      - job: a
        region: r
        every: 1d
        pgbackrest:
          program: ./tool
          run_as: [./tool, -n]
          environment: {A: b}
          environment_files: {PGBACKREST_REPO1_CIPHER_PASS: secret}
          environment_from: {C: D}
          output_limit: 1MiB
          stanza: main
          config: pgbackrest.conf
          repository: 2
          check_wal: false
          wal_segment_size: 64MiB
          full_every: 7d
          retention: 30d
          detection_delay: 10d
          restore_marker: tested
          restore_test_every: 90d
      - {job: b, region: r, every: 1d, restic: {program: ./tool, repository: "sftp:u@h:/r", password_file: secret,
         host: h, tags: [x, y], path: /data, cache_directory: c, check_locks: false, stale_lock_age: 1h, ask_sizes: true}}
      - {job: c, region: r, every: 1d, borg: {program: ./tool, repository: "ssh://u@h/r", passphrase_file: secret,
         match: "sh:db-*", base_directory: b, remote_shell: ssh -i k, ask_sizes: true, allow_relocated: true, lock_wait: 1m}}
      - {job: d, region: r, every: 1d, barman: {program: ./tool, server: main, config: barman.conf, check: false}}
      - {job: e, region: r, every: 1d, wal_g: {program: ./tool, config: walg.yml, check_wal: false}}
      - {job: f, region: r, every: 1d, velero: {program: ./tool, namespace: n, schedule: s, storage_location: l,
         kubeconfig: kubeconfig, context: c, accept_partial: true}}
      - {job: g, region: r, every: 1d, velero: {s3: {bucket: b}, prefix: a/b, schedule: s, accept_partial: true,
         retention: 30d, restore_marker: tested}}
      """)
    #expect(problems == [])
    try #require(jobs.count == 7)
    let first = try #require(jobs[0] as? PgBackRestSettings)
    #expect(
      first.program.path == folder.file("./tool") && first.program.runAs == [folder.file("./tool"), "-n"])
    #expect(first.program.environment == ["A": "b"] && first.program.outputLimit == 1 << 20)
    #expect(
      first.program.secrets == [
        "PGBACKREST_REPO1_CIPHER_PASS": .file(folder.file("secret")), "C": .environment("D"),
      ])
    #expect(first.stanza == "main" && first.repository == 2 && first.basics.repo == "repo2")
    #expect(
      first.config == folder.file("pgbackrest.conf") && !first.checksWAL && first.segmentSize == 64 << 20)
    #expect(first.rules.fullEvery == .seconds(7 * 86_400) && first.rules.retention == .seconds(30 * 86_400))
    #expect(first.rules.restoreMarker == folder.file("tested") && first.description.kind == "pgbackrest")
    let restic = try #require(jobs[1] as? ResticSettings)
    #expect(
      restic.repository == .location("sftp:u@h:/r") && restic.tags == ["x", "y"] && !restic.checksLocks)
    #expect(
      restic.staleLockAge == .seconds(3600) && restic.cacheDirectory == folder.file("c") && restic.asksSizes)
    let borg = try #require(jobs[2] as? BorgSettings)
    #expect(borg.allowsRelocated && borg.lockWait == .seconds(60) && borg.remoteShell == "ssh -i k")
    let barman = try #require(jobs[3] as? BarmanSettings)
    #expect(barman.server == "main" && !barman.runsCheck && barman.config == folder.file("barman.conf"))
    let walG = try #require(jobs[4] as? WALGSettings)
    #expect(!walG.checksWAL && walG.config == folder.file("walg.yml"))
    let velero = try #require(jobs[5] as? VeleroSettings)
    #expect(velero.namespace == "n" && velero.schedule == "s" && velero.acceptsPartial)
    let bucket = try #require(jobs[6] as? VeleroStoreSettings)
    #expect(bucket.place.label == "b" && bucket.prefix == "a/b" && bucket.basics.repo == "b")
    #expect(bucket.schedule == "s" && bucket.acceptsPartial && bucket.description.kind == "velero")
    #expect(
      bucket.rules.retention == .seconds(30 * 86_400) && bucket.rules.restoreMarker == folder.file("tested"))
  }

  @Test(arguments: [
    ("pgbackrest: {program: ./tool}", "3:17: missing key `stanza`"),
    ("pgbackrest: {program: ./tool, stanza: -x}", "3:43: must not begin with \"-\""),
    (
      "pgbackrest: {program: ./none, stanza: s}",
      "3:27: the program \"./none\" cannot be run: No such file or directory"
    ),
    (
      "pgbackrest: {program: tool, stanza: s}",
      "3:27: must begin with a path, as /usr/local/bin/tool: PATH is not searched, and no shell is run"
    ),
    ("pgbackrest: {program: ./tool, stanza: s, repository: 0}", "3:58: must be between 1 and 256, found 0"),
    (
      "pgbackrest: {program: ./tool, stanza: s, wal_segment_size: 3MiB}",
      "3:64: must be a power of two from 1MiB to 1GiB"
    ),
    (
      "pgbackrest: {program: ./tool, stanza: s, detection_delay: 3d, retention: 2d}",
      "3:63: must be less than `retention`: damage that is found later than that can no longer be undone"
    ),
    ("velero: {s3: {bucket: b}, namespace: n}", "3:31: unknown key `namespace`"),
    (
      "velero: {s3: {bucket: b}, gcs: {bucket: b}}",
      "3:31: only one of `s3`, `azure_blob`, `gcs` may be given"
    ),
    ("velero: {s3: {}}", "3:18: missing key `bucket`"),
    (
      "pgbackrest: {program: ./tool, stanza: s, restore_test_every: 3d}",
      "3:66: needs `restore_test` or `restore_marker`: what tells when a restore was tested"
    ),
    ("pgbackrest: {program: ./tool, stanza: s, output_limit: 1KiB}", "3:60: must be from 64KiB to 1GiB"),
    (
      "pgbackrest: {program: ./tool, stanza: s, environment: {AWS_SECRET_ACCESS_KEY: x}}",
      "3:59: \"AWS_SECRET_ACCESS_KEY\" is a secret: name a file for it under `environment_files`"
    ),
    (
      "pgbackrest: {program: ./tool, stanza: s, environment: {FARWATCH_X: x}}",
      "3:59: \"FARWATCH_X\": names that begin with FARWATCH_ are ours"
    ),
    (
      "pgbackrest: {program: ./tool, stanza: s, environment: {A: x}, environment_from: {A: B}}",
      "3:85: \"A\" is given twice"
    ),
    (
      "restic: {program: ./tool, password_file: secret}",
      "3:13: missing key `repository` (or `repository_file`)"
    ),
    (
      "restic: {program: ./tool, repository: /r}", "3:13: missing key `password_file` (or `password_command`)"
    ),
    (
      "restic: {program: ./tool, repository: 'rest:https://u:p/w@h/', password_file: secret}",
      "3:43: must not hold a password; name a file with `repository_file`"
    ),
    (
      "restic: {program: ./tool, repository: /r, password_file: secret, tags: ['a,b']}",
      "3:76: a tag has no comma"
    ),
    (
      "restic: {program: ./tool, repository: /r, password_file: secret, full_every: 1d}",
      "3:70: unknown key `full_every`"
    ),
    ("borg: {program: ./tool}", "3:11: missing key `repository`"),
    ("borg: {program: ./tool, repository: /r, run_as: [./tool]}", "3:45: unknown key `run_as`"),
    ("barman: {program: ./tool}", "3:13: missing key `server`"),
    ("wal_g: {program: ./tool, check_wal: maybe}", "3:41: expected true or false, found \"maybe\""),
    (
      "velero: {program: ./tool, kubeconfig: none}",
      "3:43: the kubeconfig \"none\" cannot be read: No such file or directory"
    ),
  ])
  func aWrongValueIsNamed(section: String, expected: String) {
    let found = problems(section)
    #expect(found.count == 1 && found[0].contains(expected), "\(section): \(found)")
  }
}
