// swift-tools-version: 6.2
import PackageDescription

/// Every target is compiled the same way. `FARWATCH_STRICT` (set by the Makefile for tests and CI)
/// turns warnings into errors; a plain build does not, so that a newer compiler's new warning never
/// stops a user from building.
let settings: [SwiftSetting] =
  [
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
  ] + (Context.environment["FARWATCH_STRICT"] == nil ? [] : [.treatAllWarnings(as: .error)])

/// A Swift target of the house. The dependency lists below are the only imports allowed;
/// `ArchitectureTests` holds the sources against them.
func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(of name: String, _ more: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: "\(name)Tests",
    dependencies: [.init(stringLiteral: name), "FarwatchTesting"] + (name == "Model" ? [] : ["Model"]) + more,
    swiftSettings: settings)
}

func library(_ name: String, pkgConfig: String, apt: String) -> Target {
  .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}

let package = Package(
  name: "farwatch",
  products: [
    .executable(name: "farwatch", targets: ["farwatch"]),
    .executable(name: "farwatch-bench", targets: ["FarwatchBench"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
    .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // Foreign libraries: module maps and typed shims, nothing that decides.
    library("CMicroHTTPD", pkgConfig: "libmicrohttpd", apt: "libmicrohttpd-dev"),
    library("CGnuTLS", pkgConfig: "gnutls", apt: "libgnutls28-dev"),
    library("CCrypt", pkgConfig: "libcrypt", apt: "libcrypt-dev"),
    library("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
    library("CPostgres", pkgConfig: "libpq", apt: "libpq-dev"),
    library("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
    .target(name: "CRE2", linkerSettings: [.linkedLibrary("re2")]),
    library("COpenSSL", pkgConfig: "openssl", apt: "libssl-dev"),
    library("CMariaDB", pkgConfig: "libmariadb", apt: "libmariadb-dev"),
    .target(name: "CMariaDBHandshake", dependencies: ["CMariaDB"]),
    library("CRDKafka", pkgConfig: "rdkafka", apt: "librdkafka-dev"),
    // Kafka brokers for tests, as librdkafka brings them.
    .target(name: "CKafkaMock", linkerSettings: [.linkedLibrary("rdkafka")]),
    library("CCares", pkgConfig: "libcares", apt: "libc-ares-dev"),
    library("CExpat", pkgConfig: "expat", apt: "libexpat1-dev"),
    library("CSnappy", pkgConfig: "snappy", apt: "libsnappy-dev"),
    library("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),

    // What every stage speaks.
    room("Model"),

    room("RowCoding"),

    // Owners of a foreign library, one each.
    room("Threading"),
    // Who goes next where only so many may.
    room("Turns", ["Model"]),
    room("DurableIO", ["Model"]),
    room("RegularExpressions", ["CRE2", "Model"]),
    room("StrictYAML", ["Model", .product(name: "Yams", package: "Yams")]),
    room("HTTPServer", ["CGnuTLS", "CMicroHTTPD", "Threading"]),
    room("HTTPClient", ["CCurl", "Model", "Threading"]),
    // Who may do what on the listener: logins, tokens, roles, limits, the web configuration file.
    room(
      "AccessControl",
      [
        "CCrypt", "HTTPServer", "Secrets", "StrictYAML", "Threading",
        .product(name: "Crypto", package: "swift-crypto"),
      ]),
    room("PostgresClient", ["CPostgres", "Model", "Secrets", "Threading", "Turns"]),
    room("Decompression", ["CZlib"]),
    room("Zstandard", ["CZstd"]),
    .target(name: "CProcessStart"),
    room("Programs", ["CProcessStart", "Model", "Secrets", "Threading"]),
    // Passwords and keys, where they stand.
    room("Secrets"),
    room("StateDatabase", ["Model", .product(name: "GRDB", package: "GRDB.swift")]),

    // The stages, in the order data flows through them.
    // Signed requests to clouds: Amazon's, Microsoft's and Google's.
    room(
      "CloudAccess",
      [
        "Model", "HTTPClient", "Secrets", "XMLDocuments", .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "CryptoExtras", package: "swift-crypto"),
      ]),
    // What collectors have in common; then the collectors, by what they look at.
    room(
      "Collecting",
      [
        "Model", "HTTPClient", "PostgresClient", "Programs", "PingClient", "StreamClient", "MySQLClient",
        "RedisClient", "DNSClient", "ObjectStores",
      ]),
    room(
      "Probing",
      [
        "Model", "Collecting", "Threading", "HTTPClient", "RegularExpressions", "PingClient", "StreamClient",
        "TLSTransport", "PostgresClient", "MySQLClient", "KafkaClient", "RedisClient", "DNSClient", "Secrets",
      ]),
    // Pages of metrics that other programs make, served or printed.
    room(
      "Scraping",
      [
        "Model", "Collecting", "Exposition", "HTTPClient", "Programs", "RegularExpressions", "Secrets",
        .product(name: "Crypto", package: "swift-crypto"),
      ]),
    // Jobs that say themselves that they ran.
    room("CheckIns", ["Model", "Collecting", "RowCoding"]),
    room(
      "Replication",
      ["Model", "Collecting", "PostgresClient", "MySQLClient", "KafkaClient", "RedisClient", "ObjectStores"]),
    room(
      "Backups",
      [
        "Model", "Collecting", "CheckIns", "Threading", "Decompression", "CloudAccess", "XMLDocuments",
        "ObjectStores", "Programs",
      ]),
    .systemLibrary(name: "CEpoll"),
    .systemLibrary(name: "CMalloc"),
    room("ProcessMemory", ["CMalloc"]),
    room("TLSTransport", ["COpenSSL", "Model"]),
    room("StreamClient", ["CEpoll", "Model", "Threading", "TLSTransport"]),
    room("PingClient", ["Model", "Threading"]),
    room("MySQLClient", ["CMariaDB", "CMariaDBHandshake", "Model", "Secrets", "Threading", "Turns"]),
    room("RedisClient", ["HTTPClient", "Model", "Secrets", "Threading", "TLSTransport", "Turns"]),
    room("KafkaClient", ["CRDKafka", "Model", "Secrets", "Threading", "TLSTransport"]),
    room("DNSClient", ["CCares", "Model", "Threading"]),
    room("XMLDocuments", ["CExpat"]),
    // What clouds measure of their own services.
    room("CloudMetrics", ["Model", "Collecting", "HTTPClient", "CloudAccess", "XMLDocuments"]),
    // Where objects lie: one face for S3, Azure Blob Storage, Google Cloud Storage and SFTP.
    room("ObjectStores", ["Model", "CloudAccess", "HTTPClient", "Programs", "Secrets", "XMLDocuments"]),
    room("SnappyBlocks", ["CSnappy"]),
    // Samples that other programs send.
    room("RemoteWrite", ["Model", "HTTPServer", "NativeHistograms", "SnappyBlocks"]),
    // Checks of targets that a request names.
    room(
      "TargetProbing",
      ["Model", "Collecting", "Exposition", "HTTPClient", "HTTPServer", "Threading", "Turns"]),
    room("NativeHistograms", ["Model"]),
    room("SampleStore", ["Model", "NativeHistograms", "DurableIO", "Threading", "Decompression"]),
    room("Exposition", ["Model", "Decompression", "Zstandard"]),
    // What Grafana shows: written down once, and made into its files.
    room("Dashboards", ["Model"]),
    room("PromQL", ["Model", "NativeHistograms", "RegularExpressions", "Threading"]),
    // What Prometheus' clients ask: queries, series, rules, targets.
    room(
      "PrometheusAPI", ["Model", "Alerting", "HTTPServer", "NativeHistograms", "PromQL", "Threading"]),
    room("Templating", ["Model", "RegularExpressions"]),
    room("Alerting", ["Model", "PromQL", "RowCoding", "Templating", "StrictYAML"]),
    room("CloudWatchAlarms", ["Model", "PromQL", "RowCoding", "StrictYAML"]),
    // Scripts of queries and unit tests of rules: what is written is run on series made up for the purpose.
    room(
      "RuleTesting",
      ["Model", "NativeHistograms", "PromQL", "RegularExpressions", "StrictYAML", "Templating", "Alerting"]),
    // Who is told what, and when: routes, groups, silences, inhibition, acknowledgement.
    room("Paging", ["Model", "RegularExpressions", "RowCoding"]),
    // What happened, in an order that nobody can change unseen.
    room("Journal", ["Model", .product(name: "Crypto", package: "swift-crypto")]),
    room("AlertmanagerAPI", ["Model", "Paging", "RegularExpressions"]),
    room(
      "Notifying",
      [
        "Model", "CloudAccess", "HTTPClient", "Programs", "RowCoding", "Templating",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "CryptoExtras", package: "swift-crypto"),
        .product(name: "X509", package: "swift-certificates"),
        .product(name: "SwiftASN1", package: "swift-asn1"),
      ]),
    room("ConfigurationTypes", ["Model", "StrictYAML", "HTTPClient"]),
    room(
      "CollectorConfiguration",
      [
        "Model", "StrictYAML", "ConfigurationTypes", "RegularExpressions", "HTTPClient", "PostgresClient",
        "CheckIns", "Collecting", "Probing", "Replication", "Backups", "Scraping", "StreamClient",
        "TLSTransport", "MySQLClient", "KafkaClient", "RedisClient", "DNSClient", "CloudAccess",
        "CloudMetrics", "ObjectStores", "TargetProbing", "RemoteWrite", "Secrets",
      ]),
    room(
      "Configuration",
      [
        "AccessControl", "Model", "StrictYAML", "ConfigurationTypes", "CollectorConfiguration", "RemoteWrite",
        "TargetProbing", "Secrets",
        "Collecting", "Alerting", "PromQL",
        "Paging",
        "Notifying", "CloudAccess", "CloudWatchAlarms", "RegularExpressions", "HTTPClient", "Templating",
        "Journal",
        "Programs",
      ]),

    // What a browser is shown: a snapshot of everything in, bytes out.
    room("StatusPage", ["Model"]),
    // What the command line shows: text for terminals, the status in one, the manual.
    room("Terminal", ["Threading"]),
    room("StatusView", ["Model", "Terminal"]),
    room("ManualPage"),

    // What is served, described once for people and programs.
    room("APIDescription", ["AccessControl", "Model"]),

    // Where the stages are joined into one daemon.
    room(
      "FarwatchApp",
      [
        "APIDescription", "AccessControl", "Model", "DurableIO", "RegularExpressions", "Secrets",
        "StrictYAML",
        "HTTPServer",
        "HTTPClient",
        "StateDatabase", "CheckIns", "CollectorConfiguration", "Collecting", "RemoteWrite", "TargetProbing",
        "SampleStore", "Exposition", "PromQL", "PrometheusAPI", "Templating",
        "Alerting",
        "Paging", "Journal", "AlertmanagerAPI", "Notifying", "CloudWatchAlarms", "RowCoding", "RuleTesting",
        "Programs", "Configuration", "ProcessMemory", "StatusPage", "StatusView", "Terminal", "Threading",
        .product(name: "Logging", package: "swift-log"),
      ]),
    .executableTarget(
      name: "farwatch",
      dependencies: [
        "Dashboards", "FarwatchApp", "ManualPage", "Model", "Terminal",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),
    room("FarwatchTesting", ["Model", "CKafkaMock"]),
    // Measures the daemon beside the programs that it replaces; never part of it.
    .executableTarget(
      name: "FarwatchBench",
      dependencies: [
        "FarwatchTesting", "Exposition", "HTTPServer", "Model", "Alerting", "PromQL", "PrometheusAPI",
        "SampleStore",
        "StrictYAML",
      ], swiftSettings: settings
    ),

    // The same queries on the same samples, asked of a real Prometheus.
    .testTarget(
      name: "PrometheusAgreementTests",
      dependencies: [
        "Alerting", "FarwatchTesting", "HTTPClient", "HTTPServer", "Model", "PromQL", "PrometheusAPI",
        "SampleStore",
      ],
      swiftSettings: settings),
    tests(of: "Model"),
    tests(of: "Threading"),
    tests(of: "Turns"),
    tests(of: "ProcessMemory"),
    tests(of: "DurableIO"),
    tests(of: "RegularExpressions"),
    tests(of: "StrictYAML"),
    tests(of: "HTTPServer", ["HTTPClient"]),
    tests(of: "AccessControl", ["HTTPServer", "Secrets", "StrictYAML"]),
    tests(of: "APIDescription", ["AccessControl"]),
    tests(of: "HTTPClient"),
    tests(of: "PostgresClient"),
    tests(of: "Decompression"),
    tests(of: "Secrets"),
    tests(of: "StateDatabase"),
    tests(of: "CloudAccess", ["HTTPClient"]),
    tests(of: "Collecting", ["HTTPClient"]),
    tests(
      of: "Probing",
      [
        "Collecting", "HTTPClient", "RegularExpressions", "PingClient", "StreamClient", "TLSTransport",
        "PostgresClient", "MySQLClient", "KafkaClient", "RedisClient", "DNSClient", "Secrets",
      ]),
    tests(of: "Scraping", ["Collecting", "Exposition", "HTTPClient", "Programs", "RegularExpressions"]),
    tests(of: "CheckIns", ["Collecting", "RowCoding"]),
    tests(
      of: "Replication",
      [
        "Collecting", "PostgresClient", "MySQLClient", "HTTPClient", "KafkaClient", "RedisClient",
        "CloudAccess", "ObjectStores", "Secrets",
      ]),
    tests(
      of: "Backups",
      ["CheckIns", "Collecting", "Decompression", "CloudAccess", "HTTPClient", "ObjectStores", "Secrets"]),
    tests(of: "StreamClient", ["TLSTransport"]),
    tests(of: "PingClient"),
    tests(
      of: "CollectorConfiguration",
      [
        "StrictYAML", "ConfigurationTypes", "CheckIns", "Collecting", "Probing", "Replication", "Backups",
        "StreamClient",
        "TLSTransport", "HTTPClient", "PostgresClient", "MySQLClient", "RedisClient", "DNSClient",
        "CloudAccess", "CloudMetrics", "ObjectStores", "TargetProbing", "RemoteWrite", "Secrets",
      ]),
    tests(of: "MySQLClient", ["Secrets", "Turns"]),
    tests(of: "RedisClient", ["HTTPClient", "Secrets", "TLSTransport", "Turns"]),
    tests(of: "KafkaClient", ["Secrets", "TLSTransport"]),
    tests(of: "DNSClient"),
    tests(of: "XMLDocuments"),
    tests(of: "CloudMetrics", ["CloudAccess", "Collecting", "HTTPClient", "Secrets"]),
    tests(of: "ObjectStores", ["CloudAccess", "HTTPClient", "Secrets"]),
    tests(of: "SnappyBlocks"),
    tests(
      of: "RemoteWrite", ["HTTPClient", "HTTPServer", "NativeHistograms", "SampleStore", "SnappyBlocks"]),
    tests(
      of: "TargetProbing",
      ["Collecting", "DNSClient", "Exposition", "HTTPClient", "HTTPServer", "Probing", "TLSTransport"]),
    tests(of: "NativeHistograms"),
    tests(of: "SampleStore", ["DurableIO", "NativeHistograms"]),
    tests(of: "Exposition", ["HTTPServer"]),
    tests(of: "Zstandard"),
    tests(of: "Dashboards", ["PromQL"]),
    tests(of: "PromQL", ["NativeHistograms", "RegularExpressions", "Threading"]),
    tests(
      of: "PrometheusAPI",
      ["Alerting", "HTTPServer", "PromQL", "SampleStore", "Threading"]),
    tests(of: "Templating"),
    tests(of: "Alerting", ["PromQL", "Templating", "StrictYAML"]),
    tests(of: "CloudWatchAlarms", ["PromQL", "StrictYAML"]),
    tests(
      of: "RuleTesting",
      ["NativeHistograms", "PromQL", "RegularExpressions", "StrictYAML", "Templating", "Alerting"]),
    tests(of: "StatusPage", ["HTTPServer"]),
    tests(of: "Programs", ["Secrets", "Threading"]),
    tests(of: "Paging", ["RegularExpressions"]),
    tests(of: "Journal", [.product(name: "Crypto", package: "swift-crypto")]),
    tests(of: "AlertmanagerAPI", ["Paging", "RegularExpressions"]),
    tests(
      of: "Notifying",
      [
        "CloudAccess", "HTTPClient", "RegularExpressions", "Programs", "RowCoding", "Templating",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "CryptoExtras", package: "swift-crypto"),
        .product(name: "X509", package: "swift-certificates"),
      ]),
    tests(
      of: "Configuration",
      [
        "AccessControl", "CloudAccess", "CloudWatchAlarms", "Secrets", "StrictYAML", "ConfigurationTypes",
        "CollectorConfiguration",
        "Collecting", "Probing", "Replication", "Backups",
        "Notifying",
        "HTTPClient", "Journal", "Paging", "PostgresClient",
      ]),
    tests(of: "Terminal"),
    tests(of: "StatusView", ["Terminal"]),
    tests(of: "ManualPage"),
    tests(
      of: "FarwatchApp",
      [
        "APIDescription", "AccessControl", "Alerting", "AlertmanagerAPI", "CloudWatchAlarms", "Configuration",
        "Exposition",
        "HTTPClient",
        "HTTPServer", "Journal", "Notifying", "Paging", "PrometheusAPI",
        "Backups", "CheckIns", "CollectorConfiguration", "Collecting", "Probing", "Replication",
        "SampleStore",
        "StateDatabase", "StatusPage", "StrictYAML", "Terminal",
        .product(name: "Logging", package: "swift-log"),
      ]),
    .testTarget(name: "ArchitectureTests", dependencies: ["FarwatchTesting"], swiftSettings: settings),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "Dashboards", "FarwatchTesting", "HTTPClient", "HTTPServer", "Model", "Notifying", "SampleStore",
        "farwatch",
      ],
      swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)
