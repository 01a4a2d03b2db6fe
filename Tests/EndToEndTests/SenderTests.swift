import FarwatchTesting
import Foundation
import Synchronization
import Testing

/// VictoriaMetrics' agents, which hand their samples and alerts to a daemon.
@Suite(.serialized) struct SenderTests {
  private static let write = "/api/v1/write"

  private func world() throws -> PagingWorld {
    let world = try PagingWorld("taiwan")
    try world.configure(
      """
      routes: [{topic: pager, match: {severity: page}}]
      remote_write: {}
      """)
    return world
  }

  /// The series of an instant query with their values.
  private func query(_ daemon: FarwatchProcess, _ expression: String) async -> [([String: String], Double)] {
    let encoded = expression.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    guard let answer = await daemon.get("/api/v1/query?query=\(encoded)"), answer.status == 200,
      let json = try? JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any],
      let result = (json["data"] as? [String: Any])?["result"] as? [[String: Any]]
    else { return [] }
    return result.compactMap { series in
      guard let labels = series["metric"] as? [String: String],
        let value = ((series["value"] as? [Any])?.last as? String).flatMap({ Double($0) })
      else { return nil }
      return (labels, value)
    }
  }

  /// What it could not send while nobody was there comes afterwards, none missing and none twice.
  @Test(.timeLimit(.minutes(5))) func vmagentWritesAcrossARestart() async throws {
    let world = try world()
    var daemon = try await world.run()
    let turn = Mutex(0.0)
    let page = try LoopbackServer { _ in
      let value = turn.withLock { turn in
        turn += 1
        return turn
      }
      return LoopbackServer.answer(
        200, "# TYPE turns counter\nturns{note=\"é \\\"x\\\"\"} \(value)\n",
        headers: [("Content-Type", "text/plain; version=0.0.4")])
    }
    defer { page.stop() }
    let file = try world.directory.write(
      "agent.yml",
      """
      global: {scrape_interval: 500ms, external_labels: {from: vmagent}}
      scrape_configs: [{job_name: page, static_configs: [{targets: ["127.0.0.1:\(page.port)"]}]}]

      """)
    let agent = try await VictoriaMetricsProgram(
      "vmagent",
      [
        "-promscrape.config=\(file)", "-remoteWrite.url=\(world.url)\(Self.write)",
        "-remoteWrite.flushInterval=200ms", "-remoteWrite.tmpDataPath=\(world.directory.file("queue"))",
        // More of them send out of order.
        "-remoteWrite.queues=1",
      ], in: world.directory)
    defer { agent.child.stop() }
    try await waitUntil(timeout: .seconds(60), every: .milliseconds(100), "samples arrive; \(agent.log)") {
      await query(daemon, "turns").first?.1 ?? 0 >= 3
    }
    let labels = await query(daemon, "turns").first?.0
    #expect(
      labels == [
        "__name__": "turns", "note": "é \"x\"", "job": "page", "instance": "127.0.0.1:\(page.port)",
        "from": "vmagent",
      ])
    daemon.child.stop()
    let died = turn.withLock { $0 }
    try await waitUntil(timeout: .seconds(60), "it scrapes on") { turn.withLock { $0 } >= died + 4 }
    daemon = try await world.run()
    defer { daemon.child.stop() }
    try await waitUntil(timeout: .seconds(90), every: .milliseconds(200), "the rest arrives; \(agent.log)") {
      await query(daemon, "turns").first?.1 ?? 0 >= died + 6
    }
    let count = try #require(await query(daemon, "count_over_time(turns[10m])").first?.1)
    let newest = try #require(await query(daemon, "max_over_time(turns[10m])").first?.1)
    // One may have come between the two questions.
    #expect(newest == count || newest == count + 1, "\(newest) turns, \(count) samples; \(agent.log)")
    #expect(await agent.total("vmagent_remotewrite_packets_dropped_total") == 0)
    #expect(await agent.total("vmagent_remotewrite_requests_total") ?? 0 > 3)
    try await waitUntil(timeout: .seconds(30), every: .milliseconds(200), "it is counted") {
      await daemon.series("farwatch_remote_write_requests_total", ["code": "204"]) ?? 0 >= 1
    }
    #expect(await daemon.series("farwatch_remote_write_requests_total", ["code": "400"]) ?? 0 == 0)
  }

  /// It asks us, keeps its state with us, and has us page.
  @Test(.timeLimit(.minutes(5))) func vmalertJudgesWhatWeHave() async throws {
    let world = try world()
    let daemon = try await world.run()
    defer { daemon.child.stop() }
    let rules = try world.directory.write(
      "victoria-rules.yml",
      """
      groups:
        - name: victoria
          interval: 500ms
          rules:
            - alert: SeenByVictoria
              expr: farwatch_region_state{state="down"} == 1
              for: 1s
              labels: {severity: page}
              annotations: {summary: "{{ $labels.region }} is down, {{ $value }}"}
            - {record: "regions:down:count", expr: 'count(farwatch_region_state{state="down"} == 1) or vector(0)'}

      """)
    let places = ["datasource", "notifier", "remoteWrite", "remoteRead"].map { "-\($0).url=\(world.url)" }
    let judge = try await VictoriaMetricsProgram(
      "vmalert", places + ["-rule=\(rules)", "-remoteWrite.flushInterval=200ms"], in: world.directory)
    defer { judge.child.stop() }
    try await waitUntil(
      timeout: .seconds(60), every: .milliseconds(100), "its rule is recorded; \(judge.log)"
    ) {
      await query(daemon, "regions:down:count").first?.1 == 0
    }
    world.regions[0].down()
    let own = "news: firing RegionDown taiwan"
    let theirs = "news: firing SeenByVictoria taiwan"
    try await waitUntil(timeout: .seconds(60), "both are paged, \(world.pages().map(\.story)); \(judge.log)")
    {
      Set(world.pages().map(\.story)) == [own, theirs]
    }
    #expect(world.pages().contains { $0.body.contains("taiwan is down, 1") })
    try await waitUntil(timeout: .seconds(60), every: .milliseconds(100), "its state is kept here") {
      let alerts = await query(daemon, #"ALERTS{alertname="SeenByVictoria",alertstate="firing"}"#)
      let downs = await query(daemon, "regions:down:count")
      return alerts.count == 1 && downs.first?.1 == 1
    }
    try world.regions[0].up()
    try await waitUntil(timeout: .seconds(60), "both are over, \(world.pages().map(\.story)); \(judge.log)") {
      Set(world.pages().map(\.story)).isSuperset(of: [
        "news: resolved RegionDown taiwan", "news: resolved SeenByVictoria taiwan",
      ])
    }
    #expect(
      await judge.total(
        "vmalert_execution_errors_total", "vmalert_alerts_send_errors_total",
        "vmalert_remotewrite_errors_total",
        "vmalert_remotewrite_dropped_rows_total") == 0)
    #expect(try judge.complaints() == [])
  }

  /// Agents since 1.88 ask whether we speak their own protocol, those since 1.116 try it: zstd in place of Snappy. After
  /// 400 or 415 they send the same, and all that follows, as Prometheus does; after any other refusal they would go on.
  @Test(.timeLimit(.minutes(3))) func newerAgentsFallBackToWhatWeRead() async throws {
    let world = try world()
    let daemon = try await world.run()
    defer { daemon.child.stop() }
    let handshake = try #require(await daemon.get(Self.write + "?get_vm_proto_version=1"))
    #expect(handshake.status != 200, "which they take for a yes: \(handshake)")
    let request = Self.request("from_an_agent", 42)
    let plain = world.directory.file("plain")
    try Data(request).write(to: URL(filePath: plain))
    try await ChildProcess.run(["zstd", "-q", plain, "-o", plain + ".zst"])
    try Data([UInt8(request.count), UInt8(request.count - 1) << 2] + request)
      .write(to: URL(filePath: plain + ".snappy"))
    func post(_ file: String, _ encoding: String) async throws -> String {
      try await ChildProcess.run([
        "curl", "-s", "-m", "20", "-w", "%{http_code}", "--data-binary", "@\(file)", "-H",
        "Content-Encoding: \(encoding)", "-H", "Content-Type: application/x-protobuf", "-H",
        "X-VictoriaMetrics-Remote-Write-Version: 1", world.url + Self.write,
      ])
    }
    let refused = try await post(plain + ".zst", "zstd")
    #expect(refused.hasSuffix("415") && refused.contains("snappy"), "\(refused)")
    #expect(await query(daemon, "from_an_agent").isEmpty)
    // What lay in a queue on the disk may come as one and be called the other.
    #expect(try await post(plain + ".zst", "snappy").hasSuffix("400"))
    #expect(try await post(plain + ".snappy", "snappy") == "204")
    #expect(await query(daemon, "from_an_agent").first?.1 == 42)
  }

  /// A write request of remote write 1.0 with one sample of now.
  private static func request(_ name: String, _ value: Double) -> [UInt8] {
    func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
      [number << 3 | 2, UInt8(bytes.count)] + bytes
    }
    var time = UInt64(Date().timeIntervalSince1970 * 1000)
    var varint: [UInt8] = []
    while time >= 0x80 {
      varint.append(UInt8(truncatingIfNeeded: time) | 0x80)
      time >>= 7
    }
    varint.append(UInt8(time))
    let label = field(1, Array("__name__".utf8)) + field(2, Array(name.utf8))
    let number = (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
    return field(1, field(1, label) + field(2, [1 << 3 | 1] + number + [2 << 3] + varint))
  }
}
