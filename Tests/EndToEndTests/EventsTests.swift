import FarwatchTesting
import Foundation
import Testing

/// The journal as operators ask for it, and the heartbeat as its receiver sees it.
@Suite(.serialized) struct EventsTests {
  private func farwatch(_ arguments: [String]) async throws -> (exit: ChildProcess.Exit, output: String) {
    let child = try ChildProcess([FarwatchProcess.binary] + arguments)
    return (try await child.wait(timeout: .seconds(90)), child.output)
  }

  @Test(.timeLimit(.minutes(5))) func whatHappenedIsToldAndTamperingIsFound() async throws {
    let fleet = try Fleet(regions: ["taiwan", "japan"])
    var daemon = try await fleet.runConfirmed()
    fleet.regions[0].down()
    try await fleet.expectPages(fleet.regions[0], ["ALARM"])
    try await daemon.kill()
    daemon = try await fleet.run()
    try fleet.regions[0].up()
    try await fleet.expectPages(fleet.regions[0], ["ALARM", "OK"], repeatsAreDropped: true)

    let url = daemon.baseURL
    let answer = try #require(await daemon.get("/api/events?alert=RegionDown&order=asc"))
    let events = try #require(
      try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [[String: Any]])
    let kinds = events.compactMap { $0["kind"] as? String }
    // The answer to the last page may be on its way.
    #expect(
      ["firing", "notified", "attempt", "resolved", "notified", "attempt"].starts(with: kinds), "\(kinds)")
    #expect(kinds.count >= 5, "\(answer.body)")
    #expect(await daemon.get("/api/events?kind=nonsense")?.status == 400)
    #expect(await daemon.get("/")?.body.contains("What happened") == true)
    let started = try await farwatch(["events", "--url", url, "--kind", "started", "--json"])
    #expect(started.exit == .code(0) && started.output.split(separator: "\n").count == 2, "\(started.output)")
    let table = try await farwatch(["events", "--url", url, "--since", "1h", "--alert", "RegionDown"])
    #expect(table.output.contains("region=taiwan") && table.output.contains("resolved"), "\(table.output)")
    let holds = try await farwatch(["events", "--url", url, "--verify"])
    #expect(holds.exit == .code(0) && holds.output.contains("The chain holds"), "\(holds.output)")

    let follower = try ChildProcess([FarwatchProcess.binary, "events", "--url", url, "--follow", "--json"])
    try await waitUntil(timeout: .seconds(30), "the past is shown") { follower.output.contains("resolved") }
    fleet.regions[1].down()
    try await waitUntil(timeout: .seconds(30), "what happens is shown: \(follower.output)") {
      follower.output.contains("japan")
    }
    follower.stop()
    daemon.child.stop()
    #expect(daemon.child.poll() == .code(0))
    try await stopped(fleet)
  }

  /// The state of a daemon that is not there any more.
  private func stopped(_ fleet: Fleet) async throws {
    let state = fleet.directory.file("state")
    let all = try await farwatch(["events", "--state", state, "--limit", "10000"])
    #expect(all.exit == .code(0) && all.output.contains("stopped"), "\(all.output)")
    let holds = try await farwatch(["events", "--state", state, "--verify"])
    #expect(holds.exit == .code(0), "\(holds.output)")
    try await ChildProcess.run([
      "sqlite3", "\(state)/state.sqlite",
      "UPDATE journal SET value = replace(value, 'firing', 'ended') WHERE value LIKE '%\"firing\"%taiwan%'",
    ])
    let changed = try await farwatch(["events", "--state", state, "--verify"])
    #expect(changed.exit == .code(1) && changed.output.contains("was changed"), "\(changed.output)")
    let missing = try await farwatch(["events", "--state", fleet.directory.file("none")])
    #expect(missing.exit == .code(1) && missing.output.contains("none/state.sqlite"), "\(missing.output)")
  }

  @Test(.timeLimit(.minutes(5))) func theHeartbeatStopsWhenSomethingDoesNotRun() async throws {
    let fleet = try Fleet(regions: ["taiwan"])
    let outside = try TestRegion("outside")
    try fleet.directory.write("secret-url", "\(outside.url)?key=s3cr3t\n")
    try fleet.directory.write(
      "farwatch.yml",
      fleet.configuration() + "heartbeats: [{name: outside, url_file: secret-url, interval: 1s}]\n")
    let daemon = try await fleet.run()
    func arrive(_ what: String) async throws {
      let before = outside.requests
      try await waitUntil(timeout: .seconds(60), "\(what); \(fleet.log)") { outside.requests >= before + 2 }
    }
    /// Three intervals of silence.
    func silent() async throws -> Bool {
      let before = outside.requests
      try await Task.sleep(for: .seconds(3))
      return outside.requests == before
    }
    try await arrive("heartbeats arrive")
    #expect(await daemon.get("/")?.body.contains("Heartbeats") == true)

    // The whole process stands still.
    daemon.child.signal(SIGSTOP)
    #expect(try await silent())
    daemon.child.signal(SIGCONT)
    try await arrive("heartbeats arrive again")

    // The state database takes nothing.
    let database = fleet.directory.file("state/state.sqlite")
    #expect(rename(database, database + ".away") == 0)
    try await waitUntil(timeout: .seconds(60), "it is withheld; \(fleet.log)") {
      await daemon.series("farwatch_heartbeat_withheld", ["reason": "state_not_durable"]) == 1
    }
    #expect(try await silent())
    #expect(rename(database + ".away", database) == 0)
    try await arrive("heartbeats arrive when the disk works again")

    // Who should hear them is away: that is counted, and none is owed afterwards.
    outside.down()
    try await waitUntil(timeout: .seconds(60), "failures are counted; \(fleet.log)") {
      await daemon.series("farwatch_heartbeat_failures_total", ["reason": "connection_refused"]) ?? 0 > 2
    }
    try outside.up()
    try await arrive("and again")
    daemon.child.stop()
    #expect(daemon.child.poll() == .code(0))
    let log = try String(contentsOfFile: fleet.log, encoding: .utf8)
    #expect(log.contains("heartbeat withheld") && log.contains("heartbeat fails"))
    #expect(!log.contains("s3cr3t"))
  }
}
