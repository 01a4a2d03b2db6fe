import FarwatchTesting
import Foundation
import Testing

/// promtool, amtool and curl over everything that a running daemon answers.
@Suite(.serialized) struct ToolTests {
  private func run(_ command: [String]) async throws -> (exit: ChildProcess.Exit, output: String) {
    let child = try ChildProcess(command)
    return (try await child.wait(timeout: .seconds(60)), child.output)
  }

  /// A region up and one down, a link and backups that nothing is known of, an alert that was paged.
  private func busyDaemon() async throws -> (world: PagingWorld, daemon: FarwatchProcess) {
    let world = try PagingWorld("taiwan", "japan")
    try world.directory.write("dsn", "host=127.0.0.1 port=1 dbname=none user=none connect_timeout=1\n")
    try FileManager.default.createDirectory(
      atPath: world.directory.file("dumps"), withIntermediateDirectories: true)
    try world.configure(
      """
      routes: [{topic: pager, match: {severity: page}}]
      remote_write: {}
      replication:
        - link: orders
          engine: postgres
          source: {region: taiwan, dsn_file: dsn}
          targets: [{region: japan, dsn_file: dsn}]
          rpo: 30s
      backups: [{job: dumps, region: japan, every: 1d, directory: {path: dumps, match: "*.gz"}}]
      """)
    let daemon = try await world.run()
    world.regions[1].down()
    try await waitUntil(timeout: .seconds(60), "an alert is paged; \(world.log)") { !world.pages().isEmpty }
    return (world, daemon)
  }

  /// What stands for what varies in paths, and the questions that must be asked.
  private static let examples = [
    "/regions/{name}": "/regions/japan", "/links/{name}": "/links/orders",
    "/backups/{name}": "/backups/dumps", "/backups/{region}/{name}": "/backups/japan/dumps",
    "/runbooks/{alert}": "/runbooks/region-down",
    "/api/v1/query": "/api/v1/query?query=up",
    "/api/v1/query_range": "/api/v1/query_range?query=probe_success&start=1&end=2&step=1",
    "/api/v1/query_exemplars": "/api/v1/query_exemplars?query=up",
    "/api/v1/format_query": "/api/v1/format_query?query=up+%2B1",
    "/api/v1/series": "/api/v1/series?match[]=up",
    "/api/v1/parse_query": "/api/v1/parse_query?query=up",
    "/api/v1/label/{name}/values": "/api/v1/label/region/values",
    "/federate": "/federate?match[]=probe_success",
  ]
  /// Paths that have no end, that need what only a page brings, or that nothing is there for.
  private static let others: [String: Int] = [
    "/ping/{id}": 404, "/ping/{id}/{state}": 404, "/ping/{id}/{slug}/{state}": 400, "/ack": 403, "/sns": 400,
    "/api/drills/report": 404,
  ]

  /// Asked plainly, for its head alone and packed: the status, type and length are those that the description has.
  @Test(.timeLimit(.minutes(5))) func curlGetsEveryDescribedPath() async throws {
    let (world, daemon) = try await busyDaemon()
    defer { daemon.child.stop() }
    let silence = try await world.amtool(
      "silence", "add", "--author=ada", "--comment=drill", "--duration=1h", "a=b")
    var examples = Self.examples
    examples["/api/v2/silence/{id}"] = "/api/v2/silence/\(silence)"
    let text = try #require(await daemon.get("/api/openapi.json")).body
    let document = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    let paths = try #require(document?["paths"] as? [String: [String: [String: Any]]])
    var asked = 0
    for (path, operations) in paths where path != "/api/events/stream" {
      guard let responses = operations["get"]?["responses"] as? [String: [String: Any]] else { continue }
      if path.hasPrefix("/SimpleNotificationService-") { continue }
      let target = examples[path] ?? path
      let expected = Self.others[path] ?? 200
      guard !target.contains("{") || expected != 200 else {
        Issue.record("an example of \(path) is missing here")
        continue
      }
      let url = world.url + target.replacing("{", with: "").replacing("}", with: "")
      let said = try await ask([url])
      #expect(said.status == expected, "\(path): \(said)")
      let content = responses["\(said.status)"]?["content"] as? [String: Any] ?? [:]
      #expect(responses["\(said.status)"] != nil, "\(path): \(said.status) is not described")
      #expect(content[said.type] != nil, "\(path): \(said.type) is not among \(content.keys.sorted())")
      let head = try await ask(["-I", url])
      let isPrometheus = path.hasPrefix("/api/v1/") || path == "/federate"
      #expect(
        isPrometheus ? head.status == 405 : head.status == said.status && head.type == said.type,
        "\(path): \(head)")
      let packed = try await ask(["--compressed", url])
      #expect(packed.status == said.status && packed.size > 0, "\(path): \(packed)")
      asked += 1
    }
    #expect(asked > 40, "\(asked)")
  }

  private func ask(_ arguments: [String]) async throws -> (status: Int, type: String, size: Int) {
    let format = "%{http_code}\t%{content_type}\t%{size_download}"
    let words = try await ChildProcess.run(
      ["curl", "-s", "-g", "-m", "30", "-o", "/dev/null", "-w", format] + arguments
    ).split(separator: "\t", omittingEmptySubsequences: false)
    let type = words[1].prefix { $0 != ";" }
    return (Int(words[0]) ?? -1, String(type), Int(words[2]) ?? -1)
  }

  @Test(.timeLimit(.minutes(5))) func promtoolReadsWhatItAsksFor() async throws {
    let (world, daemon) = try await busyDaemon()
    defer { daemon.child.stop() }
    for accept in ["text/plain", "*/*"] {
      let checked = try await run([
        "sh", "-c", "curl -s -H 'Accept: \(accept)' \(world.url)/metrics | promtool check metrics",
      ])
      #expect(checked.exit == .code(0) && checked.output.isEmpty, "\(checked.output)")
    }
    let extended = try await run([
      "sh", "-c", "curl -s --compressed \(world.url)/metrics | promtool check metrics --extended",
    ])
    #expect(
      extended.exit == .code(0) && extended.output.contains("farwatch_check_state"), "\(extended.output)")

    func promtool(_ words: String...) async throws -> (exit: ChildProcess.Exit, output: String) {
      try await run(["promtool", "query"] + words)
    }
    try await waitUntil(timeout: .seconds(60), every: .milliseconds(200), "the fault is in the series") {
      try await promtool("instant", world.url, #"probe_success{region="japan"} == 0"#).output.contains(
        "=> 0 @")
    }
    let now = Int(Date().timeIntervalSince1970)
    let range = try await promtool(
      "range", "--start=\(now - 30)", "--end=\(now + 1)", "--step=1s", world.url,
      #"probe_success{region="japan"}"#)
    #expect(
      range.exit == .code(0) && range.output.contains("1 @[") && range.output.contains("0 @["),
      "\(range.output)")
    let window = ["--start=\(now - 60)", "--end=\(now + 60)"]
    let series = try await run(
      ["promtool", "query", "series", "--match=probe_success", #"--match=ALERTS{alertstate="firing"}"#]
        + window
        + [world.url])
    #expect(series.exit == .code(0), "\(series.output)")
    for part in [#"__name__="probe_success""#, #"alertname="RegionDown""#] {
      #expect(series.output.contains(part), "\(series.output)")
    }
    let labels = try await run(["promtool", "query", "labels"] + window + [world.url, "alertname"])
    #expect(labels.exit == .code(0) && labels.output.contains("CheckDown\nRegionDown"), "\(labels.output)")
    let json = try await promtool("instant", "-o", "json", world.url, "vector(1)")
    #expect(json.exit == .code(0) && json.output.contains(#""value":["#), "\(json.output)")
    for (words, complaint) in [
      (["instant", world.url, "sum(("], "parse error"), (["series", "--match={}", world.url], "match[]"),
      (["range", "--start=\(now)", "--end=\(now - 9)", world.url, "up"], "end"),
    ] {
      let refused = try await run(["promtool", "query"] + words)
      #expect(refused.exit == .code(1) && refused.output.contains(complaint), "\(words): \(refused.output)")
    }
  }

  @Test(.timeLimit(.minutes(5))) func amtoolReadsWhatItAsksFor() async throws {
    let (world, daemon) = try await busyDaemon()
    defer { daemon.child.stop() }
    func json(_ words: String...) async throws -> [[String: Any]] {
      let child = try ChildProcess(
        ["amtool", "--alertmanager.url=\(world.url)", "--no-version-check"] + words + ["-o", "json"],
        environment: ["HOME": world.directory.file("home")])
      let exit = try await child.wait()
      let found = try? JSONSerialization.jsonObject(with: Data(child.output.utf8)) as? [[String: Any]]
      return try #require(exit == .code(0) ? found : nil, "\(words): \(child.output)")
    }
    func names(_ alerts: [[String: Any]]) -> [String] {
      alerts.compactMap { ($0["labels"] as? [String: String])?["alertname"] }.sorted()
    }
    try await waitUntil(timeout: .seconds(60), every: .milliseconds(200), "both fire") {
      try await names(json("alert", "query")) == ["CheckDown", "RegionDown"]
    }
    for (words, expected) in [
      (["--active"], ["CheckDown", "RegionDown"]), (["--silenced"], []), (["--inhibited"], []),
      (["--receiver=pager"], ["RegionDown"]), (["--receiver=chief"], []), (["severity=page"], ["RegionDown"]),
      (["alertname=~.*Down", "severity!=page"], ["CheckDown"]),
    ] {
      let found = try await run(
        ["amtool", "--alertmanager.url=\(world.url)", "--no-version-check", "alert", "query"] + words + [
          "-o", "json",
        ])
      let alerts = try JSONSerialization.jsonObject(with: Data(found.output.utf8)) as? [[String: Any]]
      #expect(names(alerts ?? []) == expected, "\(words): \(found.output)")
    }
    #expect(try await world.amtool("alert", "query", "-o", "extended").contains("region=\"japan\""))

    // What was kept in a file comes back by it; and everything that can be wrong is told.
    let id = try await world.amtool(
      "silence", "add", "--author=ada", "--comment=drill", "--duration=1h", "alertname=RegionDown")
    let kept = try await json("silence", "query")
    #expect(kept.count == 1 && kept[0]["id"] as? String == id, "\(kept)")
    #expect(try await world.amtool("silence", "query", "-q", "region=japan").isEmpty)
    try await waitUntil(timeout: .seconds(60), every: .milliseconds(200), "it holds back") {
      try await names(json("alert", "query", "--silenced")) == ["RegionDown"]
    }
    try await world.amtool("silence", "expire", id)
    #expect(try await json("silence", "query").isEmpty)
    #expect(try await json("silence", "query", "--expired", "--within=1h").count == 1)
    let file = world.directory.file("silences.json")
    try JSONSerialization.data(withJSONObject: kept).write(to: URL(filePath: file))
    try await world.amtool("silence", "import", "--force", file)
    let again = try await json("silence", "query", "--created-by=ada")
    #expect(again.count == 1 && again[0]["comment"] as? String == "drill", "\(again)")
    for words in [
      ["silence", "expire", "00000000-0000-4000-8000-000000000000"], ["silence", "query", "a=b", "c=~("],
      ["alert", "query", "a=b", "c=~("], ["silence", "add", "--author=ada", "--comment=c", "alertname=~.*"],
    ] {
      let refused = try await run(
        ["amtool", "--alertmanager.url=\(world.url)", "--no-version-check"] + words)
      #expect(refused.exit == .code(1) && refused.output.contains("error"), "\(words): \(refused)")
    }
  }
}
