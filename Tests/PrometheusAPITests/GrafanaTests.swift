import Foundation
import Model
import Testing

@testable import PrometheusAPI

/// What Grafana's Prometheus data source asks: to find out what stands before it, to fill its editors, and to draw.
@Suite struct GrafanaTests {
  private func json(_ reply: Asking.Reply) throws -> [String: Any] {
    #expect(reply.status == 200, "\(reply.body)")
    let all = try #require(try JSONSerialization.jsonObject(with: Data(reply.body.utf8)) as? [String: Any])
    #expect(all["status"] as? String == "success")
    return all
  }

  @Test func aDataSourceIsTestedAndUsed() throws {
    var daemon = ScriptedDaemon.filled()
    daemon.shownFamilies = [.counter("requests_total", "Requests.")]
    let asking = Asking(daemon)
    let span = "start=1772323200&end=1772326800"
    // "Save & test", and which product and version it is.
    let tested = try json(try asking.post("/api/v1/query", "query=1%2B1&time=1772326800"))
    #expect((tested["data"] as? [String: Any])?["resultType"] as? String == "scalar")
    let build = try json(try asking.get("/api/v1/status/buildinfo"))["data"] as? [String: Any]
    #expect(build?["version"] as? String == "1.2.3" && build?["features"] is [String: Any])
    // The editor: metrics, their kinds, labels and values of what is chosen.
    let names = try json(
      try asking.get("/api/v1/label/__name__/values", ("start", "1772323200"), ("end", "1772326800")))
    #expect(names["data"] as? [String] == ["errors_total", "lag_seconds", "requests_total"])
    let metadata = try json(try asking.get("/api/v1/metadata"))["data"] as? [String: [[String: String]]]
    #expect(metadata?["requests_total"]?.first?["type"] == "counter")
    let labels = try json(
      try asking.post("/api/v1/labels", "\(span)&match%5B%5D=requests_total%7Bregion%3D%22japan%22%7D"))
    #expect(labels["data"] as? [String] == ["__name__", "region"])
    let values = try json(
      try asking.get("/api/v1/label/region/values", ("match[]", "requests_total"), ("start", "1772323200")))
    #expect(values["data"] as? [String] == ["japan", "taiwan"])
    let series = try json(
      try asking.post("/api/v1/series", "\(span)&match%5B%5D=%7B__name__%3D%22lag_seconds%22%7D&limit=40000"))
    #expect((series["data"] as? [Any])?.count == 2)
    // A panel, with Grafana's headers' worth of parameters.
    let panel = try json(
      try asking.post(
        "/api/v1/query_range",
        "query=sum+by+%28region%29+%28rate%28requests_total%5B1m0s%5D%29%29&\(span)&step=15.000"))
    let drawn = (panel["data"] as? [String: Any])?["result"] as? [[String: Any]]
    #expect(drawn?.count == 2)
    let points = try #require(drawn?.first?["values"] as? [[Any]])
    #expect(points.count > 200 && points.last?[1] as? String == "1")
    // A table or a stat, exemplars, annotations and alert lists.
    let instant = try json(try asking.post("/api/v1/query", "query=lag_seconds&time=1772326800.123"))
    #expect(((instant["data"] as? [String: Any])?["result"] as? [Any])?.count == 2)
    #expect(
      try json(try asking.post("/api/v1/query_exemplars", "query=requests_total&\(span)"))["data"]
        as? [String] == [])
    #expect(try json(try asking.get("/api/v1/rules", ("type", "alert")))["data"] is [String: Any])
    #expect(try json(try asking.get("/api/v1/alerts"))["data"] is [String: Any])
    // Rate of a panel whose range ends in the future and whose window is a variable.
    let future = try json(
      try asking.post(
        "/api/v1/query_range", "query=lag_seconds&start=1772326000&end=1772330000&step=3600&timeout=60s"))
    #expect(((future["data"] as? [String: Any])?["result"] as? [Any])?.count == 2)
  }
}
