import FarwatchTesting
import HTTPClient
import Model
import Testing

@testable import Notifying

/// Heartbeats in simulated time: a receiver and a disk that do as they are told.
private struct HeartbeatWorld {
  var book: HeartbeatBook
  var facts = HeartbeatFacts()
  var diskWorks = true
  var diskAnswers = true
  var receiver: DeliveryResult = .answered(200)
  /// Seconds at which a request left.
  var sent: [Double] = []
  var taken: [Double] = []
  var notices: [String] = []
  var rows: [String: [UInt8]] = [:]
  var time = MonotonicInstant(nanoseconds: 5_000_000_000)
  private let begin = MonotonicInstant(nanoseconds: 5_000_000_000)
  private var ticket: UInt64 = 0
  private var held: [CommitTicket] = []

  init(_ settings: [HeartbeatSettings], restoring rows: [(key: String, value: [UInt8])] = []) {
    book = HeartbeatBook(settings, restoring: rows, monotonic: begin)
  }

  var now: Timestamp { Timestamp(year: 2026, month: 1, day: 1) + (time - begin) }
  var seconds: Double { (time - begin).inSeconds }

  mutating func run(_ span: Duration) {
    let end = time + span
    while let next = book.nextDeadline, next <= end {
      time = max(next, time + .milliseconds(1))
      turn()
    }
    time = max(end, time)
    turn()
  }

  mutating func answerCommits() {
    for ticket in held { book.committed(ticket, durable: diskWorks, monotonic: time) }
    held = []
    send()
  }

  private mutating func turn() {
    ticket += 1
    let facts = facts
    let changes = book.plan({ facts }, ticket: CommitTicket(ticket), now: now, monotonic: time)
    if !changes.isEmpty { held.append(CommitTicket(ticket)) }
    if diskWorks { for change in changes { rows[change.key] = change.value } }
    if diskAnswers { answerCommits() }
    notices += book.takeNotices().map(\.message)
  }

  private mutating func send() {
    for attempt in book.takeAttempts() {
      sent.append(seconds)
      time = time + .milliseconds(10)
      if receiver.succeeded { taken.append(seconds) }
      book.finished(attempt.id, receiver, now: now, monotonic: time)
    }
  }
}

@Suite struct HeartbeatTests {
  private var minutely: HeartbeatSettings { HeartbeatSettings(name: "outside", url: "http://h/") }

  @Test func beatsAtItsInterval() {
    var world = HeartbeatWorld([minutely])
    world.run(.seconds(601))
    #expect(world.sent.count == 11)
    #expect(zip(world.sent, world.sent.dropFirst()).allSatisfy { abs($1 - $0 - 60) < 0.1 })
    #expect(world.notices == [])
    #expect(world.book.standings.first?.lastSuccess.map { world.now - $0 < .seconds(61) } == true)
  }

  @Test(arguments: HeartbeatCondition.allCases.filter { $0 != .stateNotDurable })
  func withheldWhileSomethingDoesNotRun(_ condition: HeartbeatCondition) throws {
    var world = HeartbeatWorld([minutely])
    world.run(.seconds(90))
    #expect(world.sent.count == 2)
    switch condition {
    case .coreSilent: world.facts.coreSilence = .seconds(11)
    case .rulesNotJudged: world.facts.rulesAreJudged = false
    case .rulesLate: world.facts.rulesLateBy = .seconds(31)
    case .stateNotDurable: world.facts.oldestCommit = .seconds(11)
    case .samplesNotWritten: world.facts.samplesAreNotWritten = true
    case .collectorsStuck: world.facts.stuckCollectors = 1
    }
    #expect(HeartbeatCondition.failing(world.facts) == [condition])
    world.run(.seconds(300))
    #expect(world.sent.count == 2, "nothing leaves")
    #expect(world.notices == ["heartbeat withheld"], "said once")
    let withheld = world.book.readings.filter {
      $0.family.name == "farwatch_heartbeat_withheld" && $0.value == 1
    }
    #expect(withheld.map(\.labels) == [["reason": condition.rawValue]])
    world.facts = HeartbeatFacts()
    let mended = world.seconds
    world.run(.seconds(2))
    let last = try #require(world.sent.last)
    #expect(world.sent.count == 3 && last - mended <= 1.1, "at once when all is well")
    #expect(world.notices.last == "heartbeat no longer withheld")
    #expect(
      !world.book.readings.contains { $0.family.name == "farwatch_heartbeat_withheld" && $0.value == 1 })
  }

  @Test func aDiskThatRefusesOrHangsStopsIt() throws {
    var world = HeartbeatWorld([minutely])
    world.run(.seconds(30))
    world.diskWorks = false
    world.run(.seconds(120))
    #expect(world.sent.count == 1 && world.notices == ["heartbeat withheld"])
    world.diskWorks = true
    world.run(.seconds(6))
    #expect(world.sent.count == 2)
    world.notices = []
    world.diskAnswers = false
    world.run(.seconds(300))
    #expect(world.sent.count == 2 && world.notices == ["heartbeat withheld"])
    #expect(world.book.standings.first?.withheld == [.stateNotDurable])
    world.diskAnswers = true
    world.answerCommits()
    #expect(world.sent.count == 3, "it leaves when the disk has answered")
  }

  @Test func aFailureIsRepeatedSoonAndNotWithoutEnd() {
    var world = HeartbeatWorld([minutely])
    world.receiver = .answered(500)
    world.run(.seconds(59))
    #expect(world.sent.count == 1 + HeartbeatBook.retries)
    #expect(world.notices == ["heartbeat fails"])
    world.receiver = .answered(200)
    world.run(.seconds(2))
    #expect(world.taken.count == 1 && world.notices.last == "heartbeat arrives again")
    let failures = world.book.readings.filter { $0.family.name == "farwatch_heartbeat_failures_total" }
    #expect(failures.map(\.value) == [4])
    #expect(failures.first?.labels == ["name": "outside", "reason": "unexpected_status"])
  }

  @Test func theStartIsNoNewsForAWhile() {
    var world = HeartbeatWorld([minutely])
    world.facts.rulesAreJudged = false
    world.run(.seconds(15))
    #expect(world.notices == [] && world.sent.isEmpty)
    #expect(world.book.standings.first?.withheld == [.rulesNotJudged], "but it is shown")
    world.run(.seconds(30))
    #expect(world.notices == ["heartbeat withheld"])
  }

  @Test func aReloadKeepsWhatGoesOn() {
    var other = HeartbeatSettings(name: "other", url: "http://o/")
    other.interval = .seconds(10)
    var world = HeartbeatWorld([minutely])
    world.run(.seconds(30))
    #expect(world.book.replaceSettings([minutely, other], monotonic: world.time).isEmpty)
    world.sent = []
    world.run(.seconds(25))
    #expect(world.sent.count == 3, "the new one beats at once and every 10 s, the other is not due")
    var faster = minutely
    faster.interval = .seconds(5)
    #expect(
      world.book.replaceSettings([faster], monotonic: world.time).map(\.key) == ["heartbeat/other"])
    world.sent = []
    world.run(.seconds(11))
    #expect(world.sent.count == 3)
    #expect(world.book.replaceSettings([], monotonic: world.time).count == 1)
    #expect(world.book.readings.isEmpty && world.book.nextDeadline == nil)
  }

  @Test func theLastSuccessOutlivesTheProcess() {
    var world = HeartbeatWorld([minutely])
    world.run(.seconds(100))
    let rows = world.rows.map { ($0.key, $0.value) }
    let restored = HeartbeatBook([minutely], restoring: rows, monotonic: MonotonicInstant(nanoseconds: 0))
    #expect(restored.standings.first?.lastSuccess.map { world.now - $0 < .seconds(120) } == true)
    for row in ["{}", "x", #"{"at":1,"lastSuccess":"no"}"#] {
      _ = HeartbeatBook(
        [minutely], restoring: [("heartbeat/outside", Array(row.utf8))],
        monotonic: MonotonicInstant(nanoseconds: 0))
    }
  }

  /// Whatever happens, time moves and nothing leaves that must not.
  @Test func anyOrderOfTrouble() {
    let seed = UInt64.random(in: 1 ... .max)
    var random = SeededNumbers(seed: seed)
    var world = HeartbeatWorld([minutely])
    for _ in 0..<500 {
      world.facts.rulesAreJudged = random.chance(70)
      world.diskWorks = random.chance(70)
      world.diskAnswers = random.chance(80)
      world.receiver = random.chance(70) ? .answered(200) : .failed(.timeout, "")
      if random.chance(10) { world.time = world.time + .seconds(Int.random(in: 0...4000, using: &random)) }
      let before = world.sent.count
      let mayLeave = world.facts.rulesAreJudged || world.diskAnswers
      world.run(.milliseconds(Int.random(in: 0...90_000, using: &random)))
      if !mayLeave { #expect(world.sent.count == before, "seed \(seed)") }
    }
    world.facts = HeartbeatFacts()
    (world.diskWorks, world.diskAnswers, world.receiver) = (true, true, .answered(200))
    world.answerCommits()
    world.taken = []
    world.run(.seconds(301))
    #expect((5...7).contains(world.taken.count), "seed \(seed): \(world.taken)")
  }
}
