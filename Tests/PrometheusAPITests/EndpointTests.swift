import Foundation
import HTTPServer
import Model
import SampleStore
import Testing

@testable import PrometheusAPI

/// What has no place in the comparison with a real Prometheus: what 2.42 does not know, and what only a daemon tells.
@Suite struct EndpointTests {
  private func data(_ reply: Asking.Reply) -> String {
    let (front, end) = (#"{"status":"success","data":"#, "}")
    guard reply.status == 200, reply.body.hasPrefix(front) else { return "\(reply.status) \(reply.body)" }
    return String(reply.body.dropFirst(front.count).dropLast(end.count))
  }

  @Test func theDaemonTellsOfItself() throws {
    let asking = Asking(ScriptedDaemon.filled())
    #expect(data(try asking.get("/api/v1/status/config")) == #"{"yaml":"regions:\n  r: {}\n"}"#)
    #expect(
      data(try asking.get("/api/v1/status/flags")) == #"{"config.file":"a\u003cb","query.timeout":"30s"}"#)
    #expect(
      data(try asking.get("/api/v1/status/buildinfo")).hasPrefix(
        #"{"application":"farwatch","version":"1.2.3","#))
    let runtime = data(try asking.get("/api/v1/status/runtimeinfo"))
    #expect(runtime.contains(#""startTime":"2026-03-01T00:00:00Z","CWD":"/srv","#))
    #expect(
      runtime.contains(
        #""reloadConfigSuccess":false,"lastConfigTime":"2026-03-01T00:00:01.5Z","corruptionCount":2,"#))
    #expect(runtime.hasSuffix(#""storageRetention":"3d"}"#))
    #expect(data(try asking.get("/api/v1/status/walreplay")) == #"{"min":0,"max":0,"current":0}"#)
    #expect(
      data(try asking.get("/api/v1/status/tsdb", ("limit", "2")))
        == #"{"headStats":{"numSeries":3,"numLabelPairs":5,"chunkCount":4,"minTime":1772323200000,"#
        + #""maxTime":1772323260000},"seriesCountByMetricName":[{"name":"errors_total","value":2},"#
        + #"{"name":"lag_seconds","value":2}],"labelValueCountByLabelName":[{"name":"__name__","value":3},"#
        + #"{"name":"region","value":2}],"memoryInBytesByLabelName":[{"name":"__name__","value":37},"#
        + #"{"name":"region","value":11}],"seriesCountByLabelValuePair":[{"name":"region=japan","value":3},"#
        + #"{"name":"region=taiwan","value":3}]}"#)
    #expect(try asking.get("/api/v1/status/tsdb", ("limit", "0")).status == 400)
  }

  @Test func collectorsAreTargets() throws {
    var daemon = ScriptedDaemon()
    var target = TargetInformation(
      kind: "http", name: "shop", labels: ["check": "shop", "region": "eu"], interval: .seconds(15),
      timeout: .seconds(5), families: [.gauge("probe_success", "Whether it worked.")])
    target.health = .down
    target.problem = "timeout: \"slow\""
    target.lastRun = ScriptedDaemon.start
    target.took = .milliseconds(5000)
    daemon.shownTargets = [target]
    let asking = Asking(daemon)
    let labels = #"{"check":"shop","instance":"shop","job":"http","region":"eu"}"#
    #expect(
      data(try asking.get("/api/v1/targets"))
        == #"{"activeTargets":[{"discoveredLabels":{},"labels":"# + labels
        + #","scrapePool":"http","scrapeUrl":"","globalUrl":"","lastError":"timeout: \"slow\"","#
        + #""lastScrape":"2026-03-01T00:00:00Z","lastScrapeDuration":5,"health":"down","scrapeInterval":"15s","#
        + #""scrapeTimeout":"5s"}],"droppedTargets":[],"droppedTargetCounts":{}}"#)
    for items in [("state", "dropped"), ("scrapePool", "tcp")] {
      #expect(data(try asking.get("/api/v1/targets", items)).hasPrefix(#"{"activeTargets":[],"#))
    }
    let row =
      #"[{"target":"# + labels + #","metric":"probe_success","type":"gauge","help":"Whether it worked.","#
      + #""unit":""}]"#
    #expect(data(try asking.get("/api/v1/targets/metadata", ("match_target", "{job=\"http\"}"))) == row)
    #expect(
      data(try asking.get("/api/v1/targets/metadata", ("metric", "probe_success")))
        == row.replacing(#""metric":"probe_success","#, with: ""))
    #expect(try asking.get("/api/v1/targets/metadata", ("metric", "nothing")).status == 404)
  }

  @Test func metadataIsThatOfTheMetricsPage() throws {
    var daemon = ScriptedDaemon()
    daemon.shownFamilies = [
      .gauge("b", "second"), .counter("a_total", "first"), .init("c", .untyped, help: ""),
    ]
    let asking = Asking(daemon)
    let a = #""a_total":[{"type":"counter","help":"first","unit":""}]"#
    let b = #""b":[{"type":"gauge","help":"second","unit":""}]"#
    #expect(
      data(try asking.get("/api/v1/metadata"))
        == "{\(a),\(b)," + #""c":[{"type":"unknown","help":"","unit":""}]}"#)
    #expect(data(try asking.get("/api/v1/metadata", ("limit", "1"))) == "{\(a)}")
    #expect(data(try asking.get("/api/v1/metadata", ("metric", "b"))) == "{\(b)}")
    #expect(data(try asking.get("/api/v1/metadata", ("metric", "x"))) == "{}")
  }

  @Test func warningsAndInfosAreSaidApart() throws {
    let asking = Asking(ScriptedDaemon.filled())
    let reply = try asking.get("/api/v1/query", ("query", "rate(lag_seconds[5m])"))
    #expect(
      reply.body.hasSuffix(
        #","infos":["PromQL info: metric might not be a counter, name does not end in "#
          + #"_total/_sum/_count/_bucket: \"lag_seconds\" (1:6)"]}"#), "\(reply.body)")
    let warned = try asking.get("/api/v1/query", ("query", "quantile(2, lag_seconds)"))
    #expect(warned.body.contains(#","warnings":["PromQL warning: quantile value should be between 0 and 1"#))
  }

  @Test func aLookbackMayBeChosen() throws {
    let asking = Asking(ScriptedDaemon.filled())
    // The newest sample is 15 s old.
    #expect(
      try asking.get("/api/v1/query", ("query", "lag_seconds"), ("lookback_delta", "10s")).body
        .contains("\"result\":[]"))
    #expect(
      !(try asking.get("/api/v1/query", ("query", "lag_seconds"), ("lookback_delta", "20"))).body
        .contains("\"result\":[]"))
    #expect(
      try asking.get("/api/v1/query", ("query", "1"), ("lookback_delta", "x")).body
        == #"{"status":"error","errorType":"bad_data","error":"error parsing lookback delta duration: "#
        + #"cannot parse \"x\" to a valid duration"}"#)
  }

  @Test func statisticsAreThereWhenAsked() throws {
    let body = try Asking(ScriptedDaemon.filled()).get(
      "/api/v1/query", ("query", "lag_seconds[1m]"), ("stats", "all")
    ).body
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: [String: Any]]? ?? nil
        ?? (try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])?["data"].map {
          ["data": $0 as? [String: Any] ?? [:]]
        })
    let stats = try #require(json["data"]?["stats"] as? [String: [String: Any]])
    #expect((stats["samples"]?["totalQueryableSamples"] as? Int ?? 0) >= 6)
    #expect(stats["timings"]?.count == 6)
  }

  @Test func formsOfBodiesComeFirst() throws {
    let asking = Asking(ScriptedDaemon.filled())
    let reply = try asking.post(
      "/api/v1/query", "query=1%2B1&time=5", query: [("query", "7"), ("time", "9"), ("limit", "x")])
    #expect(reply.status == 400)
    let good = try asking.post("/api/v1/query", "query=1%2B1&time=5", query: [("query", "7")])
    #expect(data(good) == #"{"resultType":"scalar","result":[5,"2"]}"#)
  }

  @Test func namesInPathsMayBeEscaped() throws {
    let daemon = ScriptedDaemon()
    _ = daemon.store.series(.gauge("m", ""), ["a.b": "dotted", "ä_1": "umlaut"]).map {
      daemon.store.append(1, at: ScriptedDaemon.start, to: $0)
    }
    let asking = Asking(daemon)
    #expect(data(try asking.get("/api/v1/label/U__a_2e_b/values")) == #"["dotted"]"#)
    #expect(data(try asking.get("/api/v1/label/a.b/values")) == #"["dotted"]"#)
    #expect(data(try asking.get("/api/v1/label/U___e4___1/values")) == #"["umlaut"]"#)
    for (escaped, name) in [
      ("U__", ""), ("U__a", "a"), ("U__a__b", "a_b"), ("U__a_", "U__a_"), ("U__a_zz_", "U__a_zz_"),
      ("U___d800_", "U___d800_"), ("U___1234567_", "U___1234567_"), ("a_2e_b", "a_2e_b"),
      ("U___+2e_", "U___+2e_"),
    ] {
      #expect(EscapedName.decode(escaped) == name)
    }
  }

  @Test func aTreeIsTold() throws {
    let asking = Asking(ScriptedDaemon())
    #expect(
      data(
        try asking.get(
          "/api/v1/parse_query", ("query", "-sum by (a) (rate(up{b=~\"c\"}[5m] offset 1m)) > bool 1")))
        == #"{"bool":true,"lhs":{"expr":{"expr":{"args":[{"anchored":false,"matchers":[{"name":"b","type":"=~","#
        + #""value":"c"},{"name":"__name__","type":"=","value":"up"}],"name":"up","offset":60000,"range":300000,"#
        + #""smoothed":false,"startOrEnd":null,"timestamp":null,"type":"matrixSelector"}],"func":{"argTypes":"#
        + #"["matrix"],"name":"rate","returnType":"vector","variadic":0},"type":"call"},"grouping":["a"],"op":"sum","#
        + #""param":null,"type":"aggregation","without":false},"op":"-","type":"unaryExpr"},"matching":null,"#
        + #""op":">","rhs":{"type":"numberLiteral","val":"1"},"type":"binaryExpr"}"#)
  }

  @Test func histogramsAreWrittenAsPrometheusWritesThem() throws {
    let daemon = ScriptedDaemon()
    var histogram = FloatHistogram()
    histogram.count = 6
    histogram.sum = 1.5
    histogram.zeroThreshold = 0.001
    histogram.zeroCount = 1
    histogram.positiveSpans = [.init(offset: 0, length: 2)]
    histogram.positiveBuckets = [2, 3]
    let id = try #require(daemon.store.series(.init("h", .histogram, help: ""), .empty))
    daemon.store.append(histogram, at: ScriptedDaemon.start + .seconds(3590), to: id)
    let shown =
      #"{"count":"6","sum":"1.5","buckets":[[3,"-0.001","0.001","1"],[0,"0.5","1","2"],[0,"1","2","3"]]}"#
    #expect(
      data(try Asking(daemon).get("/api/v1/query", ("query", "h")))
        == #"{"resultType":"vector","result":[{"metric":{"__name__":"h"},"histogram":[1772326800,"# + shown
        + "]}]}")
    #expect(
      data(try Asking(daemon).get("/api/v1/query", ("query", "h[1m]")))
        == #"{"resultType":"matrix","result":[{"metric":{"__name__":"h"},"histograms":[[1772326790,"# + shown
        + "]]}]}")
  }

  /// Prometheus, too, tells by the first and the last sample of a chunk, stale markers among them.
  @Test func seriesAreThoseOfWhichAChunkOverlapsTheSpan() throws {
    let daemon = ScriptedDaemon()
    for (name, second) in [("early", 100), ("late", 3000)] {
      let id = try #require(daemon.store.series(.gauge("m", ""), ["n": name]))
      daemon.store.append(1, at: ScriptedDaemon.start + .seconds(second), to: id)
      daemon.store.append(StaleMarker.value, at: ScriptedDaemon.start + .seconds(second + 15), to: id)
    }
    let asking = Asking(daemon)
    func names(_ start: Int, _ end: Int) throws -> String {
      let base = 1_772_323_200
      return data(
        try asking.get("/api/v1/label/n/values", ("start", "\(base + start)"), ("end", "\(base + end)")))
    }
    #expect(try names(0, 3600) == #"["early","late"]"#)
    #expect(try names(100, 100) == #"["early"]"#)
    #expect(try names(115, 2999) == #"["early"]"#)
    #expect(try names(116, 2999) == "[]")
    #expect(try names(50, 200) == #"["early"]"#)
    #expect(try names(3000, 3001) == #"["late"]"#)
    #expect(try names(3015, 9999) == #"["late"]"#)
    #expect(try names(3016, 9999) == "[]")
    #expect(try names(0, 99) == "[]")
  }
}
