import FarwatchTesting
import Foundation
import Testing

/// The whole main job on real parts: a PostgreSQL primary and standby, two regions, a dump folder, a scraping
/// Prometheus, and a receiver of pages.
@Suite(.serialized) struct FirstLightTests {
  @Test(.timeLimit(.minutes(10)))
  func theThreeRightPagesArriveOnceEachAndTheirRecoveries() async throws {
    let world = try await World()
    let daemon = try await world.startFarwatch()
    try await daemon.becomeReady()
    let prometheus = try await world.startPrometheus(scraping: daemon)

    try await waitUntil(timeout: .seconds(90), "the recovery point is known and the subscription confirmed") {
      let lag = await daemon.metric("farwatch_replication_recovery_point_timestamp_seconds{")
      return lag != nil && world.receiver.confirmations > 0
    }
    #expect(world.receiver.pages.isEmpty, "all is well: nobody is paged")

    // A region goes: the page names it, and only it.
    world.japan.down()
    try await world.expectPage("RegionDown", "ALARM", within: .seconds(90))
    // The standby no longer replays while the primary goes on.
    try await world.standby.pauseReplay()
    try await world.primary.write(megabytes: 1)
    try await world.expectPage("ReplicationLag", "ALARM", within: .seconds(90))
    // The dumps stop.
    world.dumps.stop()
    try await world.expectPage("BackupStale", "ALARM", within: .seconds(90))

    try world.japan.up()
    try await world.expectPage("RegionDown", "OK", within: .seconds(90))
    try await world.standby.resumeReplay()
    try await world.expectPage("ReplicationLag", "OK", within: .seconds(90))
    world.dumps.start()
    try await world.expectPage("BackupStale", "OK", within: .seconds(90))

    let pages = world.receiver.pages
    #expect(
      pages.map { "\($0.alarm) \($0.state)" }.sorted() == [
        "BackupStale ALARM", "BackupStale OK", "RegionDown ALARM", "RegionDown OK", "ReplicationLag ALARM",
        "ReplicationLag OK",
      ], "each once")
    #expect(pages.allSatisfy { $0.signatureIsValid })
    #expect(Set(pages.map(\.messageID)).count == pages.count)
    #expect(pages.first { $0.alarm == "RegionDown" }?.labels["region"] == "japan")
    #expect(world.receiver.malformed.isEmpty)

    // What a Prometheus beside us made of it.
    try await waitUntil(timeout: .seconds(90), "Prometheus has scraped") {
      await prometheus.query("up{job=\"farwatch\"}") == 1
    }
    #expect(await prometheus.query(#"probe_success{check="api",region="taiwan"}"#) == 1)
    #expect(await prometheus.query("count(farwatch_replication_recovery_point_timestamp_seconds)") == 1)
    #expect(await prometheus.query("max(scrape_samples_scraped) > 50") != nil)
    let page = try #require(await daemon.get("/metrics")?.body)
    let file = try world.directory.write("page.txt", page)
    let verdict = try await ChildProcess.run(["sh", "-c", "promtool check metrics < \"$0\"", file])
    #expect(verdict.isEmpty, "promtool has nothing to say")

    let status = try #require(await daemon.get("/")?.body)
    #expect(status.contains("taiwan") && status.contains("orders") && status.contains("dumps"))
    daemon.child.stop(with: SIGTERM)
    #expect(daemon.child.poll() == .code(0))
  }
}
