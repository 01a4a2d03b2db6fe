import FarwatchTesting
import Foundation
import Testing

/// Proof of page as an operator asks for it, with one receiver that works and one that is dead.
@Suite(.serialized) struct ProveTests {
  private func farwatch(_ arguments: [String]) async throws -> (exit: ChildProcess.Exit, output: String) {
    let child = try ChildProcess([FarwatchProcess.binary] + arguments)
    return (try await child.wait(timeout: .seconds(90)), child.output)
  }

  /// The fleet's receiver, a web hook that nobody answers, and the shipped rule at a pace that a test can wait for.
  private func fleet() throws -> (Fleet, deadPort: Int) {
    let fleet = try Fleet(regions: ["taiwan"])
    let deadPort = try freeLoopbackPort()
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let shipped = try String(contentsOf: root.appending(path: "rules/paging.yml"), encoding: .utf8)
    let hurried = shipped.replacingOccurrences(of: "2 * farwatch_receiver", with: "0.02 * farwatch_receiver")
      .replacingOccurrences(of: "for: 10m", with: "for: 0s")
      .replacingOccurrences(of: "interval: 30s", with: "interval: 1s")
    #expect(
      hurried.contains("0.02 * farwatch_receiver_proof_interval_seconds") && !hurried.contains("for: 10m"))
    try fleet.directory.write("paging.yml", hurried)
    let configuration = fleet.configuration().replacingOccurrences(
      of: "rule_files: [rules.yml]", with: "rule_files: [rules.yml, paging.yml]"
    ).replacingOccurrences(
      of: "routes:",
      with: """
              - {protocol: webhook, name: dead, url: "http://127.0.0.1:\(deadPort)/hook"}
              - {protocol: webhook, name: lost, url: "http://nowhere.invalid/hook"}
        routes:
        """)
    try fleet.directory.write("farwatch.yml", configuration + "proofs: {every: 1m, receivers: [dead]}\n")
    return (fleet, deadPort)
  }

  @Test(.timeLimit(.minutes(5))) func whoIsReachedAndWhoIsNot() async throws {
    let (fleet, _) = try fleet()
    try fleet.receiver.up()
    let daemon = try await fleet.run()
    try await waitUntil(timeout: .seconds(60), "the subscription is confirmed; \(fleet.log)") {
      await daemon.series("farwatch_subscription_confirmed", ["receiver": "http"]) == 1
    }
    let url = daemon.baseURL
    let good = try await farwatch(["prove", "--receiver", "critical/http", "--url", url])
    #expect(good.exit == .code(0), "\(good.output)")
    #expect(
      good.output.hasPrefix("critical/http (http://127.0.0.1:\(fleet.receiver.port)/…")
        && good.output.contains("): taken after ") && !good.output.contains("hook")
        && good.output.hasSuffix("status 200\n"), "\(good.output)")
    try await waitUntil(timeout: .seconds(30), "its end is told") {
      fleet.receiver.pages.filter { $0.alarm == "FarwatchProof" }.map(\.state) == ["ALARM", "OK"]
    }
    let page = try #require(fleet.receiver.pages.first { $0.alarm == "FarwatchProof" })
    #expect(page.subject.hasPrefix("TEST: \"FarwatchProof\"") && page.signatureIsValid)
    #expect(page.labels["receiver"] == "http" && page.labels["vantage"] == "test")
    #expect(page.body.contains("This is a test. Nothing is wrong."))
    try await waitUntil(timeout: .seconds(30), "the metric shows it") {
      await daemon.series("farwatch_receiver_last_proven_timestamp_seconds", ["receiver": "http"]) ?? 0 > 1e9
    }
    #expect(
      await daemon.series("farwatch_receiver_last_proven_timestamp_seconds", ["receiver": "dead"]) == nil)

    let all = try await farwatch(["prove", "--all", "--timeout", "2s", "--url", url])
    #expect(all.exit == .code(1), "\(all.output)")
    let lines = all.output.split(separator: "\n").map(String.init)
    #expect(lines.count == 3, "\(all.output)")
    #expect(lines.contains { $0.hasPrefix("critical/http ") && $0.contains("taken after") })
    #expect(
      lines.contains {
        $0.hasPrefix("critical/dead ") && $0.contains("still trying after 2s: connection_refused")
      }, "\(all.output)")
    #expect(lines.contains { $0.hasPrefix("critical/lost ") && $0.contains("dns") }, "\(all.output)")
    let json = try await farwatch(["prove", "--receiver", "dead", "--timeout", "1s", "--json", "--url", url])
    #expect(json.exit == .code(1))
    let told = try #require(
      try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]], "\(json.output)")
    #expect(told.count == 1 && told[0]["state"] as? String == "trying")
    #expect(told[0]["reason"] as? String == "connection_refused")
    let nobody = try await farwatch(["prove", "--receiver", "nobody", "--url", url])
    #expect(
      nobody.exit == .code(1) && nobody.output.contains("no receiver is called \"nobody\""),
      "\(nobody.output)")
    #expect(await daemon.get("/")?.body.contains("Last proven") == true)

    // The shipped rule, through the receiver that works.
    try await waitUntil(timeout: .seconds(60), "the other receiver hears of it; \(fleet.log)") {
      fleet.receiver.pages.contains { $0.alarm == "ReceiverUnproven" && $0.labels["receiver"] == "dead" }
    }
    #expect(
      !fleet.receiver.pages.contains { $0.alarm == "ReceiverUnproven" && $0.labels["receiver"] != "dead" })
    let events = try await farwatch(["events", "--alert", "FarwatchProof", "--json", "--url", url])
    #expect(
      events.output.contains("\"kind\":\"proof\"") || events.output.contains("proof"), "\(events.output)")
    #expect(events.output.contains("connection_refused") && events.output.contains("notified"))
    daemon.child.stop()
    #expect(daemon.child.poll() == .code(0))
  }
}
