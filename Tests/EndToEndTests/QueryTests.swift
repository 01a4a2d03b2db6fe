import FarwatchTesting
import Foundation
import Testing

/// The query API of a running daemon, as promtool, a browser and `farwatch query` use it.
@Suite(.serialized) struct QueryTests {
  private func run(_ command: String...) async throws -> (exit: ChildProcess.Exit, output: String) {
    let child = try ChildProcess(command)
    return (try await child.wait(timeout: .seconds(60)), child.output)
  }

  @Test(.timeLimit(.minutes(4))) func aRunningDaemonIsAsked() async throws {
    let fleet = try Fleet(regions: ["taiwan", "japan"])
    let daemon = try await fleet.runConfirmed()
    let (url, farwatch) = (daemon.baseURL, FarwatchProcess.binary)
    try await waitUntil(timeout: .seconds(30), "both regions are up") {
      await daemon.get("/api/v1/query?query=count(farwatch_region_state{state=%22up%22}==1)")?.body
        .contains("\"2\"]") == true
    }
    // The command line prints what promtool prints.
    let at = "\(Int(Date().timeIntervalSince1970))"
    for expression in [#"probe_success{region="japan"}"#, "1 + 1", "farwatch_region_state == 1"] {
      let ours = try await run(farwatch, "query", "instant", expression, "--at", at, "--url", url)
      let theirs = try await run("promtool", "query", "instant", "--time=\(at)", url, expression)
      #expect(ours.exit == .code(0) && ours.output == theirs.output, "\(ours.output) \(theirs.output)")
    }
    // promtool cannot print a text.
    let text = try await run(farwatch, "query", "instant", "\"text\"", "--url", url)
    #expect(text.output == "text\n")
    let start = "\(Int(Date().timeIntervalSince1970) - 5)"
    let range = try await run(
      farwatch, "query", "range", "probe_success", "--start", start, "--end", at, "--step", "1s", "--url", url
    )
    let theirs = try await run(
      "promtool", "query", "range", "--start=\(start)", "--end=\(at)", "--step=1s", url, "probe_success")
    #expect(range.exit == .code(0) && range.output == theirs.output, "\(range.output) \(theirs.output)")
    let json = try await run(farwatch, "query", "range", "up", "--json", "--url", url)
    #expect(json.output.hasPrefix(#"{"status":"success","data":{"resultType":"matrix""#), "\(json.output)")
    let wrong = try await run(farwatch, "query", "instant", "up{", "--url", url)
    #expect(wrong.exit == .code(1) && wrong.output.contains("parse error"), "\(wrong.output)")
    let misuse = try await run(farwatch, "query", "range", "up", "--start", "noon", "--url", url)
    #expect(misuse.exit == .code(2) && misuse.output.contains("is no time"), "\(misuse.output)")
    let labels = try await run("promtool", "query", "labels", url, "region")
    #expect(labels.output.contains("japan\ntaiwan"), "\(labels.output)")
    let series = try await run("promtool", "query", "series", "--match=probe_success", url)
    #expect(series.output.split(separator: "\n").count == 2, "\(series.output)")

    // What the daemon tells of itself.
    for (path, expected) in [
      ("rules", #""name":"RegionDown","query":"farwatch_region_state{state=\"down\"} == 1""#),
      ("targets", #""scrapePool":"http""#), ("metadata?metric=probe_success", #""type":"gauge""#),
      ("status/flags", #""query.max-samples":"5000000""#),
      ("status/tsdb", #""name":"farwatch_region_state""#),
      ("status/config", #"vantage: test\nlisten: 127.0.0.1:"#), ("status/buildinfo", #""version":""#),
      ("label/region/values", #"["japan","taiwan"]"#), ("alerts", #"{"alerts":[]}"#),
    ] {
      let answer = await daemon.get("/api/v1/\(path)")
      #expect(
        answer?.status == 200 && answer?.body.contains(expected) == true, "\(path): \(answer?.body ?? "")")
    }
    let endpoint = fleet.receiver.endpoint
    #expect(await daemon.get("/api/v1/status/config")?.body.contains(endpoint) == false)
    let page = await daemon.get("/federate?match[]=probe_success")
    #expect(page?.body.contains(#"probe_success{check="api","#) == true, "\(page?.body ?? "")")

    // New limits hold with a reload.
    let file = try String(contentsOfFile: fleet.configurationFile, encoding: .utf8)
    try fleet.directory.write("farwatch.yml", file + "query: {max_samples: 1000}\n")
    #expect(await Web.post(url + "/-/reload")?.status == 200)
    let many = await daemon.get("/api/v1/query?query=count_over_time({__name__=~%22.%2B%22}[1h:1s])")
    #expect(many?.status == 422 && many?.body.contains("too many samples") == true, "\(many?.body ?? "")")
    try await waitUntil(timeout: .seconds(30), "queries are counted") {
      let good = await daemon.series("farwatch_queries_total", ["result": "success"]) ?? 0
      return await daemon.series("farwatch_queries_total", ["result": "error"]) ?? 0 > 0 && good > 10
    }
    daemon.child.stop()
    #expect(daemon.child.poll() == .code(0))
  }
}
