import FarwatchTesting
import Foundation
import Testing

/// Three daemons that read each other's pages: a broken path is not a region that is down.
@Suite(.serialized) struct QuorumTests {
  private static let rules = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../rules/regions.yml").standardized.path

  private struct Place {
    var name: String
    var port: Int
    /// Where its check goes.
    var target: Int
  }

  /// Starts one watcher in a directory of its own, which knows the others as peers.
  private func start(
    _ place: Place, _ others: [Place], _ directory: TemporaryDirectory, _ receiver: WebhookReceiver
  ) async throws -> FarwatchProcess {
    let peers = others.map {
      "  - {name: \($0.name), interval: 300ms, timeout: 1s, peer: {url: \"http://127.0.0.1:\($0.port)/metrics\"}}"
    }
    let file = try directory.write(
      "\(place.name).yml",
      """
      vantage: \(place.name)
      listen: 127.0.0.1:\(place.port)
      state: state-\(place.name)
      regions: {japan: {}}
      health:
        defaults: {interval: 300ms, timeout: 500ms, failures: 2, successes: 2, confirm: 100ms}
        checks:
          - {name: api, region: japan, http: {url: "http://127.0.0.1:\(place.target)/actuator/health/readiness"}}
      quorum: {agree: 2, fresh_for: 5s}
      collect:
      \(peers.joined(separator: "\n"))
      topics:
        critical: {subscriptions: [{protocol: http, endpoint: "\(receiver.endpoint)"}]}
      routes: [{match: {severity: page}, topic: critical}, {topic: critical}]
      rule_files: [\(Self.rules)]

      """)
    return try await FarwatchProcess.run(file, port: place.port, log: directory.file("\(place.name).log"))
  }

  @Test(.timeLimit(.minutes(5)))
  func aBrokenPathIsTellableFromARegionThatIsDown() async throws {
    let directory = try TemporaryDirectory("farwatch-quorum")
    let japan = try TestRegion("japan")
    let receiver = try WebhookReceiver()
    try receiver.up()
    // The first watcher's way leads over a line that can be cut.
    let line = try FaultyProxy(to: japan.port)
    var places: [Place] = []
    for (name, target) in [("oregon", line.port), ("sydney", japan.port), ("dublin", japan.port)] {
      places.append(Place(name: name, port: try freeLoopbackPort(), target: target))
    }
    var daemons: [FarwatchProcess] = []
    for place in places {
      daemons.append(try await start(place, places.filter { $0.name != place.name }, directory, receiver))
    }
    let oregon = daemons[0]
    func verdict(_ daemon: FarwatchProcess, _ name: String) async -> Bool {
      await daemon.series("farwatch_region_quorum_verdict", ["region": "japan", "verdict": name]) == 1
    }
    try await waitUntil(timeout: .seconds(60), "all three are heard") {
      guard await verdict(oregon, "up") else { return false }
      return await oregon.series("farwatch_quorum_fresh_vantages", ["region": "japan"]) == 3
    }
    line.freeze()
    try await waitUntil(timeout: .seconds(30), "the path is found broken") {
      await verdict(oregon, "path_broken")
    }
    #expect(await oregon.series("farwatch_region_state", ["region": "japan", "state": "down"]) == 1)
    #expect(await oregon.series("farwatch_region_quorum_state", ["region": "japan", "state": "down"]) == 0)
    #expect(await verdict(daemons[1], "up"))
    #expect(!receiver.pages.contains { $0.alarm == "RegionDown" }, "others reach it")
    // Now it is really down, and all of them see it.
    line.thaw()
    try await waitUntil(timeout: .seconds(30), "the path is mended") { await verdict(oregon, "up") }
    japan.down()
    try await waitUntil(timeout: .seconds(30), "each watcher pages") {
      receiver.pages.count { $0.alarm == "RegionDown" && $0.state == "ALARM" } == 3
    }
    // Alone, it cannot say, and says that.
    for other in daemons.dropFirst() { try await other.kill() }
    try await waitUntil(timeout: .seconds(60), "too few are heard") {
      await oregon.series("farwatch_region_quorum_state", ["region": "japan", "state": "unknown"]) == 1
    }
    #expect(await oregon.series("farwatch_peer_up", ["peer": "sydney"]) == 0)
    line.stop()
  }
}
