import FarwatchTesting
import Foundation

/// Some regions with one check each, probed often, a rule that pages for each, and one receiver.
final class Fleet: Sendable {
  let directory: TemporaryDirectory
  let regions: [TestRegion]
  let receiver: WebhookReceiver
  let port: Int

  init(regions names: [String]) throws {
    directory = try TemporaryDirectory("farwatch-fleet")
    regions = try names.map { try TestRegion($0) }
    receiver = try WebhookReceiver()
    port = try freeLoopbackPort()
    try directory.write("rules.yml", Self.rules())
    try writeConfiguration()
  }

  var configurationFile: String { directory.file("farwatch.yml") }
  var log: String { directory.file("farwatch.log") }

  func writeConfiguration(watching: [TestRegion]? = nil, more: String = "") throws {
    try directory.write("farwatch.yml", configuration(watching: watching, more: more))
  }

  /// - Parameter more: further checks, each a line beginning with `- `.
  func configuration(watching: [TestRegion]? = nil, more: String = "") -> String {
    let watched = watching ?? regions
    let checks =
      watched.map { "- {name: api, region: \($0.name), http: {url: \"\($0.url)\"}}" }
      + more.split(separator: "\n").map(String.init)
    return """
      vantage: test
      listen: 127.0.0.1:\(port)
      state: state
      regions:
      \(watched.map { "  \($0.name): {}" }.joined(separator: "\n"))
      health:
        defaults: {interval: 300ms, timeout: 10s, failures: 1, successes: 1, confirm: 50ms}
        checks:
      \(checks.map { "    \($0)" }.joined(separator: "\n"))
      rule_files: [rules.yml]
      topics:
        critical:
          subscriptions:
            - protocol: http
              endpoint: "\(receiver.endpoint)"
              retry: {no_delay_retries: 1, min_delay_retries: 2, min_delay: 100ms, max_delay: 300ms}
      routes: [{match: {severity: page}, topic: critical}]

      """
  }

  static func rules(more: String = "") -> String {
    """
    groups:
      - name: fleet
        interval: 1s
        rules:
          - alert: RegionDown
            expr: farwatch_region_state{state="down"} == 1
            labels: {severity: page}
    \(more)
    """
  }

  func start() throws -> FarwatchProcess {
    try FarwatchProcess.start(configurationFile, port: port, log: log)
  }

  func run() async throws -> FarwatchProcess {
    try await FarwatchProcess.run(configurationFile, port: port, log: log)
  }

  /// Brings the receiver up, and the daemon, and waits until pages may flow between them.
  func runConfirmed() async throws -> FarwatchProcess {
    try receiver.up()
    let daemon = try await run()
    try await waitUntil(timeout: .seconds(90), "the subscription is confirmed; \(log)") {
      await daemon.series("farwatch_subscription_confirmed") == 1
    }
    try await daemon.becomeReady()
    return daemon
  }

  /// - Parameter repeatsAreDropped: as a receiver does that remembers message ids; a death of the daemon may repeat the
  ///   page that was on its way.
  func expectPages(
    _ region: TestRegion, _ states: [String], within limit: Duration = .seconds(90),
    repeatsAreDropped: Bool = false
  ) async throws {
    try await waitUntil(
      timeout: limit, "\(region.name) is paged \(states); had \(receiver.pages.map(\.subject)); \(log)"
    ) { self.states(of: region, repeatsAreDropped: repeatsAreDropped) == states }
  }

  /// The states that the receiver was told of a region, repeats included unless they are dropped.
  func states(of region: TestRegion, repeatsAreDropped: Bool = false) -> [String] {
    var seen: Set<String> = []
    return receiver.pages.filter { page in
      page.alarm == "RegionDown" && page.labels["region"] == region.name
        && (!repeatsAreDropped || seen.insert(page.messageID).inserted)
    }.map(\.state)
  }
}
