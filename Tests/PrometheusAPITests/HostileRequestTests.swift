import FarwatchTesting
import Foundation
import HTTPServer
import Testing

@testable import PrometheusAPI

/// Requests that nobody in his right mind sends.
@Suite struct HostileRequestTests {
  private static let paths = [
    "query", "query_range", "series", "labels", "label/a/values", "metadata", "targets", "targets/metadata",
    "rules",
    "alerts", "query_exemplars", "format_query", "parse_query", "status/tsdb", "status/config", "x",
    "label//values",
    "label/U__\u{10ffff}_/values",
  ]
  private static let names = [
    "query", "time", "start", "end", "step", "timeout", "limit", "match[]", "lookback_delta", "stats", "type",
    "group_limit", "group_next_token", "match_target", "metric", "limit_per_metric", "exclude_alerts",
  ]
  private static let values = [
    "", "0", "-0", "1", "-1", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "1e308",
    "1e-308",
    "1e999", "nan", "inf", "-inf", "0x1p3", "1_000", " 1", "٣", "1h", "292y", "999999y", "1ms", "-1h",
    "2026-03-01T00:00:00Z", "0000-00-00T00:00:00Z", "9999-12-31T23:59:59.999999999Z",
    "292277025-08-18T07:12:54Z",
    "lag_seconds", "lag_seconds[1h]", "{__name__=~\".+\"}", "{}", "sum(lag_seconds) by (region)",
    "((((((1))))))",
    "\u{0}", "\u{2028}", "é\u{301}", "lag_seconds @ 1e300", "lag_seconds offset 290y",
    "lag_seconds[290y:1ms]", "true",
    "lag_seconds @ end() offset -1y",
  ]

  @Test func everyRequestHasAnAnswer() throws {
    let seed = UInt64.random(in: 1 ... .max)
    var numbers = SeededNumbers(seed: seed)
    var settings = QuerySettings()
    settings.maximumSamples = 20_000
    settings.timeout = .seconds(2)
    let asking = Asking(ScriptedDaemon.filled(), settings)
    var statuses: [Int: Int] = [:]
    for round in 0..<4000 {
      var items: [(String, String)] = []
      for _ in 0..<Int.random(in: 0...6, using: &numbers) {
        var value = numbers.pick(Self.values)
        if numbers.chance(15) { value += numbers.pick(Self.values) }
        items.append((numbers.pick(Self.names), value))
      }
      if numbers.chance(60) { items.append(("query", "lag_seconds")) }
      let path = "/api/v1/" + numbers.pick(Self.paths)
      let request = Asking.request(path, items, method: numbers.chance(90) ? "GET" : "POST")
      let reply = try asking.reply(request)
      statuses[reply.status, default: 0] += 1
      #expect(
        [200, 204, 400, 404, 405, 422, 503].contains(reply.status),
        "seed \(seed) round \(round): \(path) \(items)")
      guard reply.body.hasPrefix("{") else { continue }
      let isJSON = (try? JSONSerialization.jsonObject(with: Data(reply.body.utf8))) != nil
      #expect(isJSON, "seed \(seed) round \(round): \(path) \(items)\n\(reply.body.prefix(500))")
    }
    #expect(statuses[200, default: 0] > 200 && statuses[400, default: 0] > 200, "seed \(seed): \(statuses)")
  }

  @Test func bodiesThatAreNoFormsAreNone() throws {
    let asking = Asking(ScriptedDaemon.filled())
    for body in ["query=%zz", "%", "=&=&&;", "query", "\u{0}"] {
      let reply = try asking.post("/api/v1/query", body)
      #expect(reply.status == 400 && reply.body.contains("no expression found in input"))
    }
  }

  @Test func longQueriesAreRefused() throws {
    let asking = Asking(ScriptedDaemon.filled())
    let long = try asking.get("/api/v1/query", ("query", String(repeating: "1+", count: 50_000) + "1"))
    #expect(long.status == 400 && long.body.contains("longer than 65536 bytes"))
    let deep = try asking.get("/api/v1/format_query", ("query", String(repeating: "(", count: 5000)))
    #expect(deep.status == 400 && deep.body.contains("levels deep"))
    let many = (0..<129).map { ("match[]", "a\($0)") }
    #expect(try asking.reply(Asking.request("/api/v1/series", many, method: "GET")).status == 400)
  }
}
