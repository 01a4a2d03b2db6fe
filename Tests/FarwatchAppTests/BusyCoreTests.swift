import Dispatch
import FarwatchTesting
import Foundation
import HTTPClient
import HTTPServer
import Model
import Notifying
import Paging
import StatusPage
import Synchronization
import Testing
import Threading

@testable import FarwatchApp

/// A daemon on a free loopback port, whose core a test may hold up.
private final class HeldDaemon: Sendable {
  let directory: TemporaryDirectory
  let daemon: Daemon
  private let client = HTTPClient(name: "busy-core-test")

  init() throws {
    directory = try TemporaryDirectory("farwatch-busy")
    let file = try directory.write(
      "farwatch.yml",
      """
      vantage: test
      listen: 127.0.0.1:0
      state: state
      regions: {taiwan: {role: primary}}
      paging: {posted_alert_limit: 30000}

      """)
    daemon = try Daemon(configurationFile: file, logLevel: "error")
  }

  deinit {
    daemon.stop()
    client.shutdown()
  }

  /// Keeps the core from doing anything until the returned semaphore is signalled.
  func hold() -> DispatchSemaphore {
    let (begun, gate) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    daemon.loop.post(
      .call { _, _ in
        begun.signal()
        _ = gate.wait(timeout: .now() + 30)
      })
    _ = begun.wait(timeout: .now() + 30)
    return gate
  }

  func get(_ path: String) async -> HTTPResult {
    await withCheckedContinuation { done in
      client.start(HTTPRequest(method: "GET", url: daemon.baseURL + path, timeout: .seconds(60))) {
        done.resume(returning: $0)
      }
    }
  }

  func post(_ count: Int) async {
    await withCheckedContinuation { done in
      daemon.loop.post(
        .call { conductor, time in
          _ = conductor.desk.post(
            (0..<count).map {
              PostedAlert(
                labels: ["alertname": "Flood", "instance": "\($0)"], annotations: .empty, startsAt: nil,
                endsAt: nil, generatorURL: "")
            }, at: Moment(time))
          done.resume()
        })
    }
  }
}

@Suite struct EmptyInstallTests {
  @Test func itRunsAndItsPageSaysWhatToDoNext() throws {
    let directory = try TemporaryDirectory("farwatch-empty")
    // Without these two it would take the machine's own.
    let file = try directory.write("farwatch.yml", "listen: 127.0.0.1:0\nstate: state\n")
    let daemon = try Daemon(configurationFile: file, logLevel: "error")
    defer { daemon.stop() }
    let status = try #require(daemon.status())
    #expect(status.judgement.text == "Nothing is watched yet: no region is configured")
    #expect(String(decoding: StatusPage.render(status), as: UTF8.self).contains("role: primary"))
    try directory.write(
      "farwatch.yml", "listen: 127.0.0.1:0\nstate: state\nregions: {taiwan: {role: primary}}\n")
    #expect(daemon.reload() == [])
    #expect(daemon.status()?.regions.map(\.name) == ["taiwan"])
    // A file that was cut off must not end what is watched.
    try directory.write("farwatch.yml", "listen: 127.0.0.1:0\nstate: state\n")
    #expect(daemon.reload().first?.contains("no `regions`") == true)
    #expect(daemon.status()?.regions.map(\.name) == ["taiwan"])
  }
}

@Suite struct BusyCoreTests {
  @Test func whatNobodyWaitsForAnyMoreIsNotRun() async throws {
    let held = try HeldDaemon()
    let gate = held.hold()
    let ran = Atomic(0)
    for _ in 0..<3 {
      let answer = held.daemon.loop.ask(within: .milliseconds(50)) { _, _ in
        ran.add(1, ordering: .relaxed)
        return true
      }
      #expect(answer == nil)
    }
    gate.signal()
    #expect(held.daemon.loop.ask(within: .seconds(20)) { _, _ in true } == true)
    #expect(ran.load(ordering: .relaxed) == 0)
    #expect(held.daemon.loop.statistics.skipped == 3)
  }

  @Test func metricsAndTheSignOfLifeNeverStandBehindTheCore() async throws {
    let held = try HeldDaemon()
    let gate = held.hold()
    async let lookers = withTaskGroup(of: Int?.self) { group in
      for path in ["/", "/api/status", "/alerts", "/api/v2/alerts", "/api/events", "/silences"] {
        for _ in 0..<4 { group.addTask { await held.get(path).status } }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    let clock = ContinuousClock()
    // The lookers are on their way.
    while AnswerThreads.Kind.allCases.allSatisfy({ held.daemon.answers.statistics($0).running == 0 }) {
      try await Task.sleep(for: .milliseconds(10))
    }
    for path in ["/metrics", "/-/healthy", "/-/ready"] {
      let began = clock.now
      let answer = await held.get(path)
      #expect(answer.failure == nil && [200, 503].contains(answer.status ?? 0), "\(path): \(answer)")
      #expect(clock.now - began < .milliseconds(1500), "\(path) waited")
    }
    #expect(await lookers.allSatisfy { $0 == 503 }, "the core said nothing")
    gate.signal()
    #expect(held.daemon.loop.ask(within: .seconds(20)) { _, _ in true } == true)
    try await Task.sleep(for: .seconds(1))
    #expect(await held.get("/api/status").status == 200)
  }

  @Test func aCrowdBeforeManyAlertsCostsOneLook() async throws {
    let held = try HeldDaemon()
    await held.post(20_000)
    // What came in is routed first.
    #expect(held.daemon.loop.ask(within: .seconds(120)) { _, _ in true } == true)
    let answers = await withTaskGroup(of: HTTPResult.self) { group in
      for _ in 0..<24 { group.addTask { await held.get("/api/status") } }
      return await group.reduce(into: []) { $0.append($1) }
    }
    var moments: Set<String> = []
    for answer in answers {
      #expect(answer.status == 200)
      let document = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any] ?? [:]
      #expect((document["alerts"] as? [Any])?.count == StatusSnapshot.mostAlerts)
      #expect((document["alertCounts"] as? [String: Int])?["firing"] == 20_000)
      moments.insert(document["takenAt"] as? String ?? "")
    }
    #expect(moments.count <= 4, "each of \(moments.count) moments cost the core a look")
    #expect(await held.get("/-/healthy").status == 200)
  }

  @Test func aLookAtManyAlertsCopiesFew() throws {
    let world = CoreWorld()
    world.run(.seconds(20))
    let time = Moment(now: world.time.now, monotonic: world.time.monotonic)
    _ = world.conductor.desk.post(
      (0..<5000).map {
        PostedAlert(
          labels: ["alertname": "Flood", "instance": "\($0)"], annotations: .empty, startsAt: nil,
          endsAt: nil,
          generatorURL: "")
      }, at: time)
    world.run(.seconds(1))
    let clock = ContinuousClock()
    let later = Moment(now: world.time.now, monotonic: world.time.monotonic)
    var all = 0
    let whole = clock.measure { all = world.conductor.desk.snapshot(at: later).alerts.count }
    var overview: PagingOverview?
    let part = clock.measure { overview = world.conductor.desk.overview(at: later, posted: 200, and: []) }
    #expect(all >= 5000 && overview?.alerts.count == 200 && (overview?.postedFiring ?? 0) >= 5000)
    #expect(part * 3 < whole, "\(part) of \(whole)")
  }

  @Test func theMostUrgentAreThoseOfTheOrder() {
    var few = MostUrgent<Int>(limit: 3, <)
    for number in [5, 9, 1, 7, 3, 3, 8] { few.offer(number) }
    #expect(few.found == [1, 3, 3])
    var none = MostUrgent<Int>(limit: 0, <)
    none.offer(1)
    #expect(none.found.isEmpty)
  }

  @Test func whoAsksTogetherIsAnsweredTogetherAndAChangeIsSeen() {
    let time = ManualTime()
    let shared = SharedAnswer<Int>(goodFor: .seconds(1), time: time)
    var asked = 0
    func get() -> Int? {
      shared.get {
        asked += 1; return asked
      }
    }
    #expect(get() == 1 && get() == 1)
    shared.forget()
    #expect(get() == 2)
    time.advance(by: .seconds(2))
    #expect(get() == 3)
    // A core that did not answer is left alone for a while, too.
    time.advance(by: .seconds(2))
    #expect(shared.get { nil } == nil && get() == nil)
    time.advance(by: .seconds(2))
    #expect(get() == 4)
  }

  @Test func aFullHouseIsRefusedAndWhoSpeaksPassesWhoLooks() {
    var limits = AnswerThreads.Limits()
    (limits.atOnce, limits.waiting) = (1, 2)
    let threads = AnswerThreads(limits: limits)
    let gate = DispatchSemaphore(value: 0)
    let lookers = (0..<4).map { _ in
      threads.answer(.look) {
        _ = gate.wait(timeout: .now() + 20)
        return .text(200, "seen")
      }
    }
    #expect(lookers[3].status == 503 && lookers[3].deferred == nil, "one runs, two wait")
    let spoken = Bell()
    threads.answer(.change) { .text(200, "heard") }.deferred?.whenGiven { _ in spoken.ring() }
    #expect(spoken.wait(upTo: .seconds(10)), "it does not stand behind those who look")
    // Who left is not answered.
    lookers[1].deferred?.abandon()
    for _ in 0..<4 { gate.signal() }
    let last = Bell()
    lookers[2].deferred?.whenGiven { _ in last.ring() }
    #expect(last.wait(upTo: .seconds(10)))
    #expect(threads.statistics(.look).skipped == 1 && threads.statistics(.look).refused == 1)
    threads.stop()
    #expect(threads.answer(.look) { .text(200, "") }.status == 503)
  }
}
