import Collecting
import FarwatchTesting
import Model
import Testing

@testable import CheckIns

private let begin = Timestamp(year: 2026, month: 11, day: 21)
private let daily = CheckInSchedule(period: .seconds(86_400), grace: .seconds(3600))

@Suite struct CheckInTests {
  @Test func pathsAreThoseOfHealthchecks() {
    func signal(_ path: String) -> CheckInSignal? { CheckInVisit(path: path)?.signal }
    #expect(
      signal("/ping/a") == .success && signal("/ping/a/") == .success && signal("/ping/a/0") == .success)
    #expect(
      signal("/ping/a/start") == .start && signal("/ping/a/fail") == .failure && signal("/ping/a/log") == .log
    )
    #expect(signal("/ping/a/7") == .exit(7) && signal("/ping/a/255") == .exit(255))
    for bad in [
      "/ping/", "/ping/a/256", "/ping/a/07", "/ping/a/X", "/ping/a/start/b", "/pong/a",
    ] {
      #expect(CheckInVisit(path: bad) == nil, "\(bad)")
    }
    #expect(CheckInVisit(path: "/ping/\(String(repeating: "a", count: 201))") == nil)
  }

  private func state(_ visits: [(CheckInSignal, Int64)], at seconds: Int64) -> CheckInRecord.State {
    var record = CheckInRecord()
    for (signal, at) in visits { record.take(signal, at: begin + .seconds(at)) }
    return record.state(at: begin + .seconds(seconds), expectedSince: begin, daily)
  }

  @Test func aJobIsLateThenDown() {
    #expect(state([], at: 86_400) == .new)
    // Never heard of: nothing is known until its time and its grace are over.
    #expect(state([], at: 90_000) == .new && state([], at: 90_001) == .down)
    #expect(state([(.log, 10)], at: 86_401) == .new && state([(.start, 86_000)], at: 86_401) == .new)
    #expect(state([(.success, 10)], at: 86_410) == .up && state([(.success, 10)], at: 86_411) == .late)
    #expect(state([(.success, 10)], at: 90_010) == .late && state([(.success, 10)], at: 90_011) == .down)
    // Begun and not ended: its grace is what a run may take.
    #expect(state([(.success, 0), (.start, 100)], at: 3700) == .up)
    #expect(state([(.success, 0), (.start, 100)], at: 3701) == .down)
    #expect(state([(.success, 0), (.start, 100), (.success, 3800)], at: 3801) == .up)
    #expect(state([(.success, 0), (.failure, 100)], at: 101) == .down)
    #expect(state([(.exit(3), 100), (.success, 200)], at: 201) == .up)
    // A line in the log is no sign of success.
    #expect(state([(.log, 86_400)], at: 90_001) == .down)
  }

  @Test func waitingNeedsNoWayOut() {
    let check = CheckInSettings(CheckBasics(name: "nightly", region: "r"), id: "x", schedule: daily)
    #expect(!ThisHost().mayBeLeft(by: check))
  }

  @Test func aRunHasADuration() {
    var record = CheckInRecord()
    record.take(.start, at: begin)
    record.take(.exit(2), at: begin + .seconds(90))
    #expect(record.lastDuration == .seconds(90) && record.exitStatus == 2 && record.runningSince == nil)
    record.take(.success, at: begin + .seconds(100))
    #expect(record.lastDuration == nil, "an end without a start of its own")
  }

  @Test func whatWasHeardOutlivesTheProcess() throws {
    let board = CheckInBoard()
    _ = board.expect(["one", "two"], at: begin)
    let visit = try #require(CheckInVisit(path: "/ping/one/start"))
    var changes: [StateChange] = []
    #expect(board.take(visit, at: begin + .seconds(5)) { changes.append($0) } == .noted)
    let change = try #require(changes.first)
    let stranger = try #require(CheckInVisit(path: "/ping/three"))
    #expect(board.take(stranger, at: begin) { changes.append($0) } == .unknown)
    #expect(board.unknownVisits == 1 && changes.count == 1)
    let next = CheckInBoard()
    next.restore([
      (change.key, try #require(change.value)), ("gone", Array("{}".utf8)), ("broken", Array("{".utf8)),
    ])
    #expect(next.expect(["one"], at: begin + .seconds(60)).map(\.key) == ["broken", "gone"])
    #expect(next.record(of: "one")?.record.lastStart == begin + .seconds(5))
    // A reload keeps since when a job is waited for.
    _ = next.expect(["one", "new"], at: begin + .seconds(99))
    #expect(next.record(of: "one")?.expectedSince == begin + .seconds(60))
  }

  @Test func aCheckSaysWhatIsWrong() async throws {
    let clients = CollectorClients(userAgent: "test")
    defer { clients.shutdown() }
    var settings = CheckInSettings(CheckBasics(name: "nightly", region: "r"), id: "x", schedule: daily)
    settings.basics.interval = .seconds(1)
    let collector = try settings.makeCollector(clients)
    func collect() async -> Outcome {
      await withCheckedContinuation { done in collector.collect { done.resume(returning: $0) } }
    }
    #expect(await collect().reason == .configuration)
    let board = try clients.checkIns
    func visit(_ path: String) throws {
      #expect(board.take(try #require(CheckInVisit(path: path)), at: SystemTime().now) { _ in } == .noted)
    }
    _ = board.expect(["x"], at: SystemTime().now)
    #expect(CheckState.Evidence(await collect()) == CheckState.Evidence.none)
    try visit("/ping/x/9")
    #expect(
      await collect().verdict == .failure(.status, detail: "said that it failed with exit status 9, 0s ago"))
    try visit("/ping/x")
    let good = await collect()
    #expect(good.verdict == .success)
    #expect(
      good.readings.contains {
        $0.family == CheckInFamilies.state && $0.labels["state"] == "up" && $0.value == 1
      })
  }
}
