import Secrets
import Backups
import CloudAccess
import Collecting
import ConfigurationTypes
import FarwatchTesting
import Foundation
import Model
import ObjectStores
import Replication
import StrictYAML
import Testing

@testable import CollectorConfiguration

/// A folder with the files that the examples below name, whose content is never read here.
private let folder: TemporaryDirectory = {
  do {
    let folder = try TemporaryDirectory()
    for name in ["id", "secret", "token", "creds", "ca.pem", "sas", "key", "sa.json", "known_hosts", "ssh"] {
      try folder.write(name, "x")
    }
    try folder.write("pct%", "x")
    return folder
  } catch { preconditionFailure("\(error)") }
}()

private func scope() -> Scope {
  Scope(regions: ["r", "s"], vantage: "v", paths: FilePaths(directory: folder.path))
}

private func backups(_ text: String) -> ([any BackupJobSettings], [String]) {
  let problems = Problems(file: "f")
  let read = YAML.read(text, as: .mapping { BackupSection.read($0, scope()) }, problems)
  return (read, said(problems))
}

private func links(_ text: String) -> ([any ReplicationLinkSettings], [String]) {
  let problems = Problems(file: "f")
  let read = YAML.read(text, as: .mapping { ReplicationSection.read($0, scope()) }, problems)
  return (read, said(problems))
}

private func said(_ problems: Problems) -> [String] {
  do {
    try problems.throwIfAny()
    return []
  } catch {
    return "\(error)".split(separator: "\n").map { line in
      String(line.hasPrefix("f:") ? line.dropFirst(2) : line[...]).replacingOccurrences(
        of: folder.path, with: "DIR")
    }
  }
}

/// The place begins in line 2, column 5.
private func job(_ place: String, _ more: String = "") -> String {
  "backups:\n- {job: j, region: r, every: 5m\(more),\n    \(place)}\n"
}

@Suite struct ObjectBackupSectionTests {
  @Test func everyKeyOfS3IsRead() throws {
    let (found, problems) = backups(
      """
      backups:
      - job: dump
        region: r
        every: 5m
        repo: vault
        s3:
          bucket: b.x
          aws_region: eu-west-1
          prefix: db/
          match: "*.sql.gz"
          time_format: "%Y%m%d"
          settle: 5s
          endpoint: https://minio.example:9000
          path_style: false
          requester_pays: true
          ca_file: ca.pem
          shared_credentials_file: creds
          profile: watch
          assume_role: arn:aws:iam::1:role/watch
          external_id: e
          members: {separator: "--", required: [manifest.json, "*.tar"]}
          objects_limit: 5
          full_listing_every: 0s
          incomplete_uploads: false
          expect_versioning: true
          expect_object_lock: true
          restore_marker: tested
          whole_read_limit: 2KiB
          read_bytes_per_hour: 1GB
        verify: {archive: tar, bytes_per_second: 1MB}
      """)
    #expect(problems == [])
    let job = try #require(found.first as? ObjectBackupSettings)
    guard case .s3(let place) = job.place else {
      Issue.record("no S3")
      return
    }
    #expect(place.bucket == "b.x" && place.region == "eu-west-1" && !place.pathStyle && place.requesterPays)
    #expect(place.endpoint == "https://minio.example:9000" && place.caFile == folder.file("ca.pem"))
    var identity = AWSIdentitySettings(
      source: .file(path: folder.file("creds"), profile: "watch"), region: "eu-west-1")
    identity.role = AWSAssumedRole(arn: "arn:aws:iam::1:role/watch", externalID: "e")
    #expect(place.access == .identity(identity))
    #expect(job.repo == "vault" && job.prefix == "db/" && job.settle == .seconds(5))
    #expect(
      job.members?.separator == "--" && job.members?.required.map(\.text) == ["manifest.json", "*.tar"])
    #expect(job.objectsLimit == 5 && job.fullListingEvery == nil && !job.wantsIncompleteUploads)
    #expect(job.expectsVersioning && job.expectsObjectLock)
    #expect(job.restoreMarker == "tested" && job.wholeReadLimit == 2048)
    #expect(job.readBytesPerHour == 1_000_000_000)
    #expect(job.verify.archive == .tar && job.verify.bytesPerSecond == 1_000_000)
    #expect(job.description.kind == "s3")
  }

  @Test func whatIsLeftOutHasDefaults() throws {
    let (found, problems) = backups(
      job("s3: {bucket: b, match: '*'}")
        + job("gcs: {bucket: g, match: '*', credentials: metadata}").dropFirst(9)
        .replacingOccurrences(of: "job: j", with: "job: k")
        + job("azure_blob: {account: a, container: c, match: '*', sas_env: S}").dropFirst(9)
        .replacingOccurrences(of: "job: j", with: "job: l")
        + job("sftp: {host: h, user: u, path: /p, match: '*', key_file: key, known_hosts_file: known_hosts}")
        .dropFirst(9).replacingOccurrences(of: "job: j", with: "job: m"))
    #expect(problems == [])
    let jobs = found.compactMap { $0 as? ObjectBackupSettings }
    #expect(jobs.map(\.place.kind) == ["s3", "gcs", "azure_blob", "sftp"])
    #expect(jobs.map(\.repo) == ["b", "g", "c", "h"])
    #expect(jobs.map(\.settle) == [.zero, .zero, .zero, .seconds(60)])
    #expect(jobs.map(\.wantsIncompleteUploads) == [true, true, true, false])
    #expect(jobs[0].place == .s3(S3Place(bucket: "b", access: .identity(AWSIdentitySettings()))))
    #expect(jobs[1].place == .gcs(GCSPlace(bucket: "g", access: .metadata)))
    #expect(
      jobs[2].place
        == .azureBlob(AzureBlobPlace(account: "a", container: "c", access: .sas(.environment("S")))))
    #expect(jobs[0].fullListingEvery == .seconds(21_600) && jobs[0].objectsLimit == 2_000_000)
  }

  @Test(arguments: [
    ("access_key_id_file: id, secret_access_key_env: S, session_token_file: token", "key"),
    ("credentials: anonymous", "anonymous"), ("credentials: instance", "instance"),
  ])
  func waysIntoS3(keys: String, way: String) throws {
    let (found, problems) = backups(job("s3: {bucket: b, match: '*', \(keys)}"))
    #expect(problems == [])
    guard case .s3(let place) = try #require(found.first as? ObjectBackupSettings).place else { return }
    switch way {
    case "key":
      #expect(
        place.access
          == .key(
            id: .file(folder.file("id")), secret: .environment("S"), token: .file(folder.file("token"))))
    case "anonymous": #expect(place.access == .anonymous)
    default: #expect(place.access == .identity(AWSIdentitySettings(source: .instance)))
    }
  }

  @Test(arguments: [
    (
      "sas_file: sas", AzureAccess.sas(.file(folder.file("sas")))
    ), ("account_key_file: key", .sharedKey(.file(folder.file("key")))),
    (
      "tenant: t, client_id: c, client_secret_env: S",
      .identity(.application(tenant: "t", client: "c", secret: .environment("S")))
    ), ("managed_identity: true, client_id: c", .identity(.managed(client: "c"))),
  ])
  func waysIntoAzure(keys: String, access: AzureAccess) throws {
    let (found, problems) = backups(job("azure_blob: {account: a, container: c, match: '*', \(keys)}"))
    #expect(problems == [])
    guard case .azureBlob(let place) = try #require(found.first as? ObjectBackupSettings).place else {
      return
    }
    #expect(place.access == access)
  }

  private static let s3 = "bucket: b, match: '*', "
  private static let azure = "account: a, container: c, match: '*', "
  private static let sftp = "host: h, user: u, path: /p, match: '*', "

  @Test(arguments: faults) func faultsAreToldWhereTheyAre(place: String, expected: [String]) {
    let (_, problems) = backups(job(place))
    #expect(problems == expected)
  }

  private static let faults: [(String, [String])] = [
    ("s3: {bucket: 'a/b', match: '*'}", ["3:18: must be letters, digits, dots and dashes, found \"a/b\""]),
    ("s3: {match: '*'}", ["3:9: missing key `bucket`"]),
    ("s3: {bucket: b}", ["3:9: missing key `match`"]),
    ("s3: {\(s3)aws_region: 'e u'}", ["3:45: must be letters, digits, dots and dashes, found \"e u\""]),
    ("s3: {\(s3)endpoint: minio}", ["3:43: must begin with http:// or https://, found \"minio\""]),
    (
      "s3: {\(s3)endpoint: 'http://m/'}",
      ["3:43: must be scheme, host and port, without a slash at the end, found \"http://m/\""]
    ),
    ("s3: {\(s3)path_style: maybe}", ["3:45: expected true or false, found \"maybe\""]),
    ("s3: {\(s3)requester_pays: 1}", ["3:49: expected true or false, found the number 1"]),
    (
      "s3: {\(s3)ca_file: no.pem}", ["3:42: the CA file \"no.pem\" cannot be read: No such file or directory"]
    ),
    (
      "s3: {\(s3)credentials: magic}",
      [
        "3:46: unknown value `magic`; expected one of `automatic`, `environment`, `container`, `instance`, `anonymous`, `web_identity`"
      ]
    ),
    ("s3: {\(s3)profile: x}", ["3:42: `profile` needs `shared_credentials_file`"]),
    ("s3: {\(s3)external_id: x}", ["3:46: `external_id` needs `assume_role`"]),
    (
      "s3: {\(s3)assume_role: me}",
      ["3:46: must be arn:aws:iam::ACCOUNT:role/NAME, found \"me\""]
    ),
    (
      "s3: {\(s3)access_key_id_file: id}",
      ["3:9: needs both `access_key_id_file` and `secret_access_key_file` (or `…_env`)"]
    ),
    (
      "s3: {\(s3)secret_access_key: hunter2, credentials: instance}",
      ["3:52: a secret does not belong in this file: name a file with `secret_access_key_file`"]
    ),
    (
      "s3: {\(s3)shared_credentials_file: creds, credentials: instance}",
      [
        "3:78: only one of `access_key_id_file`, `shared_credentials_file`, `credentials` may say who asks"
      ]
    ),
    ("s3: {\(s3)objects_limit: 0}", ["3:48: must be between 1 and 100000000, found 0"]),
    ("s3: {\(s3)full_listing_every: 8d}", ["3:53: must be between 0s and 1w, found 8d"]),
    ("s3: {\(s3)incomplete_uploads: 2}", ["3:53: expected true or false, found the number 2"]),
    ("s3: {\(s3)restore_marker: ''}", ["3:49: must not be empty"]),
    ("s3: {\(s3)whole_read_limit: big}", ["3:51: expected a size such as 512KiB or 1MB, found \"big\""]),
    (
      "s3: {\(s3)read_bytes_per_hour: -1}",
      ["3:54: expected a size such as 512KiB or 1MB, found the number -1"]
    ),
    ("s3: {\(s3)settle: 2d}", ["3:41: must be between 0s and 1d, found 2d"]),
    ("s3: {\(s3)prefix: [a]}", ["3:41: expected text, found a list"]),
    ("s3: {\(s3)members: {}}", ["3:42: missing key `required`"]),
    ("s3: {\(s3)members: {required: []}}", ["3:53: needs at least one pattern"]),
    ("s3: {\(s3)members: {required: ['a/b']}}", ["3:54: pattern must be one file name, without a slash"]),
    ("s3: {\(s3)members: {required: a, separator: ''}}", ["3:67: must not be empty"]),
    ("s3: {\(s3)buckt: x}", ["3:33: unknown key `buckt`; did you mean `bucket`?"]),
    (
      "azure_blob: {account: a, container: c, match: '*'}",
      ["3:17: needs one of `sas_file`, `account_key_file`, `client_secret_file`, `managed_identity`"]
    ),
    (
      "azure_blob: {\(azure)sas_file: sas, managed_identity: true}",
      [
        "3:17: only one of `sas_file`, `account_key_file`, `client_secret_file`, `managed_identity` may be given"
      ]
    ),
    (
      "azure_blob: {\(azure)sas_file: sas, sas_env: S}",
      ["3:71: only one of `sas_file`, `sas_env` may be given"]
    ),
    (
      "azure_blob: {\(azure)sas: 'sig=x'}",
      [
        "3:17: needs one of `sas_file`, `account_key_file`, `client_secret_file`, `managed_identity`",
        "3:61: a secret does not belong in this file: name a file with `sas_file`",
      ]
    ),
    (
      "azure_blob: {\(azure)client_secret_env: S}",
      ["3:17: `client_secret_file` needs `tenant` and `client_id`"]
    ),
    (
      "azure_blob: {\(azure)sas_env: S, tenant: t}", ["3:76: `tenant` needs `client_secret_file`"]
    ),
    (
      "azure_blob: {\(azure)sas_env: S, client_id: t}",
      ["3:79: `client_id` needs `client_secret_file` or `managed_identity`"]
    ),
    ("azure_blob: {container: c, match: '*', sas_env: S}", ["3:17: missing key `account`"]),
    ("azure_blob: {account: a, match: '*', sas_env: S}", ["3:17: missing key `container`"]),
    (
      "azure_blob: {\(azure)sas_env: S, authority: x}",
      ["3:79: must begin with http:// or https://, found \"x\""]
    ),
    (
      "gcs: {bucket: b, match: '*'}",
      ["3:10: missing key `service_account_file` (or `credentials: metadata`)"]
    ),
    (
      "gcs: {bucket: b, match: '*', credentials: metadata, service_account_file: sa.json}",
      ["3:47: only one of `service_account_file`, `credentials` may be given"]
    ),
    (
      "gcs: {bucket: b, match: '*', credentials: me}",
      ["3:47: unknown value `me`; expected one of `metadata`, `anonymous`"]
    ),
    ("gcs: {bucket: b, match: '*', credentials: metadata, user_project: ''}", ["3:71: must not be empty"]),
    (
      "sftp: {\(sftp)key_file: key}", ["3:11: missing key `known_hosts_file`"]
    ),
    (
      "sftp: {\(sftp)key_file: 'pct%', known_hosts_file: known_hosts}",
      ["3:62: must not hold a quote or a percent sign"]
    ),
    (
      "sftp: {host: '-oProxyCommand=x', user: u, path: /p, match: '*', key_file: key, known_hosts_file: known_hosts}",
      ["3:18: must be letters, digits, dots and dashes, found \"-oProxyCommand=x\""]
    ),
    (
      "sftp: {\(sftp)key_file: key, known_hosts_file: known_hosts, port: 0}",
      ["3:104: must be between 1 and 65535, found 0"]
    ),
    (
      "sftp: {\(sftp)key_file: key, known_hosts_file: known_hosts, ssh_program: no}",
      ["3:111: the program \"no\" cannot be read: No such file or directory"]
    ),
    (
      "sftp: {\(sftp)key_file: key, known_hosts_file: known_hosts, members: {required: a}}",
      ["3:107: files of a directory do not come in the order of their names"]
    ),
    (
      "s3: {bucket: b, match: '*'}, gcs: {bucket: b, match: '*', credentials: metadata}",
      [
        "3:39: only one of " + BackupKinds.table.map { "`\($0.key)`" }.joined(separator: ", ")
          + " may be given"
      ]
    ),
    (
      "s3: {bucket: b, match: '*'}, verify: {gzip: true, archive: zip}",
      ["3:64: `gzip: true` reads all of it already: only one of the two may be given"]
    ),
    (
      "s3: {bucket: b, match: '*'}, verify: {archive: rar}",
      ["3:52: unknown value `rar`; did you mean `tar`?"]
    ),
  ]

  @Test func foldersHaveMembersAndMarkersToo() throws {
    let (found, problems) = backups(
      job("directory: {path: p, match: '*', restore_marker: tested, members: {required: [json]}}"))
    #expect(problems == [])
    let folderJob = try #require(found.first as? DirectoryBackupSettings)
    #expect(folderJob.restoreMarker == folder.file("p/tested") && folderJob.members?.separator == ".")
    let (_, faults) = backups(
      job("directory: {path: p, match: '*', members: {required: [json], separator: /}}"))
    #expect(faults == ["3:77: subdirectories are not searched: what separates must stand in the name"])
  }

  // MARK: - Links

  private static func link(_ source: String, _ targets: String, _ more: String = "") -> String {
    "replication:\n- {link: l, engine: object_store, rpo: 15m\(more),\n    source: \(source),\n    targets: \(targets)}\n"
  }

  @Test func aLinkOfStoresIsRead() throws {
    let (found, problems) = links(
      Self.link(
        "{region: r, s3: {bucket: a, prefix: x/}}",
        "[{region: s, gcs: {bucket: b, credentials: metadata}}]", ", objects_limit: 7"))
    #expect(problems == [])
    let link = try #require(found.first as? ObjectStoreLinkSettings)
    #expect(link.source.prefix == "x/" && link.targets.map(\.place.kind) == ["gcs"])
    #expect(link.basics.interval == .seconds(60) && link.basics.timeout == .seconds(30))
    #expect(link.basics.rpo == .seconds(900) && link.objectsLimit == 7)
    let (fast, _) = links(
      Self.link(
        "{region: r, s3: {bucket: a}}", "[{region: s, s3: {bucket: b}}]", ", interval: 5s, timeout: 4s"))
    #expect(fast.first?.basics.interval == .seconds(5) && fast.first?.basics.timeout == .seconds(4))
  }

  @Test(arguments: [
    ("{region: r}", "[{region: s, s3: {bucket: b}}]", "3:13: missing key `s3` (or `azure_blob`, `gcs`)"),
    (
      "{region: r, sftp: {host: h}}", "[{region: s, s3: {bucket: b}}]",
      "3:13: missing key `s3` (or `azure_blob`, `gcs`)"
    ),
    ("{region: r, s3: {bucket: a}}", "[]", "2:3: targets: needs at least one"),
    (
      "{region: r, s3: {bucket: a}}", "[{region: r, s3: {bucket: b}}]",
      "2:3: targets: the region r occurs twice in the link"
    ),
    ("{region: r, s3: {}}", "[{region: s, s3: {bucket: b}}]", "3:29: missing key `bucket`"),
    ("{region: x, s3: {bucket: a}}", "[{region: s, s3: {bucket: b}}]", "3:22: unknown region \"x\""),
  ])
  func faultsOfLinks(source: String, targets: String, expected: String) {
    let (_, problems) = links(Self.link(source, targets))
    #expect(problems.first?.hasPrefix(expected) == true, "\(problems)")
  }

  @Test(arguments: [
    ("s3: {bucket: a}", "s3: {bucket: a, aws_region: eu-west-1}", true),
    ("s3: {bucket: a}", "s3: {bucket: a, endpoint: 'https://s3.eu-west-1.amazonaws.com'}", true),
    ("s3: {bucket: a, prefix: x/}", "s3: {bucket: a, prefix: y/}", false),
    ("s3: {bucket: a}", "s3: {bucket: b}", false),
    (
      "s3: {bucket: a, endpoint: 'http://localhost:9000'}",
      "s3: {bucket: a, endpoint: 'http://127.0.0.1:9000'}",
      true
    ),
    ("s3: {bucket: a, endpoint: 'https://M:443'}", "s3: {bucket: a, endpoint: 'https://m'}", true),
    ("s3: {bucket: a, endpoint: 'http://m:9000'}", "s3: {bucket: a, endpoint: 'http://n:9000'}", false),
    ("gcs: {bucket: a, credentials: metadata}", "gcs: {bucket: a, credentials: anonymous}", true),
    ("s3: {bucket: a}", "gcs: {bucket: a, credentials: metadata}", false),
    (
      "azure_blob: {account: a, container: c, sas_env: S}",
      "azure_blob: {account: a, container: c, managed_identity: true}", true
    ),
    (
      "azure_blob: {account: a, container: c, sas_env: S}",
      "azure_blob: {account: b, container: c, sas_env: S}", false
    ),
  ])
  func aBucketIsNoCopyOfItself(source: String, target: String, isSame: Bool) {
    let (_, problems) = links(Self.link("{region: r, \(source)}", "[{region: s, \(target)}]"))
    let expected =
      "4:15: the same bucket and prefix as the source's: compared with itself it never misses anything"
    #expect(problems == (isSame ? [expected] : []))
  }

  @Test func twoCopiesAreTwoBuckets() {
    let (_, problems) = links(
      Self.link(
        "{region: r, s3: {bucket: a}}", "[{region: s, s3: {bucket: b}}, {region: t, s3: {bucket: b}}]"
      )
      .replacingOccurrences(of: "region: t", with: "region: \"s\""))
    #expect(
      problems.first
        == "4:45: the same bucket and prefix as that of s: compared with itself it never misses anything")
  }
}
