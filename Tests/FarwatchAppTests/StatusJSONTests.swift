import Foundation
import HTTPServer
import Model
import StatusPage
import Synchronization
import Testing

@testable import FarwatchApp

@Suite struct StatusJSONTests {
  private func read(_ snapshot: StatusSnapshot) throws -> [String: Any] {
    let text = StatusJSON(snapshot: snapshot).document.compact
    return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  private func first(_ name: String, _ document: [String: Any]) -> [String: Any] {
    (document[name] as? [[String: Any]])?.first ?? [:]
  }

  private var quiet: StatusSnapshot {
    StatusSnapshot(
      takenAt: dayStart, startedAt: dayStart, vantage: "test", version: "1", ready: true,
      lastReloadProblem: nil,
      regions: [
        .init(
          name: "japan", role: "standby", share: nil, verdict: .unknown,
          checks: [.init(name: "api", verdict: .unknown, since: nil, consecutiveFailures: 0, problem: nil)])
      ],
      links: [
        .init(
          name: "db", engine: "postgres", source: "taiwan", target: "japan", recoveryPoint: nil,
          objective: .seconds(5), measured: false, problem: nil)
      ],
      backups: [
        .init(
          job: "nightly", region: "japan", newestGood: nil, objective: .seconds(3600), sizeBytes: nil,
          measured: false, problem: nil)
      ], alerts: [], ruleProblems: [], receivers: [])
  }

  @Test func whatIsNotKnownIsNullWithAReason() throws {
    let document = try read(quiet)
    let link = first("links", document)
    #expect(link["recoveryPoint"] is NSNull && link["exposureSeconds"] is NSNull)
    #expect(link["verdict"] as? String == "unknown")
    #expect(link["reason"] as? String == "no recovery point is known")
    let backup = first("backups", document)
    #expect(backup["ageSeconds"] is NSNull && backup["sizeBytes"] is NSNull)
    #expect(backup["reason"] as? String == "not measured yet")
    let check = first("checks", first("regions", document))
    #expect(check["latencySeconds"] is NSNull && check["reason"] as? String == "no probe has ended yet")
    let readiness = first("readiness", document)
    #expect(readiness["exposureSeconds"] is NSNull && readiness["takesSeconds"] is NSNull)
    #expect(readiness["verdict"] as? String == "unknown")
    #expect((readiness["reason"] as? String)?.contains("not measured") == true)
    #expect(document["store"] is NSNull)
  }

  @Test func whatIsKnownHasItsUnit() throws {
    var snapshot = quiet
    snapshot.links[0].recoveryPoint = dayStart - .milliseconds(800)
    snapshot.links[0].measured = true
    snapshot.rehearsals = [
      .init(region: "japan", takes: .seconds(40), lastProven: dayStart - .seconds(86_400))
    ]
    // Of the page's own making: a region that is not known to be well is no place to go.
    #expect(first("readiness", try read(snapshot))["verdict"] as? String == "unknown")
    snapshot.regions[0].verdict = .good
    let document = try read(snapshot)
    #expect(first("links", document)["exposureSeconds"] as? Double == 0.8)
    let readiness = first("readiness", document)
    #expect(readiness["exposureSeconds"] as? Double == 0.8 && readiness["takesSeconds"] as? Double == 40)
    #expect(readiness["lastProven"] as? String == "2025-12-31T00:00:00.000Z")
    #expect(
      readiness["verdict"] as? String == "good" && readiness["reason"] is NSNull
        && readiness["workload"] is NSNull)
    // A second link of which nothing is known, and nobody knows what would be lost.
    snapshot.links.append(quiet.links[0])
    #expect(first("readiness", try read(snapshot))["exposureSeconds"] is NSNull)
    #expect(first("readiness", try read(snapshot))["verdict"] as? String == "unknown")
  }

  @Test func thePageAndTheDocumentAreOfOneMind() throws {
    var snapshot = quiet
    var shop = StatusSnapshot.Readiness(workload: "shop", region: "japan", verdict: .bad)
    (shop.loses, shop.worst) = (.seconds(90), "orders")
    shop.objections = ["more would be lost than the objective allows: orders"]
    snapshot.standings = [shop]
    snapshot.failovers = [
      .init(
        workload: "shop", from: "taiwan", to: "japan", startedAt: dayStart, isOver: true,
        steps: [.init(name: "serving", at: dayStart)], recoveryTime: .seconds(40),
        recoveryTimeObjective: .seconds(60))
    ]
    snapshot.stuckCollectors = 2
    snapshot.isOffline = false
    snapshot.backups[0].foundBad = 1
    let document = try read(snapshot)
    let page = String(decoding: StatusPage.render(snapshot), as: UTF8.self)
    let one = first("readiness", document)
    #expect(one["workload"] as? String == "shop" && one["verdict"] as? String == "bad")
    for name in ["sentence", "call"] { #expect(page.contains(try #require(one[name] as? String))) }
    for reason in try #require(one["reasons"] as? [String]).prefix(1) {
      #expect(page.lowercased().contains(reason))
    }
    let judgement = try #require(document["judgement"] as? [String: Any])
    #expect(page.contains(try #require(judgement["text"] as? String)))
    #expect(page.contains(try #require(judgement["failover"] as? String)))
    #expect(judgement["verdict"] as? String == snapshot.judgement.verdict.rawValue)
    #expect(first("failovers", document)["recoverySeconds"] as? Double == 40)
    #expect(document["stuckCollectors"] as? Int == 2 && document["offline"] as? Bool == false)
    #expect(first("backups", document)["filesFoundBad"] as? Double == 1)
  }

  @Test func trafficIsNullWhereNothingTells() throws {
    var snapshot = quiet
    #expect(first("regions", try read(snapshot))["traffic"] is NSNull)
    snapshot.regions[0].traffic = .init(requests: 12.5, problem: "`errors` finds nothing")
    let traffic = try #require(first("regions", try read(snapshot))["traffic"] as? [String: Any])
    #expect(traffic["requestsPerSecond"] as? Double == 12.5 && traffic["errorsPerSecond"] is NSNull)
    #expect(traffic["reason"] as? String == "`errors` finds nothing")
  }

  /// What is measured anew all the time is no news.
  @Test func aMeasurementIsNoNewsUntilAVerdictTurns() {
    var snapshot = quiet
    snapshot.links[0].recoveryPoint = dayStart
    snapshot.links[0].measured = true
    let before = StatusJSON(snapshot: snapshot)
    snapshot.takenAt = dayStart + .seconds(2)
    snapshot.links[0].recoveryPoint = dayStart + .seconds(1)
    snapshot.regions[0].checks[0].latencySeconds = 0.5
    snapshot.regions[0].traffic = .init(requests: 7)
    let measured = StatusJSON(snapshot: snapshot)
    #expect(measured.fingerprint == before.fingerprint)
    snapshot.takenAt = dayStart + .seconds(7)
    #expect(
      StatusJSON(snapshot: snapshot).fingerprint != before.fingerprint, "its objective is missed")
    snapshot.takenAt = dayStart + .seconds(2)
    snapshot.regions[0].checks[0].verdict = .bad
    #expect(StatusJSON(snapshot: snapshot).fingerprint != before.fingerprint)
  }

  @Test func whatIsMadeOfOthersAwaitsNoProbe() throws {
    var snapshot = quiet
    snapshot.regions[0].checks[0].madeOf = "at least 1 of a, b"
    let check = first("checks", first("regions", try read(snapshot)))
    #expect(check["calculatedFrom"] as? String == "at least 1 of a, b" && check["reason"] is NSNull)
  }

  @Test func foreignTextIsQuoted() throws {
    let document = try read(.foreign)
    #expect((first("regions", document)["name"] as? String)?.contains("<script>") == true)
    #expect((first("alerts", document)["labels"] as? [String: String])?["l"]?.contains("\"") == true)
  }

  @Test func timeAloneIsNoChangeUnlessAVerdictTurns() {
    var snapshot = quiet
    snapshot.links[0].recoveryPoint = dayStart
    snapshot.links[0].measured = true
    let before = StatusJSON(snapshot: snapshot).fingerprint
    snapshot.takenAt = dayStart + .seconds(4)
    #expect(StatusJSON(snapshot: snapshot).fingerprint == before)
    // Newer measurements that say the same are no news.
    snapshot.links[0].recoveryPoint = dayStart + .seconds(1)
    snapshot.regions[0].checks[0].latencySeconds = 0.07
    #expect(StatusJSON(snapshot: snapshot).fingerprint == before)
    snapshot.links[0].recoveryPoint = dayStart
    snapshot.takenAt = dayStart + .seconds(6)
    #expect(StatusJSON(snapshot: snapshot).fingerprint != before)
  }

  @Test func theTagSavesSendingItAgain() {
    let daemon = StandIn()
    func ask(_ method: String, _ tag: String? = nil) -> HTTPServerResponse {
      let headers = tag.map { [HTTPServerField("if-none-match", $0)] } ?? []
      return Endpoints(daemon: daemon).answer(
        HTTPServerRequest(method: method, path: "/api/status", headers: headers))
    }
    let full = ask("GET")
    let tag = full.headers.first { $0.name == "ETag" }?.value ?? ""
    #expect(full.status == 200 && full.contentType == "application/json" && tag.hasPrefix("W/\""))
    #expect(ask("HEAD").status == 200)
    let same = ask("GET", "\"other\", \(tag)")
    #expect(same.status == 304 && same.body.count == 0)
    #expect(ask("GET", "\"other\"").status == 200)
    #expect(ask("POST").status == 405)
    daemon.busy.withLock { $0 = true }
    #expect(ask("GET").status == 503)
  }
}
