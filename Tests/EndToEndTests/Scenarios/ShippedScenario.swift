import FarwatchTesting
import Foundation

/// One of the folders of `examples/` that show a whole architecture: its files as they are shipped.
struct ShippedScenario {
  let folder: URL
  static let examples = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "examples")

  init(_ name: String) { folder = Self.examples.appending(path: name) }

  func text(_ file: String) throws -> String {
    try String(contentsOf: folder.appending(path: file), encoding: .utf8)
  }

  /// A file without its comments: what is said in a comment configures nothing.
  func settings(_ file: String) throws -> String {
    try text(file).split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.firstRange(of: #/(^|\s)#(\s|$)/#).map { line[..<$0.lowerBound] } ?? line
    }.joined(separator: "\n")
  }

  /// Writes the files into `directory`, with this machine's addresses in place of the design's and nothing else changed.
  ///
  /// - Parameters:
  ///   - addresses: what stands in farwatch.yml and what the test puts there. Each must be found; none of `strangers` may
  ///     be left outside of comments.
  ///   - factor: by which durations under `keys` and the alarms' `Period` are shortened.
  ///   - rules: files of rules that are, too, `rules.yml` and shipped ones: how often they are judged, how long they wait,
  ///     and minutes written as `15 * 60`.
  /// - Returns: the path of farwatch.yml.
  func install(
    in directory: TemporaryDirectory, _ addresses: [(String, String)], strangers: [String],
    faster factor: Int = 1, keys: [String] = ["interval"], rules: [String] = []
  ) throws -> String {
    var text = try settings("farwatch.yml")
    for (old, new) in addresses {
      guard text.contains(old) else { throw BenchError("farwatch.yml does not say \(old)") }
      text = text.replacing(old, with: new)
    }
    let shipped = try Self.shippedRules(in: directory, rules, faster: factor)
    text = text.replacing("../../rules/", with: shipped + "/")
    for stranger in strangers where text.contains(stranger) {
      throw BenchError("farwatch.yml still leads to \(stranger)")
    }
    text = Self.shorten(text, by: factor, keys)
    for file in try FileManager.default.contentsOfDirectory(atPath: folder.path)
    where file.hasSuffix(".yml") && file != "farwatch.yml" {
      let other = try self.text(file)
      switch file {
      case "alarms.yml": try directory.write(file, Self.shortenPeriods(other, by: factor))
      case "rules.yml" where rules.contains(file):
        try directory.write(file, Self.shortenRules(other, by: factor))
      default: try directory.write(file, other)
      }
    }
    return try directory.write("farwatch.yml", text)
  }

  private static func shorten(_ text: String, by factor: Int, _ keys: [String]) -> String {
    let units = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
    return text.replacing(#/\b(\w+): (\d+)(ms|s|m|h|d)\b/#) { match in
      guard keys.contains(String(match.1)), let number = Int(match.2), let unit = units[String(match.3)]
      else {
        return String(match.0)
      }
      // What is short as it is stays: nobody looks ten times a second.
      let whole = number * unit
      return "\(match.1): \(max(whole / factor, min(whole, 1000)))ms"
    }
  }

  /// The folder of the rules that come with Farwatch, or of copies that are quicker.
  private static func shippedRules(
    in directory: TemporaryDirectory, _ quick: [String], faster factor: Int
  ) throws -> String {
    let folder = examples.appending(path: "../rules").standardized
    try FileManager.default.createDirectory(
      atPath: directory.file("shipped"), withIntermediateDirectories: true)
    for file in try FileManager.default.contentsOfDirectory(atPath: folder.path)
    where file.hasSuffix(".yml") && !file.hasSuffix("_test.yml") {
      let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
      try directory.write("shipped/\(file)", quick.contains(file) ? shortenRules(text, by: factor) : text)
    }
    return directory.file("shipped")
  }

  private static func shortenRules(_ text: String, by factor: Int) -> String {
    shorten(text, by: factor, ["interval", "for"]).replacing(#/(\d+) \* 60\b/#) {
      "\($0.1) * \(60 / Double(factor))"
    }
  }

  private static func shortenPeriods(_ text: String, by factor: Int) -> String {
    text.replacing(#/Period: (\d+)/#) { "Period: \((Int($0.1) ?? 0) / factor)" }
  }
}

/// The receivers of a scenario: what pages the people on call, and what may wait until morning.
struct ScenarioPagers {
  let critical: WebhookReceiver
  let warning: WebhookReceiver

  init() throws {
    critical = try WebhookReceiver()
    warning = try WebhookReceiver()
    try critical.up()
    try warning.up()
  }

  /// What woke somebody, in order, each alert's state once: `RegionDown ALARM`.
  var told: [String] { Self.told(critical) }
  var warned: [String] { Self.told(warning) }

  private static func told(_ receiver: WebhookReceiver) -> [String] {
    var seen: Set<String> = []
    return receiver.pages.filter { seen.insert($0.about).inserted }.map { "\($0.alarm) \($0.state)" }
  }

  func confirmed() async throws {
    try await waitUntil(timeout: .seconds(30), "the receivers are confirmed") {
      critical.confirmations > 0 && warning.confirmations > 0
    }
  }

  /// The page, once it has arrived.
  @discardableResult func expect(
    _ alarm: String, _ state: String = "ALARM", warning isWarning: Bool = false,
    within limit: Duration = .seconds(30), log: String
  ) async throws -> WebhookReceiver.Page {
    let receiver = isWarning ? warning : critical
    var found: WebhookReceiver.Page?
    try await waitUntil(
      timeout: limit, "\(alarm) \(state) arrives; critical \(told), warning \(warned); \(log)"
    ) {
      found = receiver.pages.first { $0.alarm == alarm && $0.state == state }
      return found != nil
    }
    guard let found else { throw BenchError("no page \(alarm)") }
    return found
  }
}

/// What the metrics page of a daemon is to show, and what of it is missing.
struct Expected {
  var family: String
  var labels: [String: String] = [:]
  var value = 1.0

  init(_ family: String, _ labels: [String: String] = [:], _ value: Double = 1) {
    (self.family, self.labels, self.value) = (family, labels, value)
  }

  /// Waits until the page shows all of it.
  static func wait(_ all: [Expected], of daemon: FarwatchProcess, within limit: Duration, log: String)
    async throws
  {
    var missing = all
    do {
      try await waitUntil(timeout: limit, "") {
        guard let page = await daemon.page() else { return false }
        missing = all.filter { page.value($0.family, $0.labels) != $0.value }
        return missing.isEmpty
      }
    } catch {
      let page = await daemon.page()
      let shown = missing.map {
        "\($0.family)\($0.labels) is \(page?.value($0.family, $0.labels).map { "\($0)" } ?? "absent")"
      }
      let end = (try? await ChildProcess.run(["grep", "-v", "level=debug", log])) ?? ""
      throw BenchError("not as expected after \(limit): \(shown)\n\(end.suffix(6000))")
    }
  }
}

/// Name servers' answers by weight, which a test changes as an operator changes records.
final class SteeredNames: Sendable {
  let port: Int
  private let process: ChildProcess
  private let file: String

  /// - Parameter weights: addresses, and how often each is answered.
  init(_ weights: [String: Int], in directory: TemporaryDirectory) async throws {
    file = try directory.write("steering.json", Self.json(weights))
    (process, port) = try await PythonEnvironment().serve(Self.script, [file])
  }

  deinit { process.stop() }

  func steer(_ weights: [String: Int]) throws {
    try Self.json(weights).write(toFile: file, atomically: true, encoding: .utf8)
  }

  private static func json(_ weights: [String: Int]) -> String {
    "{" + weights.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }.joined(separator: ",") + "}"
  }

  private static let script = """
    import json, random, socketserver, sys
    from dnslib import *
    class UDP(socketserver.BaseRequestHandler):
      def handle(self):
        reply = DNSRecord.parse(self.request[0]).reply()
        weights = json.load(open(sys.argv[1]))
        ip = random.choices(list(weights), list(weights.values()))[0]
        reply.add_answer(RR(reply.q.qname, QTYPE.A, rdata=A(ip), ttl=60))
        self.request[1].sendto(reply.pack(), self.client_address)
    server = socketserver.ThreadingUDPServer(('127.0.0.1', 0), UDP)
    print('port', server.server_address[1], flush=True)
    server.serve_forever()
    """
}
