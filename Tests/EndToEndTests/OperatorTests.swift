import FarwatchTesting
import Foundation
import Testing

/// What people do to alerts while they fire: with amtool, with our own commands, through the link in a page.
@Suite(.serialized) struct OperatorTests {
  private static let routes = """
    routes: [{topic: pager, match: {severity: page}}]
    """

  @Test(.timeLimit(.minutes(5))) func aSilenceByAmtoolHoldsBackAPageAcrossACrash() async throws {
    let world = try PagingWorld("taiwan", "japan")
    try world.configure(Self.routes)
    var daemon = try await world.run()
    let id = try await world.amtool(
      "silence", "add", "--author=ada", "--comment=drill", "--duration=1h", "alertname=RegionDown",
      "region=~tai.*")
    #expect(UUID(uuidString: id) != nil, "\(id)")
    world.regions[0].down()
    try await waitUntil(every: .milliseconds(100), "the alert is held back; \(world.log)") {
      try await world.amtool("alert", "query", "--silenced").contains("Region taiwan is down")
    }
    #expect(try await !world.amtool("alert", "query", "alertname=RegionDown").contains("taiwan"))
    try await daemon.kill()
    daemon = try await world.run()
    // The other region's page has its way while the first's is still held back.
    world.regions[1].down()
    try await world.expect(["news: firing RegionDown japan"])
    #expect(try await world.amtool("silence", "query").contains("drill"))
    let extended = try await world.amtool("silence", "query", "-o", "extended", "--created-by=ada")
    #expect(extended.contains(#"region=~"tai.*""#), "\(extended)")

    try await world.amtool("silence", "update", "--duration=2h", "--comment=longer", id)
    #expect(try await world.amtool("silence", "query").contains("longer"))
    try await world.amtool("silence", "expire", id)
    try await world.expect(["news: firing RegionDown japan", "news: firing RegionDown taiwan"])
    #expect(try await world.amtool("silence", "query", "--expired", "--within=1h").contains("longer"))
    try world.regions[0].up()
    try await world.expect([
      "news: firing RegionDown japan", "news: firing RegionDown taiwan", "news: resolved RegionDown taiwan",
    ])

    try await world.amtool(
      "alert", "add", "Unpaid", "region=office", "severity=page", "--annotation=summary=the bill is late")
    #expect(try await world.amtool("alert", "query", "Unpaid").contains("the bill is late"))
    try await waitUntil("what amtool adds is paged") {
      world.pages().last?.story == "news: firing Unpaid office"
    }
    #expect(try await world.amtool("config", "show").contains(#"receiver: "pager""#))
    #expect(
      try await world.amtool("config", "routes", "test", "severity=page").hasSuffix("pager"))
    #expect(try await world.amtool("cluster", "show").contains("test"))
    daemon.child.stop()
    #expect(daemon.child.poll() == .code(0))
  }

  @Test(.timeLimit(.minutes(5))) func ourOwnCommandsDoTheSame() async throws {
    let world = try PagingWorld("taiwan")
    try world.configure(Self.routes)
    let daemon = try await world.run()
    let id = try await world.farwatch(
      "silence", "add", "-c", "drill", "--duration", "1h", "region=taiwan"
    ).trimmingCharacters(in: .whitespacesAndNewlines)
    world.regions[0].down()
    try await waitUntil(every: .milliseconds(100), "the alert is held back; \(world.log)") {
      try await world.farwatch("alerts").contains("silenced")
    }
    #expect(try await world.farwatch("silence", "query").contains(id))
    let held = try #require(await daemon.get("/")?.body)
    #expect(held.contains("silenced by ada until 2") && held.contains(">2 alerts</td>"), "\(held)")
    try await world.farwatch("silence", "update", "--duration", "3h", id)
    #expect(world.pages().isEmpty)
    try await world.farwatch("silence", "expire", id)
    try await world.expect(["news: firing RegionDown taiwan"])
    let answer = try await world.farwatch("ack", "alertname=RegionDown", "-c", "on it", "--by", "ada")
    #expect(answer.contains("acknowledged"), "\(answer)")
    #expect(try await world.farwatch("alerts").contains("ack by ada"))
    let taken = try #require(await daemon.get("/")?.body)
    #expect(taken.contains("acknowledged by ada") && taken.contains("told pager "), "\(taken)")
    try world.regions[0].up()
    try await world.expect(["news: firing RegionDown taiwan", "news: resolved RegionDown taiwan"])

    let events = try await world.farwatch("events", "--json", "--oldest-first")
    let kinds = events.split(separator: "\n").compactMap { line in
      (try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]).flatMap { entry in
        (entry["labels"] as? [String: String])?["alertname"] == "CheckDown" ? nil : entry["kind"] as? String
      }
    }
    #expect(
      kinds == [
        "started", "silence_created", "check_down", "firing", "silenced", "silence_updated",
        "silence_expired", "unsilenced", "notified", "attempt", "acknowledged", "check_up", "resolved",
        "notified", "attempt",
      ], "\(events)")
    daemon.child.stop()
  }

  /// The link in a page, and what follows when nobody follows it.
  @Test(.timeLimit(.minutes(5))) func whatNobodyTakesOnGoesToTheNext() async throws {
    let world = try PagingWorld("taiwan", "japan")
    try world.configure(
      "routes: [{topic: pager, match: {severity: page}, escalation: [{after: 4s, topic: chief}]}]")
    let daemon = try await world.run()
    world.regions[0].down()
    try await world.expect(["news: firing RegionDown taiwan"])
    let link = try #require(world.pages().first?.acknowledgeURL)
    #expect(world.pages().first?.body.contains(link) == true)
    let form = try #require(await Web.get(link))
    #expect(form.status == 200 && form.body.contains("<form method=\"post\">"), "\(form)")
    #expect(try await !world.farwatch("alerts").contains("ack by"), "opening the link changes nothing")
    let done = try #require(
      await Web.post(link, headers: ["Content-Type: application/x-www-form-urlencoded"], body: "by=ada"))
    #expect(done.status == 200 && done.body.contains("Acknowledged by ada"), "\(done)")
    let forged = link.replacingOccurrences(of: "token=", with: "token=x")
    #expect(await Web.post(forged)?.status == 403)
    // Later than the first, and told to the next: so the first was passed over.
    world.regions[1].down()
    try await world.expect(["escalation: firing RegionDown japan"], "chief")
    #expect(world.pages("chief").first?.title.contains("NOT ACKNOWLEDGED") == true)
    for region in world.regions { try region.up() }
    try await world.expect(
      ["escalation: firing RegionDown japan", "news: resolved RegionDown japan"], "chief")
    #expect(world.pages().count == 4, "\(world.pages().map(\.story))")
    daemon.child.stop()
  }

  /// A region goes with all its checks, as with the routes that the documentation recommends.
  @Test(.timeLimit(.minutes(5))) func aRegionThatGoesIsOnePage() async throws {
    let world = try PagingWorld("taiwan", "japan")
    try world.configure(
      checks: ["api", "login"],
      """
      routes: [{topic: pager, group_by: [region], group_wait: 1s, group_interval: 1s}]
      inhibit_rules:
        - {source_matchers: [alertname="RegionDown"], target_matchers: [alertname="CheckDown"], equal: [region], wait: 2s}
      """)
    let daemon = try await world.run()
    world.regions[0].down()
    try await waitUntil(every: .milliseconds(100), "both checks are inhibited; \(world.log)") {
      try await world.amtool("alert", "query", "--inhibited", "CheckDown").split(separator: "\n").count == 3
    }
    // The wait of the rule and the wait of the group are over, and then some.
    try await Task.sleep(for: .seconds(4))
    try await world.expect(["news: firing RegionDown taiwan"])
    try world.regions[0].up()
    try await world.expect(["news: firing RegionDown taiwan", "news: resolved RegionDown taiwan"])
    try await Task.sleep(for: .seconds(2))
    #expect(world.pages().count == 2, "\(world.pages().map(\.story))")
    daemon.child.stop()
  }
}
