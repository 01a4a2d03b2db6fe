import AccessControl
import CloudWatchAlarms
import FarwatchTesting
import Foundation
import HTTPClient
import Journal
import Model
import Notifying
import Paging
import PostgresClient
import Backups
import Collecting
import Probing
import Replication
import Secrets
import StrictYAML
import Testing

@testable import CollectorConfiguration
@testable import Configuration

private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

func exampleText() throws -> String {
  try String(contentsOf: root.appending(path: "examples/farwatch.yml"), encoding: .utf8)
}

func collectorsText() throws -> String {
  try String(contentsOf: root.appending(path: "examples/collectors.yml"), encoding: .utf8)
}

/// A directory with everything that the example names.
func exampleDirectory() throws -> TemporaryDirectory {
  let directory = try TemporaryDirectory("farwatch-configuration")
  for folder in ["secrets", "rules"] {
    try FileManager.default.createDirectory(
      atPath: directory.file(folder), withIntermediateDirectories: true)
  }
  try directory.write("secrets/api-token", "Bearer abc\n")
  try directory.write("secrets/pager-key", "  k3y \n")
  try directory.write("secrets/queue-token", "s3cr3t\n")
  try directory.write("secrets/ping-id", "0f9c2d3e-7a\n")
  try directory.write("secrets/prometheus-token", "pr0m\n")
  try directory.write("secrets/token", "s3cr3t\n")
  try directory.write("secrets/hook", "https://hooks.example.com/s3cr3t\n")
  try directory.write("secrets/whsec", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
  try directory.write("secrets/aws", "[default]\naws_access_key_id = A\naws_secret_access_key = s3cr3t\n")
  try directory.write("secrets/ca.pem", "-----BEGIN CERTIFICATE-----\n")
  try directory.write("secrets/taiwan.dsn", "host=localhost")
  try directory.write("secrets/heartbeat-url", " https://hc.example.com/s3cr3t \n")
  try FileManager.default.copyItem(
    at: root.appending(path: "examples/alarms.yml"), to: URL(filePath: directory.file("alarms.yml")))
  for name in ["b.yml", "a.yml", "a_test.yml"] { try directory.write("rules/\(name)", "groups: []\n") }
  return directory
}

/// The shipped example is the reference of all keys: it must say what the code does.
@Suite struct ExampleTests {
  private let directory: TemporaryDirectory
  private let settings: Settings

  init() throws {
    directory = try exampleDirectory()
    settings = try ConfigurationFile.load(try directory.write("farwatch.yml", try exampleText()))
  }

  @Test func everyKeyThatIsReadStandsInTheExample() throws {
    let text = try exampleText() + collectorsText()
    var keys: Set<String> = []
    for room in ["Configuration", "CollectorConfiguration", "ConfigurationTypes"] {
      let folder = root.appending(path: "Sources/\(room)")
      // Sections of receivers have a folder of their own.
      for file in try FileManager.default.subpathsOfDirectory(atPath: folder.path)
      where file.hasSuffix(".swift") {
        let source = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
        for match in source.matches(of: #/m\.(?:required|optional)\("(\w+)"/#) {
          keys.insert(String(match.1))
        }
      }
    }
    #expect(keys.count > 70)
    for key in keys.sorted() where text.firstMatch(of: try Regex("[\\s{]\(key):")) == nil {
      Issue.record("examples/farwatch.yml does not show `\(key)`")
    }
  }

  /// Every kind of collector stands in the file of collectors, and the file is good as it is.
  @Test func everyKindOfCollectorIsShownAndRead() throws {
    let text = try collectorsText()
    for match in text.matches(of: #/secrets/[\w.-]+/#) {
      try directory.write(String(match.output), "host=localhost\n")
    }
    let problems = Problems(file: "collectors.yml")
    let settings = ConfigurationFile.parse(text, directory: directory.path, problems)
    // Backup tools that this machine does not have.
    let told = problems.list.map(\.description).filter {
      !$0.hasSuffix("cannot be run: No such file or directory")
    }
    #expect(told == [])
    let shown = try exampleText() + text
    for kind in CheckKinds.table.map(\.key) + BackupKinds.table.map(\.key) + MeasurementKinds.table.map(\.key)
    {
      #expect(shown.contains(try Regex("[\\s{]\(kind):")), "`\(kind)` is not shown")
    }
    for engine in ReplicationEngines.table.map(\.key) {
      #expect(shown.contains("engine: \(engine)"), "`engine: \(engine)` is not shown")
    }
    #expect(settings.checks.count > 10 && settings.links.count > 8 && settings.backups.count > 5)
    #expect(settings.measurements.count > 6)
  }

  @Test func theWhole() {
    #expect(settings.vantage == "frankfurt")
    #expect(settings.listen == "127.0.0.1:9797")
    #expect(settings.stateDirectory == "/var/lib/farwatch")
    #expect(settings.externalURL == "https://farwatch.example.com/")
    #expect(settings.externalLabels == ["site": "emea"])
    #expect(
      settings.store == .init(retention: .seconds(3 * 86_400), seriesLimit: 200_000, sizeLimit: 16 << 30))
    #expect(
      settings.query == .init(concurrency: 4, waiting: 32, timeout: .seconds(30), maximumSamples: 5_000_000))
    #expect(settings.connectionsPerAddress == 64)
    #expect(
      settings.regions == [
        .init(
          name: "taiwan", role: .primary, share: 60,
          rules: RollUpRules(
            tiers: ["web": .init(minimum: .share(0.5)), "cache": .init(isNeeded: false)], zones: .count(1)),
          traffic: settings.regions[0].traffic),
        .init(name: "japan", role: .secondary, share: 40),
      ])
    let traffic = settings.regions[0].traffic
    #expect(traffic?.requests.text == #"sum(rate(http_requests_total{site="taiwan"}[1m]))"#)
    #expect(
      traffic?.errors?.text.hasSuffix(#"or 0 * sum(rate(http_requests_total{site="taiwan"}[1m]))"#) == true)
    #expect(settings.ruleFiles == [directory.file("rules/a.yml"), directory.file("rules/b.yml")])
    #expect(settings.warnings == [])
  }

  @Test func heartbeatsProofsAndJournal() {
    var outside = HeartbeatSettings(name: "outside", url: "https://hc.example.com/s3cr3t")
    outside.method = .get
    outside.interval = .seconds(30)
    outside.timeout = .seconds(5)
    outside.caFile = directory.file("secrets/ca.pem")
    outside.headers = [HTTPHeader("X-Team", "sre"), HTTPHeader("X-Api-Key", "k3y")]
    #expect(
      settings.heartbeats == [
        outside, HeartbeatSettings(name: "second", url: "https://watcher.example.com/beat"),
      ])
    #expect(settings.proofs.every == .seconds(86_400) && settings.proofs.receivers == ["pager"])
    #expect(settings.journal == JournalSettings())
  }

  @Test func accessToTheListener() {
    let access = settings.access
    #expect(access.webFile == directory.file("secrets/web.yml"))
    #expect(access.access.anonymous == Roles([.metrics]))
    #expect(access.access.users == ["grafana": Roles([.read])])
    #expect(
      access.access.tokens == [
        .init(
          name: "prometheus", secret: .file(directory.file("secrets/prometheus-token")),
          roles: Roles([.metrics, .ingest])),
        .init(name: "deploy", secret: .environment("DEPLOY_TOKEN"), roles: Roles([.operate])),
      ])
    #expect(access.access.clientLimit == AccessSettings.defaultClientLimit)
  }

  @Test func alarms() throws {
    #expect(settings.alarmFiles == [directory.file("alarms.yml")])
    let context = settings.alarmContext
    #expect(
      context.topicNames == ["CriticalAlertTopic": "pager"]
        && context.topics == ["pager", "chat", "every-kind"])
    #expect(context.mapping.regions == ["ap-northeast-1": "japan"])
    #expect(context.mapping.alarmDimensions == ["TaiwanUnhealthy": ["HealthCheckId": "api"]])
    let queue = try #require(context.mapping.entries.first)
    #expect(
      queue.metric == "QueueDepth" && queue.namespace == "Custom/Orders" && queue.statistic == "Maximum")
    #expect(queue.dimensions == ["QueueName": "queue"] && queue.comparison == .greater)
    #expect(queue.minimum == 0 && queue.maximum == 100_000)
    // The shipped example of alarms fits the shipped example of a configuration.
    let loaded = try AlarmFile.load(settings.alarmFiles, context)
    #expect(loaded.alarms.count == 6 && loaded.warnings.map(\.description) == [])
  }

  @Test func checks() throws {
    var api = HTTPCheckSettings(name: "api", url: "https://taiwan.example.com/health")
    api.region = "taiwan"
    api.vantage = "frankfurt"
    api.interval = .seconds(2)
    api.timeout = .seconds(1)
    api.failures = 3
    api.successes = 1
    api.confirm = .milliseconds(200)
    api.method = "POST"
    api.body = Array(#"{"deep": true}"#.utf8)
    api.headers = [
      .init("Accept", .text("application/json")),
      .init("Authorization", .file(directory.file("secrets/api-token"))),
    ]
    api.statuses = [200...204, 300...399, 404...404]
    api.bodyContains = ["ready"]
    api.bodyNotContains = ["maintenance", "read-only"]
    api.bodyRegex = [#""version":\s*"\d+"#]
    api.bodyNotRegex = ["panic"]
    api.json = [
      JSONCondition(path: "db.lag", expected: .number(0)),
      JSONCondition(path: "leader", expected: .bool(true)),
      JSONCondition(path: "status", expected: .string("UP")),
    ]
    api.redirects = .upTo(3)
    api.bodyLimit = 64 << 10
    api.bodyMaximum = 10_000_000
    api.verifyPeer = true
    api.caFile = directory.file("secrets/ca.pem")
    api.everyAddress = true
    api.keepAlive = false
    api.connectTimeout = .milliseconds(500)
    api.version = .http2
    api.zone = "tw-1a"
    api.tier = "web"
    api.weight = 2
    #expect(settings.checks.first as? HTTPCheckSettings == api)

    var plain = HTTPCheckSettings(name: "api", url: "https://japan.example.com/health")
    plain.region = "japan"
    plain.vantage = "frankfurt"
    plain.interval = .seconds(5)
    plain.timeout = .seconds(10)
    plain.failures = 2
    plain.successes = 2
    plain.confirm = .milliseconds(500)
    #expect(settings.checks.dropFirst().first as? HTTPCheckSettings == plain)
    let canary = try #require(settings.checks.last as? HTTPCheckSettings)
    #expect(canary.basics.isCanary && canary.basics.region.isEmpty && canary.basics.name == "resolver")
    #expect(settings.checks.filter(\.basics.isCanary).count == 1 && settings.canariesNeeded == 1)
    var pair = CalculatedCheck(
      name: "pair", region: "japan",
      members: [.init(region: "japan", name: "api"), .init(region: "taiwan", name: "api")], atLeast: 1)
    pair.zone = "jp-1a"
    pair.tier = "web"
    #expect(settings.calculated == [pair])
  }

  @Test func links() throws {
    #expect(
      settings.links.map { $0 as? PostgresLinkSettings } == [
        try PostgresLinkSettings(
          link: "orders", source: .init(region: "taiwan", dsn: .file(directory.file("secrets/taiwan.dsn"))),
          targets: [.init(region: "japan", dsn: .environment("JAPAN_DSN"))], rpo: .seconds(30),
          interval: .seconds(2), timeout: .seconds(1))
      ])
  }

  @Test func backups() throws {
    var orders = DirectoryBackupSettings(
      job: "orders-dump", region: "japan", path: "/srv/backups/orders", match: try Glob("orders-*.sql.gz"),
      every: .seconds(86_400), interval: .seconds(30))
    orders.naming.timeFormat = try BackupTimeFormat("orders-%Y%m%d-%H%M.sql.gz")
    orders.settle = .seconds(120)
    orders.timeout = .seconds(20)
    orders.repo = "vault"
    orders.objective = .seconds(26 * 3600)
    orders.minimumSize = 10_000_000
    orders.expectedCount = 7
    orders.sizeRatio = 0.5...2
    orders.verify = .init(gzip: true, trailer: .custom("x"))
    let first = try #require(settings.backups.first as? DirectoryBackupSettings)
    orders.verify.trailer = first.verify.trailer
    orders.verify.bytesPerSecond = 50_000_000
    #expect(settings.backups.first as? DirectoryBackupSettings == orders)
    #expect("\(first.verify.trailer)" == "pgDump")

    var billing = DirectoryBackupSettings(
      job: "billing-dump", region: "taiwan", path: "/srv/backups/billing", match: try Glob("*.dump"),
      every: .seconds(6 * 3600), interval: .seconds(60))
    billing.verify = .init(trailer: .custom("-- complete"))
    #expect(settings.backups.dropFirst().map { $0 as? DirectoryBackupSettings } == [billing])
  }

  @Test func topicsAndRoutes() throws {
    let notifying = settings.notifying
    #expect(notifying.topics.map(\.name) == ["pager", "chat", "every-kind"])
    let pager = try #require(notifying.topics.first)
    #expect(pager.arn == "arn:aws:sns:eu-central-1:123456789012:pager")
    #expect(pager.displayName == "Night shift")
    #expect(pager.signatureVersion == .sha1)
    let first = try #require(pager.subscriptions.first)
    let phone = try #require(first.receiver as? SNSHTTPReceiver)
    #expect(phone.transport == .https && phone.endpoint == "https://pager.example.com/sns")
    #expect(phone.raw && phone.confirmation == .skip && first.timeout == .seconds(5))
    #expect(phone.caFile == directory.file("secrets/ca.pem"))
    #expect(phone.headers.map { "\($0.name)=\($0.value)" } == ["X-Team=sre", "X-Api-Key=k3y"])
    var retry = RetryPolicy()
    retry.noDelayRetries = 2
    retry.minDelayRetries = 3
    retry.backoffRetries = 10
    retry.maxDelayRetries = 100
    retry.minDelay = .seconds(2)
    retry.maxDelay = .seconds(120)
    retry.growth = .geometric
    retry.maxAge = .seconds(86_400)
    #expect(first.retry == retry)
    #expect(first.name == "phone" && first.maximumInFlight == 2)
    #expect(first.fallback == "chat" && first.fallbackAfter == .seconds(120))
    #expect(first.deadLetterTopic == "chat")
    let policy = try #require(first.filterPolicy)
    #expect(policy.scope == .attributes)
    #expect(
      policy.accepts(.object([.init("severity", .string("page")), .init("region", .string("taiwan"))])))
    #expect(
      !policy.accepts(.object([.init("severity", .string("page")), .init("region", .string("lab-1"))])))

    let chat = try #require(notifying.topics.first { $0.name == "chat" })
    #expect(chat.arn == nil && chat.displayName == nil && chat.signatureVersion == .sha256)
    let second = try #require(chat.subscriptions.first)
    let hook = try #require(second.receiver as? SNSHTTPReceiver)
    #expect(!hook.raw && hook.confirmation == .required && second.timeout == .seconds(15))
    #expect(hook.headers.isEmpty && hook.caFile == nil && second.retry == RetryPolicy())
    #expect(second.filterPolicy == nil && second.fallback == nil && second.deadLetterTopic == nil)
    #expect(second.name == nil && second.maximumInFlight == 4 && second.fallbackAfter == .seconds(60))
  }

  @Test func whoIsToldWhatAndWhen() {
    #expect(settings.paging.routes.map(\.topic) == ["pager", "chat"])
    #expect(settings.paging.routes.map(\.continue) == [true, false])
    let both = settings.paging.routes[0].match
    #expect(
      both.map(\.description) == [
        #"severity="page""#, #"region=~"taiwan|japan""#, #"team!~"test|demo""#,
      ])
    #expect(both[1].matches("japan") && !both[1].matches("japan-2"))
    let first = settings.paging.routes[0]
    #expect(first.escalation == [EscalationStep(after: .seconds(900), topic: "chat")])
    #expect(first.grouping == nil && first.groupWait == nil)
    let second = settings.paging.routes[1]
    #expect(second.routes.map(\.topic) == ["pager"])
    #expect(second.grouping == .by(["region"]) && second.groupWait == .seconds(30))
    #expect(second.groupInterval == .seconds(300) && second.repeatInterval == .seconds(14_400))
    #expect(second.muteTimes == ["year-end"] && second.activeTimes == ["office"])
    let defaults = PagingSettings()
    #expect(settings.paging.alertsPerPage == defaults.alertsPerPage)
    #expect(settings.paging.startHold == defaults.startHold)
    #expect(settings.paging.postedAlertLimit == defaults.postedAlertLimit)
    #expect(settings.paging.resolveTimeout == defaults.resolveTimeout)
    #expect(settings.paging.silentPosterLimit == defaults.silentPosterLimit)
  }

  @Test func everyKindOfReceiver() throws {
    let every = try #require(settings.notifying.topics.first { $0.name == "every-kind" }).subscriptions
    #expect(
      every.map(\.receiver.kind) == [
        "sns", "alertmanager", "alertmanager", "webhook", "pagerduty", "opsgenie", "slack", "teams", "json",
        "email", "exec",
      ])
    #expect(every.map(\.timeout).allSatisfy { $0 == .seconds(15) || $0 == .seconds(30) })
    for one in every { #expect(!one.receiver.shownEndpoint.contains("s3cr3t")) }
  }

  @Test func whatHoldsPagesBack() throws {
    let rule = try #require(settings.paging.inhibitions.first)
    #expect(settings.paging.inhibitions.count == 2)
    #expect(rule.source.map(\.description) == [#"alertname="RegionDown""#])
    #expect(rule.target.map(\.description) == [#"severity=~"warning|page""#, #"alertname!="RegionDown""#])
    #expect(rule.equal == ["region"] && rule.wait == .seconds(10))
    let old = settings.paging.inhibitions[1]
    #expect(old.source.map(\.description) == [#"severity="critical""#, #"team=~"db|net""#])
    #expect(old.target.map(\.description) == [#"severity="info""#, #"team=~".+""#])
    #expect(old.equal == [] && old.wait == .zero)

    #expect(settings.paging.timeIntervals.keys.sorted() == ["office", "year-end"])
    let office = try #require(settings.paging.timeIntervals["office"]?.entries.first)
    #expect(
      office.times == [9 * 60..<12 * 60 + 30, 13 * 60 + 30..<24 * 60] && office.weekdays == [1...5, 6...6])
    #expect(
      office.zone.name == "Europe/Berlin"
        && office.zone.offset(at: Timestamp(year: 2026, month: 7, day: 1)) == 7200)
    let yearEnd = try #require(settings.paging.timeIntervals["year-end"]?.entries)
    #expect(
      yearEnd.map(\.daysOfMonth) == [
        [.init(from: -7, to: -1)], [.init(from: 1, to: 6), .init(from: 8, to: 8)],
      ])
    #expect(
      yearEnd.map(\.months) == [[12...12], [1...1, 2...3]]
        && yearEnd.map(\.years) == [[], [2026...2028, 2030...2030]])
    #expect(yearEnd.map(\.zone) == [.utc, .utc])

    let window = try #require(settings.paging.maintenance.first)
    #expect(window.name == "move-storage" && window.comment == "new shelves")
    #expect(window.matchers.map(\.description) == [#"region="taiwan""#])
    #expect(
      window.from.iso8601 == "2026-12-05T14:00:00.000Z" && window.to.iso8601 == "2026-12-05T18:30:00.000Z")
  }

  /// Whatever a hand or a disk does to the text, the answer is settings or problems.
  @Test func mutationsOfTheExampleNeverCrash() throws {
    let original = Array(try exampleText().unicodeScalars)
    let seed = UInt64.random(in: 1 ... .max)
    var random = SeededGenerator(seed)
    let pieces = [
      "", "\n", ":", "- ", "{", "}", "[", "]", "\"", "'", "&a ", "*a", "|", "0", "-1", "~", "\u{0}", "é",
    ]
    var refused = 0
    for _ in 0..<400 {
      var text = original
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<text.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0:
          let end = min(text.count, place + Int.random(in: 1...80, using: &random))
          text.removeSubrange(place..<end)
        case 1:
          let piece = pieces.randomElement(using: &random) ?? ""
          text.replaceSubrange(place..<place + 1, with: Array(piece.unicodeScalars))
        default:
          let end = min(text.count, place + Int.random(in: 1...80, using: &random))
          text.insert(
            contentsOf: Array(text[place..<end]), at: Int.random(in: 0..<text.count, using: &random))
        }
      }
      var view = String.UnicodeScalarView()
      view.append(contentsOf: text)
      let problems = Problems(file: "farwatch.yml")
      _ = ConfigurationFile.parse(String(view), directory: directory.path, problems)
      if !problems.isEmpty { refused += 1 }
      let order = problems.list.map { YAMLPosition(line: $0.line, column: $0.column) }
      #expect(order == order.sorted(), "seed \(seed)")
    }
    #expect(refused > 100, "seed \(seed)")
  }
}

/// SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
