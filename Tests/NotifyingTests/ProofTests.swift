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
    #expect(book.replace(settings: settings ?? daily, receivers: receivers).isEmpty)
    return book
  }

  @Test func eachReceiverIsProvenOnSchedule() {
    var book = book()
    #expect(book.due(begin) == ["key-a", "key-b"] && book.nextDeadline(begin) == begin)
    for key in book.due(begin) { #expect(book.started(key, now: begin).count == 1) }
    #expect(book.due(begin + day * 3).isEmpty && book.nextDeadline(begin) == nil, "under way until it ends")
    #expect(book.finished("key-a", succeeded: true, now: begin + .seconds(5)).count == 1)
    #expect(book.due(begin + day - .seconds(1)).isEmpty)
    #expect(book.nextDeadline(begin) == begin + day && book.due(begin + day) == ["key-a"])
    let proven = book.readings.filter { $0.family.name == "farwatch_receiver_last_proven_timestamp_seconds" }
    #expect(proven.map(\.labels) == [receivers[0].labels], "never is not 1970")
    #expect(proven.map(\.value) == [(begin + .seconds(5)).seconds])
  }

  @Test func aFailureIsTriedAgainSooner() {
    var book = book()
    _ = book.started("key-a", now: begin)
    _ = book.finished("key-a", succeeded: false, now: begin + .seconds(60))
    #expect(!book.due(begin + .seconds(3500)).contains("key-a"))
    #expect(book.due(begin + .seconds(3600)).contains("key-a"))
    #expect(book.standings(begin).first?.consecutiveFailures == 1)
    _ = book.finished("key-a", succeeded: true, now: begin + .seconds(3601))
    #expect(book.standings(begin).first?.consecutiveFailures == 0)
  }

  @Test func askingWorksWithoutASchedule() {
    var book = book(ProofSettings())
    #expect(book.due(begin).isEmpty && book.nextDeadline(begin) == nil)
    #expect(book.ask(for: "nobody").isEmpty)
    #expect(book.ask(for: "b") == ["key-b"] && book.due(begin) == ["key-b"])
    _ = book.started("key-b", now: begin)
    #expect(book.due(begin).isEmpty)
    #expect(book.ask() == ["key-a", "key-b"])
    #expect(book.due(begin) == ["key-a"], "one at a time of each")
    _ = book.finished("key-b", succeeded: true, now: begin)
    #expect(book.due(begin) == ["key-a", "key-b"])
  }

  @Test func onlyTheNamedReceiversAreScheduled() {
    var settings = daily
    settings.receivers = ["b"]
    #expect(book(settings).due(begin) == ["key-b"])
  }

  @Test func whatIsKnownOutlivesTheProcessAndReloads() {
    var book = book()
    var rows: [String: [UInt8]] = [:]
    func keep(_ changes: [StateChange]) { for change in changes { rows[change.key] = change.value } }
    keep(book.started("key-a", now: begin))
    keep(book.finished("key-a", succeeded: true, now: begin))
    keep(book.started("key-b", now: begin))
    var restored = ProofBook(daily, restoring: rows.map { ($0.key, $0.value) })
    #expect(restored.due(begin).isEmpty, "whom there is, is known only with the topics")
    keep(restored.replace(settings: daily, receivers: receivers))
    #expect(restored.due(begin + .seconds(10)).isEmpty && restored.due(begin + day) == ["key-a", "key-b"])
    #expect(restored.standings(begin).first?.lastProven == begin)
    keep(restored.finished("key-b", succeeded: true, now: begin + .seconds(9)))
    #expect(restored.standings(begin).last?.lastProven == begin + .seconds(9), "it began before the restart")
    keep(restored.replace(settings: daily, receivers: [receivers[0]]))
    #expect(rows.keys.sorted() == ["proof/key-a"])
    _ = restored.replace(settings: daily, receivers: receivers)
    #expect(restored.standings(begin).last?.lastProven == nil)
  }

  @Test func aClockSetBackDelaysNothingForLong() {
    var book = book()
    _ = book.started("key-a", now: begin + day * 400)
    _ = book.finished("key-a", succeeded: true, now: begin + day * 400)
    #expect(book.due(begin).contains("key-a"))
    #expect(!book.due(begin + day * 400 - .seconds(60)).contains("key-a"))
  }

  @Test func foreignRowsNeverCrash() {
    let seed = UInt64.random(in: 1 ... .max)
    var random = SeededNumbers(seed: seed)
    print("ProofTests.foreignRowsNeverCrash: seed \(seed)")
    let good = Array(
      #"{"lastProven":1767225600000,"lastAttempt":9223372036854775807,"consecutiveFailures":-9}"#.utf8)
    for _ in 0..<1000 {
      let row = good.map { random.chance(3) ? UInt8.random(in: 32...126, using: &random) : $0 }
      var book = ProofBook(daily, restoring: [("proof/key-a", row), ("heartbeat/x", row)])
      _ = book.replace(settings: daily, receivers: receivers)
      _ = (book.due(begin), book.nextDeadline(begin), book.readings, book.standings(begin))
      _ = book.finished("key-a", succeeded: false, now: begin)
    }
  }
}
