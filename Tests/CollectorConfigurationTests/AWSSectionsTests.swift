import Backups
import CloudAccess
import CloudMetrics
import Collecting
import CollectorConfiguration
import ConfigurationTypes
import FarwatchTesting
import Model
import StrictYAML
import Testing

/// The sections of AWS' services: `cloudwatch` and `route53` of collectors, links measured by CloudWatch, RDS' backups.
@Suite struct AWSSectionsTests {
  private let scope = Scope(regions: ["east", "west"], vantage: "", paths: FilePaths(directory: "."))

  private func said(_ problems: Problems) -> [String] {
    problems.list.map { "\($0.line):\($0.column): \($0.message)" }
  }

  /// The section's own keys begin in line 4, column 5.
  private func collector(_ kind: String, _ keys: String) -> (
    settings: (any CollectorSettings)?, said: [String]
  ) {
    let problems = Problems(file: "f")
    let body = keys.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
    let text = "collect:\n- name: c\n  \(kind):\n\(body)\n"
    let all = YAML.read(text, as: .mapping { MeasurementSection.read($0, scope) }, problems)
    return (all.first, said(problems))
  }

  /// The link's own keys begin in line 5, column 3.
  private func link(_ keys: String) -> (settings: CloudWatchLinkSettings?, said: [String]) {
    let problems = Problems(file: "f")
    let body = keys.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n")
    let text = "replication:\n- link: l\n  engine: cloudwatch\n  rpo: 5s\n\(body)\n"
    let all = YAML.read(text, as: .mapping { ReplicationSection.read($0, scope) }, problems)
    return (all.first as? CloudWatchLinkSettings, said(problems))
  }

  /// The kind's own keys begin in line 6, column 5.
  private func backup(_ kind: String, _ keys: String) -> (settings: RDSBackupSettings?, said: [String]) {
    let problems = Problems(file: "f")
    let body = keys.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
    let text = "backups:\n- job: j\n  region: east\n  every: 1d\n  \(kind):\n\(body)\n"
    let all = YAML.read(text, as: .mapping { BackupSection.read($0, scope) }, problems)
    return (all.first as? RDSBackupSettings, said(problems))
  }

  @Test func cloudwatchWithAllItsKeys() throws {
    let (read, said) = collector(
      "cloudwatch",
      """
      regions: [us-east-1, eu-west-1]
      accounts:
      - {name: shop, assume_role: "arn:aws:iam::1:role/w", external_id: x, session_name: me}
      - {name: bank, shared_credentials_file: /etc/hostname, profile: p}
      endpoint: https://{service}.{region}.example/
      ca_file: /etc/hostname
      period: 5m
      staleness: 20m
      discovery_interval: 1h
      max_series: 10
      presets: [alb, {preset: rds, dimensions: {DBInstanceIdentifier: [a, b], X: y}}]
      metrics:
      - {namespace: N, name: M, statistics: [Sum, p99.9], dimensions: {A: "*", B: c}, more_dimensions: true, period: 10s,
        delay: 3m}
      """)
    #expect(said == [])
    let settings = try #require(read as? CloudWatchSettings)
    #expect(settings.regions == ["us-east-1", "eu-west-1"] && settings.maximumSeries == 10)
    #expect(settings.staleness == .seconds(1200) && settings.rediscovery == .seconds(3600))
    #expect(settings.endpoint == "https://{service}.{region}.example/" && settings.caFile == "/etc/hostname")
    #expect(settings.accounts.map(\.name) == ["shop", "bank"])
    #expect(settings.accounts[0].identity.role?.arn == "arn:aws:iam::1:role/w")
    #expect(settings.accounts[0].identity.role?.externalID == "x")
    #expect(settings.accounts[0].identity.role?.sessionName == "me")
    #expect(settings.accounts[0].identity.endpoint == settings.endpoint)
    #expect(settings.accounts[1].identity.source == .file(path: "/etc/hostname", profile: "p"))
    let rds = try #require(settings.metrics.first { $0.name == "ReplicaLag" })
    #expect(rds.dimensions == [.init("DBInstanceIdentifier", ["a", "b"])] && rds.period == .seconds(300))
    let own = try #require(settings.metrics.last)
    #expect(own.statistics == ["Sum", "p99.9"] && own.dimensions == [.init("A"), .init("B", ["c"])])
    #expect(!own.isExactSet && own.period == .seconds(10) && own.delay == .seconds(180))
    let (plain, _) = collector("cloudwatch", "regions: eu-west-1\npresets: route53")
    let least = try #require(plain as? CloudWatchSettings)
    #expect(least.accounts == [.init(identity: AWSIdentitySettings(region: "eu-west-1"))])
    #expect(least.maximumSeries == 2000 && least.staleness == nil)
    #expect(least.metrics.allSatisfy { $0.period == .seconds(60) })
    let (one, _) = collector("cloudwatch", "regions: a\npresets: rds\nendpoint: https://vpce.example")
    #expect((one as? CloudWatchSettings)?.accounts[0].identity.endpoint == nil)
    let (local, _) = collector(
      "cloudwatch", "regions: a\npresets: rds\nendpoint: http://l:4566\nsts_endpoint: http://l:4566")
    #expect((local as? CloudWatchSettings)?.accounts[0].identity.endpoint == "http://l:4566")
    let (chinese, _) = collector("cloudwatch", "regions: cn-north-1\npresets: route53")
    #expect((chinese as? CloudWatchSettings)?.places.map(\.place.region) == ["cn-northwest-1"])
  }

  @Test(arguments: [
    ("presets: rds", "4:5: missing key `regions`"),
    ("regions: []\npresets: rds", "4:14: needs at least one region"),
    (
      "regions: EU\npresets: rds",
      "4:14: a region of AWS is small letters, digits and -, such as eu-west-1, found \"EU\""
    ),
    ("regions: a", "4:5: needs `presets` or `metrics`"),
    ("regions: a\npresets: aurorra", "5:14: unknown value `aurorra`; did you mean `aurora`?"),
    ("regions: a\npresets: rds\nperiod: 90s", "6:13: must be whole minutes, or 1s, 5s, 10s or 30s"),
    ("regions: a\npresets: rds\nstaleness: 1s", "6:16: must be between 1m and 2w, found 1s"),
    ("regions: a\npresets: rds\nmax_series: 0", "6:17: must be between 1 and 100000, found 0"),
    ("regions: a\npresets: rds\ndiscovery_interval: 1s", "6:25: must be between 1m and 1d, found 1s"),
    (
      "regions: a\npresets: rds\nendpoint: ftp://x",
      "6:15: must begin with http:// or https://, found \"ftp://x\""
    ),
    (
      "regions: a\npresets: rds\nca_file: /nowhere",
      "6:14: the CA file \"/nowhere\" cannot be read: No such file or directory"
    ),
    ("regions: a\npresets: rds\naccounts: []", "6:15: needs at least one account"),
    (
      "regions: a\npresets: rds\naccounts: [{name: x}]\nassume_role: arn:aws:iam::1:role/x",
      "7:18: say it in each of the `accounts`"
    ),
    (
      "regions: a\npresets: rds\naccounts: [{name: x}, {name: x}]",
      "6:27: account \"x\" is declared a second time; first in line 6"
    ),
    ("regions: a\nmetrics: [{name: M, statistics: Sum}]", "5:15: missing key `namespace`"),
    (
      "regions: a\nmetrics: [{namespace: N, name: M, statistics: Mean}]",
      "5:51: must be Average, Sum, Minimum, Maximum, SampleCount or a percentile as p99, found \"Mean\""
    ),
    ("regions: a\nmetrics: [{namespace: N, name: M, statistics: []}]", "5:51: needs at least one statistic"),
    (
      "regions: a\npresets: rds\ncredentials: vault",
      "6:18: unknown value `vault`; expected one of `automatic`, `environment`, `container`, `instance`, `web_identity`"
    ),
    (
      "regions: a\npresets: rds\ncredentials: instance\nshared_credentials_file: /etc/hostname",
      "7:5: only one of `credentials`, `shared_credentials_file` may be given"
    ),
    ("regions: a\npresets: rds\nprofile: x", "6:14: `profile` needs `shared_credentials_file`"),
    (
      "regions: a\npresets: rds\nsecret_access_key: x",
      "6:24: a credential does not belong in this file: name a file with `shared_credentials_file`"
    ),
    (
      "regions: a\npresets: rds\nassume_role: watcher",
      "6:18: must be arn:aws:iam::ACCOUNT:role/NAME, found \"watcher\""
    ),
    ("regions: a\npresets: rds\nexternal_id: x", "6:18: `external_id` needs `assume_role`"),
    (
      "regions: a\npresets: rds\nassume_role: arn:aws:iam::1:role/x\nsession_name: x y",
      "7:19: must be 2 to 64 letters, digits or _=,.@-, found \"x y\""
    ),
    (
      "regions: a\npresets: rds\nweb_identity_role: arn:aws:iam::1:role/x",
      "6:24: `web_identity_role` needs `credentials: web_identity`"
    ),
    ("regions: a\npresets: rds\nregion: x", "6:5: unknown key `region`; did you mean `regions`?"),
  ])
  func cloudwatchFaults(keys: String, message: String) {
    let said = collector("cloudwatch", keys).said
    #expect(said.contains(message), "\(said)")
  }

  @Test func route53AndItsFaults() throws {
    let (read, said) = collector(
      "route53", "health_checks: {shop: abc-1, api: def-2}\naws_region: cn-northwest-1\ncredentials: instance"
    )
    #expect(said == [])
    let settings = try #require(read as? Route53Settings)
    #expect(settings.checks == [.init(id: "def-2", name: "api"), .init(id: "abc-1", name: "shop")])
    #expect(settings.awsRegion == "cn-northwest-1" && settings.identity.source == .instance)
    for (keys, message) in [
      ("credentials: instance", "4:5: missing key `health_checks`"),
      ("health_checks: {}", "4:20: needs at least one health check"),
      (
        "health_checks: {a: b/c}",
        "4:24: must be the identifier of a health check: letters, digits and -, found \"b/c\""
      ),
    ] {
      let said = collector("route53", keys).said
      #expect(said.contains(message), "\(said)")
    }
  }

  @Test func linksAndTheirFaults() throws {
    let (read, said) = link(
      """
      preset: aurora
      source: {region: east}
      targets: [{region: west, aws_region: eu-west-1, dimensions: {DBClusterIdentifier: orders-eu}}]
      period: 1m
      staleness: 4m
      assume_role: arn:aws:iam::1:role/x
      """)
    #expect(said == [])
    let settings = try #require(read)
    #expect(settings.preset == .aurora && settings.basics.sourceRegion == "east")
    #expect(settings.basics.targetRegions == ["west"] && settings.basics.interval == .seconds(15))
    #expect(settings.basics.timeout == .seconds(10) && settings.staleness == .seconds(240))
    #expect(settings.targets[0].dimensions == [.init("DBClusterIdentifier", "orders-eu")])
    #expect(settings.identity.role != nil && settings.identity.region == "eu-west-1")
    let target = "{region: west, aws_region: eu-west-1}"
    for (keys, message) in [
      ("source: {region: east}\ntargets: [\(target)]", "2:3: missing key `preset`"),
      ("preset: aurora\ntargets: [\(target)]", "2:3: missing key `source`"),
      ("preset: aurora\nsource: {region: east}\ntargets: []", "7:12: needs at least one target"),
      (
        "preset: aurora\nsource: {region: east}\ntargets: [{region: west}]", "7:13: missing key `aws_region`"
      ),
      (
        "preset: aurora\nsource: {region: west}\ntargets: [\(target)]",
        "7:12: link l names the region west twice"
      ),
      (
        "preset: msk\nsource: {region: east}\ntargets: [\(target)]",
        "5:11: unknown value `msk`; expected one of `aurora`, `rds`, `elasticache`, `dms`"
      ),
    ] {
      let said = link(keys).said
      #expect(said.contains(message), "\(said)")
    }
  }

  @Test func backupsAndTheirFaults() throws {
    let (read, said) = backup(
      "rds_snapshots", "aws_region: eu-west-1\ncluster: shop\ntype: manual\nrequire_encryption: true")
    #expect(said == [])
    let settings = try #require(read)
    #expect(settings.measure == .snapshots(type: "manual") && settings.subject == .cluster("shop"))
    #expect(settings.requiresEncryption && settings.basics.repo == "eu-west-1")
    #expect(settings.description.kind == "rds_snapshots")
    let (window, none) = backup("rds_point_in_time", "aws_region: eu-west-1\ninstance: db\nreplicated: true")
    #expect(none == [] && window?.measure == .pointInTime(replicated: true))
    #expect(window?.description.kind == "rds_point_in_time")
    for (kind, keys, message) in [
      ("rds_snapshots", "instance: a", "6:5: missing key `aws_region`"),
      ("rds_snapshots", "aws_region: a", "6:5: missing key `instance` (or `cluster`)"),
      (
        "rds_snapshots", "aws_region: a\ninstance: a\ncluster: b",
        "8:5: only one of `instance`, `cluster` may be given"
      ),
      (
        "rds_snapshots", "aws_region: a\ninstance: a\ntype: x",
        "8:11: unknown value `x`; expected one of `automated`, `manual`, `awsbackup`"
      ),
      ("rds_snapshots", "aws_region: a\ninstance: a\nreplicated: true", "8:5: unknown key `replicated`"),
      (
        "rds_point_in_time", "aws_region: a\ncluster: a\nreplicated: true",
        "8:17: automated backups are replicated of an `instance` only"
      ),
    ] {
      let said = backup(kind, keys).said
      #expect(said.contains { $0.hasPrefix(message) }, "\(said)")
    }
  }
}
