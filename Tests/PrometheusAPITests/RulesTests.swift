@testable import Alerting
import HTTPServer
import Model
import Testing

@Suite struct RulesTests {
  private static func alert(_ region: String) -> RulesSnapshot.Alert {
    RulesSnapshot.Alert(
      identity: region, labels: ["alertname": "Down", "region": region], annotations: ["summary": "a<b"],
      state: .firing, activeAt: ScriptedDaemon.start + .milliseconds(1500), firedAt: nil,
      keepFiringSince: region == "eu" ? ScriptedDaemon.start + .seconds(60) : nil, value: 0.25)
  }

  private static func rule(
    _ kind: RulesSnapshot.RuleKind, _ name: String, alerts: [RulesSnapshot.Alert] = []
  ) -> RulesSnapshot.Rule {
    RulesSnapshot.Rule(
      kind: kind, name: name, query: "up{b=\"x\",a='y'}==0", labels: ["severity": "page"],
      annotations: .empty,
      hold: .seconds(90), keepFiring: .milliseconds(1500), health: alerts.isEmpty ? .unknown : .ok,
      lastError: kind == .recording ? "no \"good\"" : nil, templateError: nil,
      lastEvaluation: alerts.isEmpty ? nil : ScriptedDaemon.start, evaluationTime: .microseconds(1250),
      alerts: alerts)
  }

  private static func group(_ name: String, _ file: String, _ rules: [RulesSnapshot.Rule])
    -> RulesSnapshot.Group
  {
    RulesSnapshot.Group(
      name: name, file: file, interval: .seconds(15), queryOffset: .zero, limit: 7, rules: rules,
      lastEvaluation: ScriptedDaemon.start, evaluationTime: .milliseconds(2), failures: 0,
      templateFailures: 0,
      missedIntervals: 0
    )
  }

  private var asking: Asking {
    var daemon = ScriptedDaemon()
    daemon.snapshot = RulesSnapshot(groups: [
      Self.group("second", "b.yml", [Self.rule(.alerting, "Quiet")]),
      Self.group(
        "first", "a.yml",
        [
          Self.rule(.alerting, "Down", alerts: [Self.alert("eu"), Self.alert("us")]),
          Self.rule(.recording, "r:up"),
        ]), Self.group("third", "b.yml", [Self.rule(.recording, "r:down")]),
    ])
    return Asking(daemon)
  }

  private static let eu = #"""
    {"labels":{"alertname":"Down","region":"eu"},"annotations":{"summary":"a\u003cb"},"state":"firing",
    "activeAt":"2026-03-01T00:00:01.5Z","keepFiringSince":"2026-03-01T00:01:00Z","value":"2.5e-01"}
    """#.replacing("\n", with: "")
  private static let us = #"""
    {"labels":{"alertname":"Down","region":"us"},"annotations":{"summary":"a\u003cb"},"state":"firing",
    "activeAt":"2026-03-01T00:00:01.5Z","value":"2.5e-01"}
    """#.replacing("\n", with: "")

  @Test func rulesAreWrittenAsPrometheusWritesThem() throws {
    let reply = try asking.get("/api/v1/rules", ("rule_group[]", "first"))
    let down = #"""
      {"state":"firing","name":"Down","query":"up{a=\"y\",b=\"x\"} == 0","duration":90,"keepFiringFor":1.5,
      "labels":{"severity":"page"},"annotations":{},"alerts":[EU,US],"health":"ok","evaluationTime":0.00125,
      "lastEvaluation":"2026-03-01T00:00:00Z","type":"alerting"}
      """#.replacing("\n", with: "").replacing("EU", with: Self.eu).replacing("US", with: Self.us)
    let recorded = #"""
      {"name":"r:up","query":"up{a=\"y\",b=\"x\"} == 0","labels":{"severity":"page"},"health":"unknown",
      "lastError":"no \"good\"","evaluationTime":0.00125,"lastEvaluation":"0001-01-01T00:00:00Z","type":"recording"}
      """#.replacing("\n", with: "")
    #expect(
      reply.body == #"{"status":"success","data":{"groups":[{"name":"first","file":"a.yml","rules":["#
        + down + "," + recorded
        + #"],"interval":15,"limit":7,"evaluationTime":0.002,"lastEvaluation":"2026-03-01T00:00:00Z"}]}}"#)
    let alerts = try asking.get("/api/v1/alerts")
    #expect(alerts.body == #"{"status":"success","data":{"alerts":["# + Self.eu + "," + Self.us + "]}}")
  }

  /// Names of the groups and rules of an answer, in its order.
  private func names(_ items: (String, String)...) throws -> [String] {
    let asking = asking
    let reply = try asking.reply(Asking.request("/api/v1/rules", items, method: "GET"))
    #expect(reply.status == 200)
    return reply.body.split(separator: "\"name\":\"").dropFirst().map { String($0.prefix { $0 != "\"" }) }

  }

  @Test func filtersChoose() throws {
    #expect(try names() == ["first", "Down", "r:up", "second", "Quiet", "third", "r:down"])
    #expect(try names(("type", "alert")) == ["first", "Down", "second", "Quiet"])
    #expect(try names(("type", "RECORD")) == ["first", "r:up", "third", "r:down"])
    #expect(try names(("file[]", "b.yml")) == ["second", "Quiet", "third", "r:down"])
    #expect(
      try names(("rule_name[]", "Quiet"), ("rule_name[]", "r:up")) == ["first", "r:up", "second", "Quiet"])
    #expect(try names(("rule_group[]", "nobody")) == [])
    #expect(try names(("match[]", "{severity=\"page\"}"), ("file[]", "a.yml")) == ["first", "Down", "r:up"])
    #expect(try names(("match[]", "{severity=\"x\"}")) == [])
    let quiet = try asking.get("/api/v1/rules", ("exclude_alerts", "true"), ("rule_name[]", "Down"))
    #expect(quiet.body.contains("\"alerts\":[]") && quiet.body.contains("\"state\":\"firing\""))
  }

  @Test func groupsComeByPortions() throws {
    var seen: [String] = []
    var token: String?
    for _ in 0..<4 {
      var items = [("group_limit", "1"), ("type", "")]
      if let token { items.append(("group_next_token", token)) }
      let body = try asking.reply(Asking.request("/api/v1/rules", items, method: "GET")).body
      seen.append(
        body.split(separator: "\"name\":\"").dropFirst().first.map { String($0.prefix { $0 != "\"" }) } ?? "")
      token = body.split(separator: "groupNextToken\":\"").dropFirst().first.map {
        String($0.prefix { $0 != "\"" })
      }
      if token == nil { break }
    }
    #expect(seen == ["first", "second", "third"])
  }

  @Test(arguments: [
    ([("type", "x")], #"invalid parameter \"type\": not supported value \"x\""#),
    ([("group_limit", "0")], #"invalid parameter \"group_limit\": group_limit needs to be greater than 0"#),
    (
      [("group_limit", "x")],
      #"invalid parameter \"group_limit\": group_limit needs to be a valid number: strconv.ParseInt: "#
        + #"parsing \"x\": invalid syntax"#
    ),
    (
      [("group_next_token", "x")],
      #"invalid parameter \"group_next_token\": group_limit needs to be present in order to paginate over the groups"#
    ),
    (
      [("group_limit", "1"), ("group_next_token", "x")],
      #"invalid parameter \"group_next_token\": invalid group_next_token 'x'. were rule groups changed?"#
    ),
    (
      [("exclude_alerts", "x")],
      #"invalid parameter \"exclude_alerts\": strconv.ParseBool: parsing \"x\": invalid syntax"#
    ), ([("match[]", "{}")], "match[] must contain at least one non-empty matcher"),
  ])
  func wrongQuestionsAreTold(items: [(String, String)], message: String) throws {
    let reply = try asking.reply(Asking.request("/api/v1/rules", items, method: "GET"))
    #expect(reply.status == 400)
    #expect(reply.body == #"{"status":"error","errorType":"bad_data","error":""# + message + "\"}")
  }

  @Test func aBusyCoreIs503() throws {
    var daemon = ScriptedDaemon()
    daemon.snapshot = nil
    daemon.shownTargets = nil
    for path in ["rules", "alerts", "targets", "targets/metadata"] {
      let reply = try Asking(daemon).get("/api/v1/\(path)")
      #expect(reply.status == 503 && reply.body.contains("\"errorType\":\"unavailable\""))
      #expect(reply.headers.contains(HTTPServerField("Retry-After", "1")))
    }
  }
}
