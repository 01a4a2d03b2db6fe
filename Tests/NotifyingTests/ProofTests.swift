import FarwatchTesting
import Model
import Testing

@testable import Notifying

private let day: Duration = .seconds(86_400)
private let begin = Timestamp(year: 2026, month: 1, day: 1)

@Suite struct ProofTests {
  private let receivers = ["a", "b"].map {
    ProvenReceiver(key: "key-\($0)", name: $0, labels: ["topic": "pager", "endpoint": $0])
  }
  private var daily: ProofSettings {
    var settings = ProofSettings()
    settings.every = day
    return settings
  }

  private func book(_ settings: ProofSettings? = nil) -> ProofBook {
    var book = ProofBook()
    let rows = book.replace(settings: settings ?? daily, receivers: receivers, now: begin)
    #expect(rows.count == (settings?.every == nil && settings != nil ? 0 : settings?.receivers.count ?? 2))
    return book
  }

  private func news(
    _ key: String, _ serial: String, _ outcome: ProofNews.Outcome, _ detail: String = "status 200"
  ) -> ProofNews {
    let event = AlertEvent(
      status: .firing, identity: "proof/\(key)", startsAt: begin, endsAt: nil, labels: .empty,
      annotations: .empty, value: 1,
      origin: AlertOrigin(group: "", alertName: "", expression: "", holdSeconds: 0, intervalSeconds: 0),
      decidedAt: begin)
    let page = Notification(
      kind: .proof, thread: "proof/\(key)", serial: serial, isGrouped: false, alerts: [event],
      decidedAt: begin)
    return ProofNews(key: key, page: page, outcome: outcome, attempts: 1, reason: nil, detail: detail)
  }

  private func began(
    _ book: inout ProofBook, _ key: String, _ now: Timestamp
  ) throws -> (serial: String, changes: [StateChange]) {
    let started = book.started(key, now: now)
    return try #require(started)
  }

  private func names(_ book: ProofBook) -> [String: [Double]] {
    Dictionary(book.readings.map { ($0.family.name, [$0.value]) }) { $0 + $1 }
  }

  @Test func eachReceiverIsProvenOnScheduleAtAMomentOfItsOwn() throws {
    var book = book()
    #expect(book.due(begin).isEmpty, "not right at the start")
    let first = try #require(book.nextDeadline(begin))
    #expect(first > begin && first < begin + .seconds(300))
    #expect(book.due(first).count == 1, "each at a moment of its own")
    let soon = begin + .seconds(300)
    #expect(book.due(soon) == ["key-a", "key-b"])
    var serials: [String] = []
    for key in book.due(soon) { serials.append(try began(&book, key, soon).serial) }
    #expect(book.due(begin + day * 3).isEmpty, "under way until it ends")
    #expect(book.nextDeadline(soon) == soon + ProofRun.limit, "or lapses")
    #expect(names(book)["farwatch_receiver_last_proven_timestamp_seconds"] == nil, "never is not 1970")
    #expect(names(book)["farwatch_receiver_proof_consecutive_failures"] == nil)
    #expect(
      names(book)["farwatch_receiver_proof_scheduled_timestamp_seconds"] == [begin.seconds, begin.seconds])
    #expect(names(book)["farwatch_receiver_proof_interval_seconds"] == [86_400, 86_400])
    #expect(book.take(news("key-a", serials[0], .taken), now: soon + .seconds(5)).count == 1)
    #expect(book.due(soon + day - .seconds(1)).isEmpty && book.due(soon + day) == ["key-a"])
    #expect(
      names(book)["farwatch_receiver_last_proven_timestamp_seconds"] == [(soon + .seconds(5)).seconds])
    let run = try #require(book.standings(soon).first?.run)
    #expect(run.state == .taken && run.detail == "status 200" && run.endedAt == soon + .seconds(5))
  }

  @Test func aFailureIsTriedAgainSooner() throws {
    var book = book()
    let start = begin + .seconds(300)
    let serial = try began(&book, "key-a", start).serial
    #expect(book.take(news("key-a", serial, .tryingOn, "status 503"), now: start).isEmpty)
    #expect(book.standings(start).first?.run?.detail == "status 503")
    #expect(book.take(news("key-a", "older", .over), now: start).isEmpty, "of another proof")
    #expect(book.take(news("key-a", serial, .over), now: start + .seconds(60)).count == 1)
    #expect(book.take(news("key-a", serial, .over), now: start + .seconds(61)).isEmpty, "counted once")
    #expect(!book.due(start + .seconds(3500)).contains("key-a"))
    #expect(book.due(start + .seconds(3600)).contains("key-a"))
    #expect(book.standings(start).first?.consecutiveFailures == 1)
    #expect(names(book)["farwatch_receiver_proof_consecutive_failures"] == [1])
    _ = book.take(news("key-a", serial, .taken), now: start + .seconds(3601))
    #expect(book.standings(start).first?.consecutiveFailures == 0, "late, but it arrived")
  }

  @Test func whatIsNotTakenInTimeHasFailed() throws {
    var book = book()
    let start = begin + .seconds(300)
    _ = book.started("key-a", now: start)
    #expect(book.lapse(now: start + ProofRun.limit - .seconds(1)).keys.isEmpty)
    #expect(book.lapse(now: start + ProofRun.limit).keys == ["key-a"])
    #expect(book.lapse(now: start + ProofRun.limit).keys.isEmpty)
    let standing = try #require(book.standings(start).first)
    #expect(standing.run?.state == .failed && standing.run?.detail.isEmpty == false)
    #expect(standing.consecutiveFailures == 1 && standing.lastProven == nil)
  }

  @Test func askingWorksWithoutASchedule() throws {
    var book = book(ProofSettings())
    #expect(book.due(begin).isEmpty && book.nextDeadline(begin) == nil && book.readings.isEmpty)
    #expect(book.ask(for: .receiver("nobody")).isEmpty && book.ask(for: .topic("b")).isEmpty)
    #expect(book.ask(for: .receiver("b")) == ["key-b"] && book.due(begin) == ["key-b"])
    let serial = try began(&book, "key-b", begin).serial
    #expect(book.ask(for: .all) == ["key-a", "key-b"] && book.ask(for: .topic("pager")).count == 2)
    #expect(book.due(begin) == ["key-a"], "one that is under way is joined")
    _ = book.take(news("key-b", serial, .taken), now: begin)
    #expect(book.due(begin) == ["key-a"])
  }

  @Test func onlyTheNamedReceiversAreScheduled() {
    var settings = daily
    settings.receivers = ["b"]
    let soon = begin + .seconds(300)
    #expect(book(settings).due(soon) == ["key-b"])
    settings.receivers = ["pager"]
    var whole = ProofBook()
    _ = whole.replace(settings: settings, receivers: receivers, now: begin)
    #expect(whole.due(soon) == ["key-a", "key-b"], "a topic names all of its receivers")
  }

  @Test func whatIsKnownOutlivesTheProcessAndReloads() throws {
    var book = ProofBook()
    var rows: [String: [UInt8]] = [:]
    func keep(_ changes: [StateChange]) { for change in changes { rows[change.key] = change.value } }
    keep(book.replace(settings: daily, receivers: receivers, now: begin))
    let a = try began(&book, "key-a", begin)
    keep(a.changes)
    keep(book.take(news("key-a", a.serial, .taken), now: begin))
    let b = try began(&book, "key-b", begin)
    keep(b.changes)
    var restored = ProofBook(daily, restoring: rows.map { ($0.key, $0.value) })
    #expect(restored.due(begin).isEmpty, "whom there is, is known only with the topics")
    let later = begin + .seconds(60)
    keep(restored.replace(settings: daily, receivers: receivers, now: later))
    #expect(restored.due(later + .seconds(300)).isEmpty && restored.due(begin + day) == ["key-a"])
    #expect(restored.standings(begin).first?.lastProven == begin)
    #expect(restored.standings(begin).last?.run?.state == .trying, "it began before the restart")
    keep(restored.take(news("key-b", b.serial, .taken), now: begin + .seconds(90)))
    #expect(restored.standings(begin).last?.lastProven == begin + .seconds(90))
    #expect(
      names(restored)["farwatch_receiver_proof_scheduled_timestamp_seconds"] == [
        begin.seconds, begin.seconds,
      ])
    keep(restored.replace(settings: daily, receivers: [receivers[0]], now: later))
    #expect(rows.compactMapValues { $0 }.keys.sorted() == ["proof/key-a"])
    #expect(restored.take(news("key-b", b.serial, .taken), now: later).isEmpty, "of one that is gone")
    _ = restored.replace(settings: daily, receivers: receivers, now: later)
    #expect(restored.standings(begin).last?.lastProven == nil)
  }

  @Test func aClockSetBackDelaysNothingForLong() throws {
    var book = book()
    let far = begin + day * 400
    let serial = try began(&book, "key-a", far).serial
    #expect(book.lapse(now: begin).keys == ["key-a"], "it began in a future that will not come soon")
    _ = book.take(news("key-a", serial, .taken), now: far)
    #expect(book.due(begin + .seconds(300)).contains("key-a"))
    #expect(!book.due(far - .seconds(60)).contains("key-a"))
  }

  @Test func foreignRowsNeverCrash() {
    let seed = UInt64.random(in: 1 ... .max)
    var random = SeededNumbers(seed: seed)
    print("ProofTests.foreignRowsNeverCrash: seed \(seed)")
    let good = Array(
      #"{"lastProven":1767225600000,"lastAttempt":9223372036854775807,"consecutiveFailures":-9,"scheduledSince":-9223372036854775808,"underWay":"1"}"#
        .utf8)
    for _ in 0..<1000 {
      let row = good.map { random.chance(3) ? UInt8.random(in: 32...126, using: &random) : $0 }
      var book = ProofBook(daily, restoring: [("proof/key-a", row), ("heartbeat/x", row)])
      _ = book.replace(settings: daily, receivers: receivers, now: begin)
      _ = (book.due(begin), book.nextDeadline(begin), book.readings, book.standings(begin))
      _ = book.take(news("key-a", "1", .over), now: begin)
      _ = book.lapse(now: begin)
    }
  }
}
