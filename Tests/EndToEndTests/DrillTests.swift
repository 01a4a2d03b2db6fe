import FarwatchTesting
import Foundation
import Testing

/// A drill as people do it: a real promotion, pages that say what they are, a report that stands on its own.
@Suite(.serialized) struct DrillTests {
  private func farwatch(
    _ daemon: FarwatchProcess?, _ arguments: String...
  ) async throws -> (exit: ChildProcess.Exit, output: String) {
    let asked = daemon.map { ["--url", $0.baseURL] } ?? []
    let child = try ChildProcess([FarwatchProcess.binary, "drill"] + arguments + asked)
    return (try await child.wait(timeout: .seconds(90)), child.output)
  }

  private static let plan = """
    drills:
      calendar: {full: yearly, tabletop: monthly}
      plans: [{workload: shop, phases: [{name: declared, within: 15m}, {name: serving, within: 1s}]}]
    """

  @Test(.timeLimit(.minutes(8)))
  func aRealPromotionIsRehearsedAndProven() async throws {
    let world = try await FailoverWorld()
    let daemon = try await world.startFarwatch(Self.plan)
    try await waitUntil(timeout: .seconds(60), "a failover would do: \(world.log)") {
      await daemon.series("farwatch_failover_state", ["region": "japan", "state": "ok"]) == 1
    }
    #expect(await daemon.series("farwatch_drill_last_timestamp_seconds") == nil, "never done is unknown")
    let due = ["workload": "shop", "kind": "full"]
    let dueAt = try #require(await daemon.series("farwatch_drill_due_timestamp_seconds", due))
    #expect(abs(dueAt - Date().timeIntervalSince1970 - 365.5 * 86_400) < 2 * 86_400)

    let started = try await farwatch(
      daemon, "start", "--workload", "shop", "--region", "taiwan", "--kind", "full", "--by", "mei", "-c",
      "autumn")
    #expect(started.exit == .code(0) && started.output.hasPrefix("shop-"), "\(started.output)")
    let id = started.output.trimmingCharacters(in: .whitespacesAndNewlines)
    let twice = try await farwatch(
      daemon, "start", "--workload", "shop", "--region", "taiwan", "--kind", "full")
    #expect(twice.exit == .code(1) && twice.output.contains("stop it first"), "\(twice.output)")
    try await waitUntil(timeout: .seconds(20), "it is measured") {
      await daemon.series("farwatch_drill_in_progress", due) == 1
    }
    let page = try #require(await daemon.get("/"))
    #expect(page.body.contains("<strong>DRILL</strong> full failover of shop, away from taiwan"))

    try await world.primary.stop(immediate: true)
    try await waitUntil(timeout: .seconds(30), "the outage is seen: \(world.log)") {
      await daemon.series("farwatch_failover_in_progress", ["workload": "shop"]) == 1
    }
    #expect(try await farwatch(daemon, "phase", "declared").exit == .code(0))
    #expect(try await farwatch(daemon, "note", "promoting <japan> by hand", "--by", "lin").exit == .code(0))
    try await world.standby.promote()
    world.front.region = "jp-1"
    try await waitUntil(timeout: .seconds(30), "the other region serves: \(world.log)") {
      await daemon.series("farwatch_failover_recovery_time_seconds", ["kind": "drill"]) != nil
    }
    try await world.expectPage("FailoverInProgress", "ALARM")
    for page in world.receiver.pages {
      #expect(page.subject.hasPrefix("DRILL: ") && page.body.contains(id), "\(page.subject)")
    }
    // Later than the plan allows.
    try await Task.sleep(for: .milliseconds(1100))
    #expect(try await farwatch(daemon, "phase", "serving").exit == .code(0))
    #expect(try await farwatch(daemon, "stop", "--outcome", "passed").output.contains("passed"))
    let list = try await farwatch(daemon, "list")
    #expect(list.output.contains("\(id)  full of shop, away from taiwan: passed"), "\(list.output)")
    #expect(list.output.contains("shop full: last ") && list.output.contains("shop tabletop: never done"))

    let took = try #require(await daemon.series("farwatch_failover_recovery_time_seconds", ["kind": "drill"]))
    try await checkReports(of: id, daemon, in: world.directory.file("reports"), took)
    let events = try #require(await daemon.get("/events?kind=drill"))
    #expect(events.body.contains("promoting &lt;japan&gt; by hand"))
    try await world.standby.stop(immediate: true)
  }

  private func checkReports(
    of id: String, _ daemon: FarwatchProcess, in folder: String, _ took: Double
  ) async throws {
    let written = try await farwatch(daemon, "report", "--output", folder)
    #expect(written.exit == .code(0), "\(written.output)")
    // Nobody is asked from here on.
    for ending in ["json", "md", "html"] {
      let file = "\(folder)/\(id).\(ending)"
      let good = try await farwatch(nil, "verify", file)
      #expect(good.exit == .code(0) && good.output.contains("is as it was signed"), "\(good.output)")
      #expect(good.output.contains("ok      journal: "), "\(good.output)")
      var bytes = try Data(contentsOf: URL(filePath: file))
      bytes[bytes.count / 3] ^= 1
      try bytes.write(to: URL(filePath: file + ".changed"))
      let bad = try await farwatch(nil, "verify", file + ".changed")
      #expect(bad.exit == .code(1) && bad.output.contains("does NOT hold"), "\(bad.output)")
    }
    #expect(try await farwatch(nil, "verify", "\(folder)/nothing").exit == .code(2))
    let root = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: "\(folder)/\(id).json")))
    let report = try #require((root as? [String: Any])?["report"] as? [String: Any])
    let summary = try #require(report["summary"] as? [String: Any])
    #expect(summary["recoveryTimeSeconds"] as? Double == took && summary["metRecoveryTime"] as? Bool == true)
    #expect(summary["dataLostSeconds"] is Double && summary["detectionSeconds"] is Double, "\(summary)")
    #expect(summary["missedPhases"] as? [String] == ["serving"])
    let pages = try #require(report["pages"] as? [[String: Any]])
    #expect(pages.contains { $0["alert"] as? String == "FailoverInProgress" }, "\(pages)")
    let charts = try #require(report["charts"] as? [[String: Any]])
    #expect(Set(charts.compactMap { $0["title"] as? String }).isSuperset(of: ["Health of taiwan"]))
    let again = try await farwatch(daemon, "report", id, "--format", "json")
    #expect(again.output.utf8.elementsEqual(try Data(contentsOf: URL(filePath: "\(folder)/\(id).json"))))
    try await look(at: "\(folder)/\(id).html", "file://\(folder)/\(id).html")
  }

  /// The page in a browser that has nothing but the file.
  private func look(at file: String, _ url: String) async throws {
    let picture = ProcessInfo.processInfo.environment["FARWATCH_SCREENSHOTS"].map { "\($0)/drill.png" } ?? ""
    let steps = """
      browser.size(1200)
      browser.open(sys.argv[1])
      for width in (1200, 400):
          browser.size(width)
          wide = browser.ask('document.documentElement.scrollWidth - window.innerWidth')
          if wide > 0:
              raise SystemExit('%d pixels too wide at %d' % (wide, width))
      shown = browser.ask('document.body.innerText')
      for words in ('Recovery time (RTO)', 'Who was paged', 'FailoverInProgress', 'Timeline', 'Evidence'):
          if words not in shown:
              raise SystemExit('not shown: ' + words)
      if browser.ask("document.querySelectorAll('svg.chart path').length") < 2:
          raise SystemExit('no charts')
      if browser.ask("document.scripts.length + document.images.length") != 0:
          raise SystemExit('it loads something')
      if browser.problems:
          raise SystemExit(str(browser.problems))
      browser.size(1200)
      if sys.argv[2]:
          browser.picture(sys.argv[2])
      browser.close()
      print('sound')
      """
    #expect(try await Chromium.run(steps, [url, picture]).contains("sound"))
  }

  /// Pages go where the drill says; what still fires at its end is told where it belongs.
  @Test(.timeLimit(.minutes(5)))
  func aDrillWithATopicOfItsOwnSilencesNothing() async throws {
    let world = try await FailoverWorld()
    let rehearsal = try WebhookReceiver()
    try rehearsal.up()
    let daemon = try await world.startFarwatch(
      topics: "  rehearsal: {subscriptions: [{protocol: http, endpoint: \"\(rehearsal.endpoint)\"}]}")
    try await waitUntil(timeout: .seconds(60), "all is well and confirmed: \(world.log)") {
      await daemon.series("farwatch_failover_state", ["region": "japan", "state": "ok"]) == 1
        && rehearsal.confirmations > 0
    }
    let unheard = try await farwatch(
      daemon, "start", "--workload", "shop", "--region", "taiwan", "--kind", "full", "--topic", "nobody")
    #expect(unheard.exit == .code(1) && unheard.output.contains("no topic with a subscription"))
    let started = try await farwatch(
      daemon, "start", "--workload", "shop", "--region", "taiwan", "--kind", "full", "--topic", "rehearsal")
    #expect(started.exit == .code(0), "\(started.output)")
    try await world.primary.stop(immediate: true)
    try await waitUntil(timeout: .seconds(60), "the drill's topic is paged: \(world.log)") {
      rehearsal.pages.contains { $0.alarm == "FailoverInProgress" && $0.subject.hasPrefix("DRILL: ") }
    }
    #expect(world.receiver.pages.isEmpty, "\(world.receiver.pages.map(\.subject))")
    #expect(try await farwatch(daemon, "stop", "--outcome", "aborted").exit == .code(0))
    try await world.expectPage("FailoverInProgress", "ALARM")
    let told = try #require(world.receiver.pages.first { $0.alarm == "FailoverInProgress" })
    #expect(!told.subject.contains("DRILL") && told.signatureIsValid)
    try await world.standby.stop(immediate: true)
  }
}
