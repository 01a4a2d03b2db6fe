import FarwatchTesting
import Foundation
import Testing

@Suite(.serialized) struct ReloadTests {
  @Test(.timeLimit(.minutes(10))) func brokenFilesChangeNothing() async throws {
    let fleet = try Fleet(regions: ["taiwan", "japan"])
    let daemon = try await fleet.runConfirmed()
    let reload = daemon.baseURL + "/-/reload"
    #expect(await daemon.get("/-/reload")?.status == 405)
    #expect(await Web.post(reload, headers: ["Origin: http://evil.example"])?.status == 403)
    let good = fleet.configuration()
    try fleet.directory.write("farwatch.yml", good.replacingOccurrences(of: "interval:", with: "intervall:"))
    let refused = try #require(await Web.post(reload))
    #expect(refused.status == 400 && refused.body.contains("did you mean `interval`"), "\(refused)")
    try await waitUntil(timeout: .seconds(90), "the failure is counted") {
      let page = await daemon.page()
      return page?.value("farwatch_config_reloads_total", ["result": "failure"]) == 1
        && page?.value("farwatch_config_last_reload_successful") == 0
    }
    let page = try #require(await daemon.get("/")?.body)
    #expect(page.contains("not in force") && page.contains("intervall"))

    // A rule file that is broken counts too, and so does a signal.
    try fleet.directory.write("farwatch.yml", good)
    try fleet.directory.write("rules.yml", "groups: [{name: x, rules: [{alert: A, expr: 'sum('}]}]\n")
    daemon.child.signal(SIGHUP)
    try await waitUntil(timeout: .seconds(90), "the second failure is counted") {
      await daemon.series("farwatch_config_reloads_total", ["result": "failure"]) == 2
    }
    // What cannot change while it runs is refused with a word.
    try fleet.directory.write("rules.yml", Fleet.rules())
    try fleet.directory.write("farwatch.yml", good.replacingOccurrences(of: "state: state", with: "state: b"))
    #expect(await Web.post(reload)?.body.contains("restart") == true)

    // All the while the old configuration watches and pages.
    fleet.regions[0].down()
    try await fleet.expectPages(fleet.regions[0], ["ALARM"])
    try fleet.directory.write("farwatch.yml", good)
    daemon.child.signal(SIGHUP)
    try await waitUntil(timeout: .seconds(90), "the good file is in force") {
      let page = await daemon.page()
      return page?.value("farwatch_config_last_reload_successful") == 1
        && page?.value("farwatch_config_reloads_total", ["result": "success"]) == 1
    }
    #expect(await daemon.get("/")?.body.contains("not in force") == false)
    try fleet.regions[0].up()
    try await fleet.expectPages(fleet.regions[0], ["ALARM", "OK"])
    daemon.child.stop()
    #expect(daemon.child.poll() == .code(0))
  }

  @Test(.timeLimit(.minutes(10))) func whatIsUnchangedGoesOn() async throws {
    let fleet = try Fleet(regions: ["taiwan", "japan", "oregon"])
    let (taiwan, japan, oregon) = (fleet.regions[0], fleet.regions[1], fleet.regions[2])
    try fleet.writeConfiguration(watching: [taiwan, japan])
    let daemon = try await fleet.runConfirmed()
    let reload = daemon.baseURL + "/-/reload"
    taiwan.down()
    try await fleet.expectPages(taiwan, ["ALARM"])

    // A region, a check and a rule more; the alert that fires is of a rule that stays.
    try fleet.directory.write(
      "rules.yml",
      Fleet.rules(
        more: "      - {alert: CheckFails, expr: probe_success == 0, labels: {severity: ticket}}\n"))
    try fleet.writeConfiguration(
      more: "- {name: second, region: japan, http: {url: \"\(japan.url)\"}}")
    #expect(await Web.post(reload)?.status == 200)
    try await waitUntil(timeout: .seconds(90), "the new checks report and the new rule fires") {
      let page = await daemon.page()
      return page?.value("probe_success", ["check": "second", "region": "japan"]) == 1
        && page?.value("probe_success", ["check": "api", "region": "oregon"]) == 1
    }
    try await waitUntil(timeout: .seconds(90), "the new rule fires") {
      await daemon.fires("CheckFails", in: "taiwan")
    }
    oregon.down()
    try await fleet.expectPages(oregon, ["ALARM"])
    #expect(fleet.states(of: taiwan) == ["ALARM"], "no second page")

    // The check, the rule and a region go. What is no longer watched is no longer shown, and its alert ends.
    try fleet.directory.write("rules.yml", Fleet.rules())
    try fleet.writeConfiguration(watching: [taiwan, japan])
    #expect(await Web.post(reload)?.status == 200)
    try await waitUntil(timeout: .seconds(90), "the check, the region and the rule are gone") {
      let page = await daemon.get("/metrics")?.body ?? "oregon"
      return !page.contains("region=\"oregon\"") && !page.contains("check=\"second\"")
    }
    #expect(await daemon.fires("CheckFails", in: "taiwan") == false, "its rule is gone")
    // That nobody looks any more is no good news.
    try await fleet.expectPages(oregon, ["ALARM", "INSUFFICIENT_DATA"])
    try taiwan.up()
    try await fleet.expectPages(taiwan, ["ALARM", "OK"])
    daemon.child.stop()
  }

  /// A configuration tool that restarts and then signals must not end what it has just started.
  @Test(.timeLimit(.minutes(10))) func aSignalDuringTheStartIsMadeUpFor() async throws {
    let fleet = try Fleet(regions: ["taiwan"])
    let daemon = try fleet.start()
    try await waitUntil(every: .milliseconds(1), "the start has begun") {
      FileManager.default.fileExists(atPath: fleet.directory.file("state/lock"))
    }
    daemon.child.signal(SIGHUP)
    try await waitUntil(timeout: .seconds(90), "it lives and has reloaded; \(fleet.log)") {
      guard daemon.child.isRunning else {
        throw BenchError("it ended: \(String(describing: daemon.child.poll()))")
      }
      return await daemon.series("farwatch_config_reloads_total", ["result": "success"]) == 1
    }
    daemon.child.stop()
    #expect(daemon.child.poll() == .code(0))
  }
}
