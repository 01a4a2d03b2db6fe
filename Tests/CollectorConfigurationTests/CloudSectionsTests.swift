import CloudAccess
import CloudMetrics
import Collecting
import CollectorConfiguration
import ConfigurationTypes
import FarwatchTesting
import Model
import StrictYAML
import Secrets
import Testing

/// The sections of Google's and Azure's services: `google_monitoring`, `azure_monitor`, links that they measure.
@Suite struct CloudSectionsTests {
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
  private func link(_ engine: String, _ keys: String) -> (
    settings: (any ReplicationLinkSettings)?, said: [String]
  ) {
    let problems = Problems(file: "f")
    let body = keys.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n")
    let text = "replication:\n- link: l\n  engine: \(engine)\n  rpo: 5m\n\(body)\n"
    let all = YAML.read(text, as: .mapping { ReplicationSection.read($0, scope) }, problems)
    return (all.first, said(problems))
  }

  private static let server =
    "/subscriptions/1/resourceGroups/shop/providers/Microsoft.DBforPostgreSQL/flexibleServers/eu"

  @Test func googleWithAllItsKeys() throws {
    let (read, said) = collector(
      "google_monitoring",
      """
      projects: [shop-prod, "example.com:bank"]
      service_account_file: /etc/hostname
      endpoint: https://monitoring.example
      ca_file: /etc/hostname
      period: 2m
      staleness: 20m
      max_series: 10
      presets: [spanner, {preset: cloud_sql, filter: resource.labels.region = "europe-west1"}]
      metrics:
      - {type: pubsub.googleapis.com/topic/x, resource_type: pubsub_topic, labels: [topic_id], filter: a = "b",
        aligner: ALIGN_SUM, reducer: REDUCE_SUM, group_by: [resource.labels.topic_id], period: 5m, delay: 3m}
      """)
    #expect(said == [])
    let settings = try #require(read as? GoogleMonitoringSettings)
    #expect(settings.projects == ["shop-prod", "example.com:bank"] && settings.maximumSeries == 10)
    #expect(settings.access.identity == .serviceAccount(.file("/etc/hostname")))
    #expect(
      settings.access.endpoint == "https://monitoring.example" && settings.access.caFile == "/etc/hostname")
    #expect(settings.staleness == .seconds(1200))
    let lag = try #require(settings.metrics.first { $0.type.hasSuffix("replica_lag") })
    #expect(lag.filter == "resource.labels.region = \"europe-west1\"" && lag.period == .seconds(120))
    let own = try #require(settings.metrics.last)
    #expect(own.aligner == "ALIGN_SUM" && own.reducer == "REDUCE_SUM" && own.labels == ["topic_id"])
    #expect(own.groupBy == ["resource.labels.topic_id"] && own.resourceType == "pubsub_topic")
    #expect(own.period == .seconds(300) && own.delay == .seconds(180) && own.filter == "a = \"b\"")
    #expect(!own.isOptional && lag.isOptional)
    let (plain, none) = collector(
      "google_monitoring", "projects: p\ncredentials: metadata\nperiod: 10m\npresets: memorystore")
    let least = try #require(plain as? GoogleMonitoringSettings)
    #expect(none == [] && least.access == GoogleAccess(.metadata) && least.maximumSeries == 2000)
    #expect(least.staleness == .seconds(600))
    let (variable, _) = collector(
      "google_monitoring", "projects: p\nservice_account_env: X\npresets: alloydb")
    #expect((variable as? GoogleMonitoringSettings)?.access.identity == .serviceAccount(.environment("X")))
  }

  private static let google = "projects: p\ncredentials: metadata\n"

  private static let faultsOfGoogle: [(String, String)] = [
    ("credentials: metadata\npresets: spanner", "4:5: missing key `projects`"),
    ("projects: []\ncredentials: metadata\npresets: spanner", "4:15: needs at least one project"),
    (
      "projects: P/x\ncredentials: metadata\npresets: spanner",
      "4:15: must be the identifier of a project, such as shop-prod, found \"P/x\""
    ),
    (
      "projects: [p, q, p]\ncredentials: metadata\npresets: spanner",
      "4:15: names the project p twice"
    ),
    ("projects: p\npresets: spanner", "4:5: missing key `service_account_file` (or `credentials: metadata`)"),
    (
      "\(google)service_account_file: /etc/hostname\npresets: spanner",
      "5:18: only one of `service_account_file`, `credentials` may be given"
    ),
    (
      "projects: p\nservice_account: x\npresets: spanner",
      "5:22: a secret does not belong in this file: name a file with `service_account_file`"
    ),
    (
      "projects: p\ncredentials: vault\npresets: spanner",
      "5:18: unknown value `vault`; expected `metadata`"
    ),
    (google, "4:5: needs `presets` or `metrics`"),
    ("\(google)presets: spaner", "6:14: unknown value `spaner`; did you mean `spanner`?"),
    ("\(google)presets: [{preset: spanner}]", "6:15: missing key `filter`"),
    ("\(google)presets: spanner\nperiod: 90s", "7:13: must be whole minutes"),
    ("\(google)presets: spanner\nstaleness: 1s", "7:16: must be between 1m and 2w, found 1s"),
    ("\(google)presets: spanner\nmax_series: 0", "7:17: must be between 1 and 100000, found 0"),
    (
      "\(google)presets: spanner\nendpoint: https://x/",
      "7:15: must be scheme, host and port, without a slash at the end, found \"https://x/\""
    ),
    (
      "\(google)presets: spanner\nca_file: /nowhere",
      "7:14: the CA file \"/nowhere\" cannot be read: No such file or directory"
    ),
    ("\(google)metrics: [{labels: []}]", "6:15: missing key `type`"),
    ("\(google)metrics: [{type: a/b}]", "6:15: missing key `labels`"),
    ("\(google)metrics: [{type: 'a\"b', labels: []}]", "6:22: must not hold a quote or a backslash"),
    (
      "\(google)metrics: [{type: a, labels: [], aligner: mean}]",
      "6:46: must be one of Cloud Monitoring's words ALIGN_…, found \"mean\""
    ),
    (
      "\(google)metrics: [{type: a, labels: [], reducer: REDUCE_SUM}]", "6:46: `reducer` needs `aligner`"
    ),
    (
      "\(google)metrics: [{type: a, labels: [], aligner: ALIGN_SUM, group_by: x}]",
      "6:67: `group_by` needs `reducer`"
    ),
    (
      "\(google)metrics:\n- {type: a, labels: []}\n- {type: a, labels: [x]}",
      "8:7: metric \"a\" is declared a second time; first in line 7"
    ),
    ("\(google)presets: spanner\nproject: x", "7:5: unknown key `project`; did you mean `projects`?"),
  ]

  @Test(arguments: Self.faultsOfGoogle)
  func googleFaults(keys: String, message: String) {
    let said = collector("google_monitoring", keys).said
    #expect(said.contains(message), "\(said)")
  }

  @Test func azureWithAllItsKeys() throws {
    let (read, said) = collector(
      "azure_monitor",
      """
      tenant: ten
      client_id: watcher
      client_secret_file: /etc/hostname
      endpoint: https://management.chinacloudapi.cn
      authority: https://login.chinacloudapi.cn
      ca_file: /etc/hostname
      period: 5m
      staleness: 20m
      max_series: 10
      presets: [{preset: postgres_flexible, resources: [\(Self.server)]}]
      metrics:
      - {resources: \(Self.server), names: [a, b], aggregation: Total, dimensions: {A: "*", B: c}, namespace: N,
        period: 1h, delay: 3m}
      """)
    #expect(said == [])
    let settings = try #require(read as? AzureMonitorSettings)
    #expect(
      settings.access.identity
        == .application(tenant: "ten", client: "watcher", secret: .file("/etc/hostname")))
    #expect(settings.access.endpoint == "https://management.chinacloudapi.cn")
    #expect(settings.access.authority == "https://login.chinacloudapi.cn")
    #expect(settings.access.caFile == "/etc/hostname")
    #expect(settings.staleness == .seconds(1200) && settings.maximumSeries == 10)
    #expect(settings.wishes.map { $0.resources.map(\.name) } == [["eu"], ["eu"]])
    #expect(settings.wishes[0].metrics.map(\.period) == [.seconds(300), .seconds(300)])
    let own = try #require(settings.wishes[1].metrics.first)
    #expect(own.names == ["a", "b"] && own.aggregation == .total && own.namespace == "N")
    #expect(own.dimensions == [.init("A"), .init("B", ["c"])])
    #expect(own.period == .seconds(3600) && own.delay == .seconds(180))
    let (plain, none) = collector(
      "azure_monitor",
      "managed_identity: true\nclient_id: c\nmetrics: [{resources: \(Self.server), names: a, aggregation: Average}]"
    )
    let least = try #require(plain as? AzureMonitorSettings)
    #expect(none == [] && least.access == AzureAccess(.managed(client: "c")) && least.maximumSeries == 500)
    #expect(least.wishes[0].metrics[0].period == .seconds(60))
  }

  private static let azure = "managed_identity: true\n"
  private static let preset = "presets: [{preset: postgres_flexible, resources: \(server)}]\n"

  private static let faultsOfAzure: [(String, String)] = [
    (preset, "4:5: missing key `client_secret_file` (or `managed_identity: true`)"),
    (azure, "4:5: needs `presets` or `metrics`"),
    (
      "\(azure)client_secret_file: /etc/hostname\n\(preset)",
      "4:23: only one of `client_secret_file`, `managed_identity` may be given"
    ),
    (
      "client_secret_file: /etc/hostname\n\(preset)",
      "4:5: `client_secret_file` needs `tenant` and `client_id`"
    ),
    ("\(azure)tenant: t\n\(preset)", "5:13: `tenant` needs `client_secret_file`"),
    (
      "\(azure)client_secret: x\n\(preset)",
      "5:20: a secret does not belong in this file: name a file with `client_secret_file`"
    ),
    (
      "\(azure)\(preset)authority: login",
      "6:16: must begin with http:// or https://, found \"login\""
    ),
    (
      "\(azure)\(preset)endpoint: https://x/",
      "6:15: must be scheme, host and port, without a slash at the end, found \"https://x/\""
    ),
    ("\(azure)\(preset)period: 2m", "6:13: must be 1m, 5m, 15m, 30m, 1h, 6h, 12h or 1d"),
    ("\(azure)\(preset)staleness: 1m", "6:16: must be between 2m and 2w, found 1m"),
    ("\(azure)\(preset)max_series: 0", "6:17: must be between 1 and 10000, found 0"),
    (
      "\(azure)presets: [{preset: redis, resources: \(server)}]",
      "5:42: must be a resource of type Microsoft.Cache/redis, found one of type Microsoft.DBforPostgreSQL/flexibleServers"
    ),
    (
      "\(azure)presets: [{preset: sql_geo, resources: \(server)}]",
      "5:24: Azure Monitor does not know the lag of Azure SQL's geo-replication: ask the database for sys.dm_geo_replication_link_status"
    ),
    (
      "\(azure)presets: [{preset: redis, resources: eu}]",
      "5:42: must be /subscriptions/…/resourceGroups/…/providers/…/NAME, found \"eu\""
    ),
    ("\(azure)presets: [{preset: redis, resources: []}]", "5:42: needs at least one resource"),
    (
      "\(azure)metrics: [{resources: \(server), names: 'a,b', aggregation: Average}]",
      "5:127: must not hold a comma, found \"a,b\""
    ),
    (
      "\(azure)metrics: [{resources: \(server), names: [], aggregation: Average}]",
      "5:127: must be 1 to 20 names, found 0"
    ),
    (
      "\(azure)metrics: [{resources: \(server), names: a, aggregation: average}]",
      "5:143: unknown value `average`; did you mean `Average`?"
    ),
    (
      "\(azure)\(preset)region: x",
      "6:5: unknown key `region`; expected one of `tenant`, `client_id`, `client_secret_file`, `client_secret_env`, `managed_identity`, `endpoint`, `authority`, `ca_file`, `period`, `presets`, `metrics`, `staleness`, `max_series`"
    ),
  ]

  @Test(arguments: Self.faultsOfAzure)
  func azureFaults(keys: String, message: String) {
    let said = collector("azure_monitor", keys).said
    #expect(said.contains(message), "\(said)")
  }

  @Test func linksAndTheirFaults() throws {
    let google = "source: {region: east}\ncredentials: metadata\n"
    let (read, said) = link(
      "cloud_sql",
      "\(google)targets: [{region: west, project: shop-prod, instance: orders-eu}]\nstaleness: 4m")
    #expect(said == [])
    let settings = try #require(read as? CloudSQLLinkSettings)
    #expect(settings.targets == [.init(region: "west", project: "shop-prod", instance: "orders-eu")])
    #expect(settings.basics.interval == .seconds(15) && settings.basics.timeout == .seconds(10))
    #expect(settings.staleness == .seconds(240) && settings.access == GoogleAccess(.metadata))
    #expect(settings.description.kind == "cloud_sql" && settings.basics.sourceRegion == "east")
    let azure = "source: {region: east}\nmanaged_identity: true\ninterval: 30s\n"
    let (postgres, none) = link(
      "azure_postgres", "\(azure)targets: [{region: west, resource: \(Self.server)}]")
    #expect(none == [])
    let measured = try #require(postgres as? AzureLinkSettings)
    #expect(measured.engine == .postgres && measured.targets.map(\.resource.name) == ["eu"])
    #expect(measured.basics.interval == .seconds(30) && measured.description.kind == "azure_postgres")
    let faults: [(String, String, String)] = [
      ("cloud_sql", google, "2:3: missing key `targets`"),
      ("cloud_sql", "\(google)targets: []", "7:12: needs at least one target"),
      ("cloud_sql", "\(google)targets: [{region: west, project: p}]", "7:13: missing key `instance`"),
      (
        "cloud_sql", "\(google)targets: [{region: west, project: p, instance: 'p:x'}]",
        "7:50: must be the name of an instance, without its project, found \"p:x\""
      ),
      (
        "cloud_sql", "\(google)targets: [{region: east, project: p, instance: x}]",
        "7:12: link l names the region east twice"
      ),
      (
        "cloud_sql", "\(google)targets: [{region: west, project: p, instance: x}]\nstaleness: 1m",
        "8:14: must be between 3m and 1d, found 1m"
      ),
      ("azure_postgres", "\(azure)targets: [{region: west}]", "8:13: missing key `resource`"),
      (
        "azure_mysql", "\(azure)targets: [{region: west, resource: \(Self.server)}]",
        "8:38: must be a resource of type Microsoft.DBforMySQL/flexibleServers, found one of type Microsoft.DBforPostgreSQL/flexibleServers"
      ),
    ]
    for (engine, keys, message) in faults {
      let said = link(engine, keys).said
      #expect(said.contains(message), "\(said)")
    }
  }
}
