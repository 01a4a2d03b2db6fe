import FarwatchTesting
import Foundation
import Testing

/// A real Prometheus that alerts through us, and real Alertmanagers that we alert through.
@Suite(.serialized) struct PeerTests {
  /// A Prometheus that scrapes the daemon, judges rules of its own and posts its alerts to the daemon.
  private func prometheus(_ world: PagingWorld) async throws -> ChildProcess {
    let port = try freeLoopbackPort()
    try world.directory.write(
      "prometheus-rules.yml",
      """
      groups:
        - name: prometheus
          rules:
            - alert: SeenDown
              expr: farwatch_region_state{state="down"} == 1
              labels: {severity: page}
              annotations: {summary: "Prometheus sees {{ $labels.region }} down"}
      """)
    let address = "127.0.0.1:\(world.port)"
    let file = try world.directory.write(
      "prometheus.yml",
      """
      global: {scrape_interval: 500ms, evaluation_interval: 500ms}
      rule_files: [prometheus-rules.yml]
      scrape_configs: [{job_name: farwatch, honor_labels: true, static_configs: [{targets: ["\(address)"]}]}]
      alerting: {alertmanagers: [{static_configs: [{targets: ["\(address)"]}]}]}

      """)
    let child = try ChildProcess(
      [
        "prometheus", "--config.file=\(file)", "--storage.tsdb.path=\(world.directory.file("prometheus"))",
        "--web.listen-address=127.0.0.1:\(port)", "--rules.alert.resend-delay=500ms",
      ], output: .file(world.directory.file("prometheus.log")))
    try await waitUntil(timeout: .seconds(60), "Prometheus is ready") {
      await Web.get("http://127.0.0.1:\(port)/-/ready")?.status == 200
    }
    return child
  }

  @Test(.timeLimit(.minutes(5))) func prometheusAlertsArePagedLikeOurOwn() async throws {
    let world = try PagingWorld("taiwan", "japan")
    try world.configure(
      """
      routes: [{topic: pager, match: {alertname: SeenDown}, group_by: [alertname], group_wait: 2s, group_interval: 1s}]
      paging: {silent_poster_limit: 4s}
      """)
    let daemon = try await world.run()
    let prometheus = try await prometheus(world)
    for region in world.regions { region.down() }
    let both = "news: firing SeenDown japan, firing SeenDown taiwan"
    try await world.expect([both])
    let page = try #require(world.pages().first)
    #expect(page.body.contains("Prometheus sees japan down"), "\(page.body)")

    try world.regions[1].up()
    try await waitUntil("its end is told, \(world.pages().map(\.story))") { world.pages().count == 2 }
    #expect(world.pages().last?.alerts.contains("resolved SeenDown japan") == true)
    #expect(world.pages().last?.title.contains("RESOLVED 1") == true)

    // Prometheus dies while the other still fires. It had said "over in two seconds, unless I say so again".
    let died = ContinuousClock.now
    prometheus.signal(SIGKILL)
    try await prometheus.wait()
    try await waitUntil(every: .milliseconds(100), "its silence is told; \(world.log)") {
      world.pages().count == 3
    }
    #expect(ContinuousClock.now - died > .seconds(4), "not at the end that it gave, but when silent so long")
    let last = try #require(world.pages().last)
    #expect(last.title.contains("ENDED") && !last.title.contains("RESOLVED"), "\(last.title)")
    #expect(last.body.contains("not known") || last.body.contains("silent"), "\(last.body)")
    daemon.child.stop()
    #expect(daemon.child.poll() == .code(0))
  }

  @Test(.timeLimit(.minutes(5))) func aClusterOfAlertmanagersIsTold() async throws {
    let world = try PagingWorld("taiwan")
    let hook = try TestHook()
    let first = try AlertmanagerProcess(world.directory, "one", webhook: hook.url)
    let second = try AlertmanagerProcess(
      world.directory, "two", webhook: hook.url, joining: first.clusterAddress)
    try await first.start()
    try await second.start()
    try world.configure(
      subscriptions: ["{protocol: alertmanager, peers: [\"\(first.url)\", \"\(second.url)\"]}"],
      "routes: [{topic: pager, match: {severity: page}}]")
    var daemon = try await world.run()
    world.regions[0].down()
    for peer in [first, second] {
      try await waitUntil(every: .milliseconds(50), "\(peer.url) knows of it; \(world.log)") {
        try await peer.alerts() == ["RegionDown"]
      }
    }
    try await waitUntil("the cluster pages") { hook.bodies.count == 1 }

    // One of them forgets what it was told; it hears again of what still fires, here when the daemon too comes back.
    try await second.kill()
    try await second.start()
    #expect(try await second.alerts().isEmpty)
    try await daemon.kill()
    daemon = try await world.run()
    try await waitUntil(every: .milliseconds(50), "it knows again; \(world.log)") {
      try await second.alerts() == ["RegionDown"]
    }
    try world.regions[0].up()
    for peer in [first, second] {
      try await waitUntil(every: .milliseconds(50), "\(peer.url) knows that it is over; \(world.log)") {
        try await peer.alerts().isEmpty
      }
    }
    try await waitUntil("the cluster tells the end") { hook.bodies.count == 2 }
    #expect(hook.bodies.map { $0.contains(#""status":"resolved""#) } == [false, true], "\(hook.bodies)")
    daemon.child.stop()
  }
}
