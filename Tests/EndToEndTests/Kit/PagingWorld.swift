import FarwatchTesting
import Foundation

/// A daemon with regions, whose pages a real program writes to files, one a page.
final class PagingWorld: Sendable {
  let directory: TemporaryDirectory
  let regions: [TestRegion]
  let port: Int

  init(_ regions: String...) throws {
    directory = try TemporaryDirectory("farwatch-paging")
    self.regions = try regions.map { try TestRegion($0) }
    port = try freeLoopbackPort()
    for topic in ["pager", "chief"] {
      try FileManager.default.createDirectory(
        atPath: directory.file(topic), withIntermediateDirectories: true)
    }
  }

  var url: String { "http://127.0.0.1:\(port)" }
  var log: String { directory.file("farwatch.log") }

  /// A subscription that writes each page into the folder of `topic`.
  func written(_ topic: String) -> String {
    let script = #"f=$(mktemp "$0/.XXXXXX") && cat > "$f" && mv "$f" "$0/$(date +%s%N)""#
    return "{protocol: exec, command: [/bin/sh, -c, '\(script)', \"\(directory.file(topic))\"]}"
  }

  /// - Parameters:
  ///   - checks: names of checks that each region has.
  ///   - routes: the whole section and whatever else is at the top of the file.
  ///   - subscriptions: of topic `pager`, beside the files.
  func configure(
    checks: [String] = ["api"], rules: String = PagingWorld.rules, subscriptions: [String] = [],
    _ routes: String
  ) throws {
    try directory.write("rules.yml", rules)
    let lines = regions.flatMap { region in
      checks.map { "    - {name: \($0), region: \(region.name), http: {url: \"\(region.url)\"}}" }
    }
    try directory.write(
      "farwatch.yml",
      """
      vantage: test
      listen: 127.0.0.1:\(port)
      state: state
      regions: {\(regions.map { "\($0.name): {}" }.joined(separator: ", "))}
      health:
        defaults: {interval: 300ms, timeout: 10s, failures: 1, successes: 1, confirm: 50ms}
        checks:
      \(lines.joined(separator: "\n"))
      rule_files: [rules.yml]
      topics:
        pager:
          subscriptions:
            - \(written("pager"))
      \(subscriptions.map { "      - \($0)" }.joined(separator: "\n"))
        chief: {subscriptions: [\(written("chief"))]}
      \(routes)

      """)
  }

  /// As the shipped rules judge, at once.
  static let rules = """
    groups:
      - name: regions
        interval: 300ms
        rules:
          - alert: RegionDown
            expr: farwatch_region_state{state="down"} == 1
            labels: {severity: page}
            annotations: {summary: "Region {{ $labels.region }} is down"}
          - alert: CheckDown
            expr: max by (check, region) (farwatch_check_state{state="down"}) == 1
            labels: {severity: warn}
            annotations: {summary: "Check {{ $labels.check }} fails in region {{ $labels.region }}"}
    """

  func run() async throws -> FarwatchProcess {
    let daemon = try await FarwatchProcess.run(directory.file("farwatch.yml"), port: port, log: log)
    try await daemon.becomeReady()
    return daemon
  }

  /// What a topic was told, in order.
  func pages(_ topic: String = "pager") -> [WrittenPage] {
    let folder = directory.file(topic)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { !$0.hasPrefix(".") }.sorted().compactMap { name in
      FileManager.default.contents(atPath: "\(folder)/\(name)").flatMap { WrittenPage($0) }
    }
  }

  /// Waits until a topic was told this, and nothing else.
  func expect(_ stories: [String], _ topic: String = "pager", within limit: Duration = .seconds(60))
    async throws
  {
    try await waitUntil(
      timeout: limit, every: .milliseconds(50),
      "\(topic) is told \(stories), was \(pages(topic).map(\.story)); \(log)"
    ) { self.pages(topic).map(\.story) == stories }
  }

  /// Runs the program on the daemon; throws when it fails.
  @discardableResult func farwatch(_ arguments: String...) async throws -> String {
    try await ChildProcess.run(
      [FarwatchProcess.binary] + arguments, environment: ["FARWATCH_URL": url, "USER": "ada"])
  }

  /// Alertmanager's own client.
  @discardableResult func amtool(_ arguments: String...) async throws -> String {
    let home = directory.file("home")
    let output = try await ChildProcess.run(
      ["amtool", "--alertmanager.url=\(url)"] + arguments, environment: ["HOME": home])
    return output.split(separator: "\n").filter { !$0.hasPrefix("Warning: amtool version") }
      .joined(separator: "\n")
  }
}

/// A page as programs get it.
struct WrittenPage {
  let kind: String
  let status: String
  let title: String
  let body: String
  let acknowledgeURL: String?
  let messageID: String
  /// Status, name and region of each alert.
  let alerts: [String]

  init?(_ data: Data) {
    guard let json = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
      let alerts = json["alerts"] as? [[String: Any]]
    else { return nil }
    func text(_ name: String) -> String { json[name] as? String ?? "" }
    kind = text("kind")
    status = text("status")
    title = text("title")
    body = text("body")
    messageID = text("messageId")
    acknowledgeURL = json["acknowledgeURL"] as? String
    self.alerts = alerts.map { alert in
      let labels = alert["labels"] as? [String: String] ?? [:]
      return [alert["status"] as? String, labels["alertname"], labels["region"]].compactMap { $0 }
        .joined(separator: " ")
    }
  }

  /// `news: firing RegionDown japan`
  var story: String { "\(kind): \(alerts.sorted().joined(separator: ", "))" }
}
