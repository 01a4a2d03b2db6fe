import FarwatchTesting
import Foundation
import Model
import Testing

@testable import Paging

private let start = Timestamp(year: 2026, month: 11, day: 21)

private func draft(
  _ matchers: String, id: String = "", from: Int? = nil, to: Int, comment: String = "c"
) throws -> SilenceDraft {
  SilenceDraft(
    id: id, matchers: try MatcherText.parseList(matchers), startsAt: from.map { start + .seconds($0) },
    endsAt: start + .seconds(to), createdBy: "ann", comment: comment)
}

private func at(_ seconds: Int) -> Timestamp { start + .seconds(seconds) }

/// The rows that a database would hold after these changes.
private func apply(_ changes: [StateChange], to rows: inout [String: [UInt8]]) {
  for change in changes {
    #expect(change.table == .silences)
    rows[change.key] = change.value
  }
}

@Suite struct SilenceBookTests {
  private var book = SilenceBook(random: SeededNumbers(seed: 1))

  @Test mutating func aSilenceHoldsFromItsStartUntilBeforeItsEnd() throws {
    let version = book.version
    let written = try book.set(try draft("region=tw", from: 10, to: 20), now: at(0))
    #expect(
      written.id.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
    #expect(book.version > version)
    let labels: Labels = ["alertname": "Down", "region": "tw"]
    for (second, expected) in [(0, []), (10, [written.id]), (19, [written.id]), (20, [])] {
      #expect(book.silencing(labels, at: at(second)) == expected)
    }
    #expect(book.silencing(["region": "jp"], at: at(15)) == [])
    #expect(
      [-5, 0, 9, 10, 19, 20].map { book.nextChange(after: at($0)) } == [
        at(10), at(10), at(10), at(20), at(20), nil,
      ])
    #expect(book.counts(at: at(15)) == [.pending: 0, .active: 1, .expired: 0])
    let entry = try #require(written.journal.first)
    #expect(written.journal.count == 1 && entry.kind == .silenceCreated)
    #expect(entry.detail["by"] == "ann" && entry.detail["matchers"] == #"region="tw""#)
    #expect(entry.detail["silence"] == written.id)
  }

  @Test mutating func aStartInThePastBecomesNow() throws {
    let id = try book.set(try draft("a=b", from: -100, to: 50), now: at(0)).id
    #expect(book[id]?.startsAt == at(0))
    let other = try book.set(try draft("a=b", to: 50), now: at(3)).id
    #expect(book[other]?.startsAt == at(3))
  }

  @Test mutating func whatChangesInPlaceKeepsItsID() throws {
    let id = try book.set(try draft("a=b,c=d", to: 50), now: at(0)).id
    let longer = try book.set(try draft("c=d,a=b", id: id, from: 0, to: 90, comment: "longer"), now: at(10))
    #expect(longer.id == id && longer.changes.count == 1 && longer.journal.map(\.kind) == [.silenceUpdated])
    #expect(book[id]?.endsAt == at(90) && book[id]?.startsAt == at(0) && book[id]?.comment == "longer")
    #expect(book.nextChange(after: at(10)) == at(90))
    // Without a start it stays as it was.
    #expect(try book.set(try draft("a=b,c=d", id: id, to: 70), now: at(20)).id == id)
    #expect(book[id]?.startsAt == at(0) && book.count == 1)

    let pending = try book.set(try draft("e=f", from: 100, to: 200), now: at(0)).id
    #expect(try book.set(try draft("e=f", id: pending, from: 80, to: 200), now: at(0)).id == pending)
    #expect(book[pending]?.startsAt == at(80))
  }

  @Test mutating func whatWouldChangeThePastMakesANewSilence() throws {
    let id = try book.set(try draft("a=b", to: 50), now: at(0)).id
    let changed = try book.set(try draft("a=c", id: id, from: 0, to: 50), now: at(10))
    #expect(changed.id != id && changed.changes.map(\.key) == [id, changed.id])
    #expect(changed.journal.map(\.kind) == [.silenceExpired, .silenceCreated])
    #expect(changed.journal.last?.detail["replaces"] == id)
    #expect(book[id]?.endsAt == at(10) && book[changed.id]?.startsAt == at(10))
    #expect(
      book.silencing(["a": "b"], at: at(10)) == [] && book.silencing(["a": "c"], at: at(10)) == [changed.id])
    // An active one takes no other start.
    let moved = try book.set(try draft("a=c", id: changed.id, from: 30, to: 50), now: at(12))
    #expect(moved.id != changed.id && book[moved.id]?.startsAt == at(30))
    // One that is over is made anew.
    _ = try book.expire(id: moved.id, now: at(13))
    let again = try book.set(try draft("a=c", id: moved.id, to: 60), now: at(14))
    #expect(again.id != moved.id && again.changes.count == 1 && book[again.id]?.startsAt == at(14))
  }

  @Test mutating func expiringEndsAtOnce() throws {
    let active = try book.set(try draft("a=b", to: 50), now: at(0)).id
    let pending = try book.set(try draft("a=b", from: 30, to: 50), now: at(0)).id
    let version = book.version
    let written = try book.expire(id: active, by: "bob", now: at(5))
    #expect(written.changes.map(\.key) == [active] && written.journal.first?.detail["expired_by"] == "bob")
    #expect(book.version > version && book.silencing(["a": "b"], at: at(5)) == [])
    _ = try book.expire(id: pending, now: at(5))
    #expect(book[pending]?.startsAt == at(5) && book[pending]?.state(at: at(5)) == .expired)
    let twice = try book.expire(id: active, now: at(6))
    #expect(twice.changes.isEmpty && twice.journal.isEmpty && book[active]?.endsAt == at(5))
    #expect(throws: SilenceProblem.notFound(id: "nobody")) { try book.expire(id: "nobody", now: at(6)) }
  }

  @Test(arguments: [
    ("", 0, 10, "at least one matcher is needed"),
    (
      "a=\"\"", 0, 10,
      "at least one matcher must not match the empty string, or every alert would be silenced"
    ),
    (
      "a=~.*,b=\"\"", 0, 10,
      "at least one matcher must not match the empty string, or every alert would be silenced"
    ),
    ("a=b", 10, 10, "the end must be after the start"), ("a=b", 20, 10, "the end must be after the start"),
    ("a=b", -20, -10, "the end must be in the future"), ("a=b", -20, 0, "the end must be in the future"),
  ]) mutating func draftsThatMakeNoSense(_ matchers: String, _ from: Int, _ to: Int, _ said: String) throws {
    let wrong = try draft(matchers, from: from, to: to)
    #expect(throws: SilenceProblem.invalid(said)) { try book.set(wrong, now: at(0)) }
    #expect(book.count == 0 && book.version == 0)
  }

  @Test mutating func aNegativeMatcherMayStandAlone() throws {
    let id = try book.set(try draft("severity!=page", to: 10), now: at(0)).id
    #expect(
      book.silencing(["severity": "info"], at: at(0)) == [id]
        && book.silencing(["severity": "page"], at: at(0)) == [])
  }

  @Test mutating func anUnknownIDIsNotFound() throws {
    #expect(throws: SilenceProblem.notFound(id: "x")) {
      try book.set(try draft("a=b", id: "x", to: 10), now: at(0))
    }
  }

  @Test func limitsHold() throws {
    var limits = SilenceLimits()
    limits.count = 2
    limits.bytes = 1000
    var book = SilenceBook(limits: limits, random: SeededNumbers(seed: 1))
    let id = try book.set(try draft("a=b", to: 10), now: at(0)).id
    let large = try draft("a=b", to: 10, comment: String(repeating: "x", count: 1000))
    #expect(throws: SilenceProblem.self) { try book.set(large, now: at(0)) }
    #expect(book.count == 1)
    _ = try book.set(try draft("a=c", to: 10), now: at(0))
    #expect(throws: SilenceProblem.limit("there are 2 silences already, no more than 2 are kept")) {
      try book.set(try draft("a=d", to: 10), now: at(0))
    }
    // A change that needs a place leaves the old one as it was.
    #expect(throws: SilenceProblem.self) { try book.set(try draft("a=e", id: id, to: 10), now: at(0)) }
    #expect(book[id]?.endsAt == at(10))
    #expect(try book.set(try draft("a=b", id: id, from: 0, to: 20), now: at(0)).id == id)
  }

  @Test mutating func whatExpiredLongAgoIsForgotten() throws {
    let id = try book.set(try draft("a=b", to: 10), now: at(0)).id
    let kept = try book.set(try draft("a=b", to: 1_000_000), now: at(0)).id
    let hours = 120 * 3600
    #expect(book.collect(now: at(10 + hours - 1)) == [])
    #expect(book.collect(now: at(10 + hours)) == [StateChange(.silences, id, nil)])
    #expect(book.all.map(\.id) == [kept] && book.nextChange(after: at(0)) == at(1_000_000))
  }

  @Test func rowsThatAreDamagedSilenceNothing() {
    let book = SilenceBook(restoring: [
      ("x", Array("{".utf8)), ("y", Array(#"{"version":9}"#.utf8)),
      (
        "z",
        Array(
          #"{"version":1,"matchers":[],"startsAt":{"milliseconds":0},"endsAt":{"milliseconds":9},"updatedAt":{"milliseconds":0},"createdBy":"","comment":"","annotations":{}}"#
            .utf8)
      ),
    ])
    #expect(book.count == 0)
    #expect(
      book.problems == ["silence x is no silence", "silence y is no silence", "silence z has no matchers"])
  }

  /// Against a book that looks at every silence; and what the rows hold is what the book holds.
  @Test func anyHistoryIsRestoredAndTheIndexLeavesNothingOut() throws {
    let seed = UInt64.random(in: 1 ... .max)
    var random = SeededNumbers(seed: seed)
    var book = SilenceBook(random: SeededNumbers(seed: seed))
    var rows: [String: [UInt8]] = [:]
    let matchers = [
      "a=x", "a=y", "a=~x|y", "a!=x,b=z", "a=x,b=z", "b!~z,a=~.+", "a=\"\",b=z", "c=é",
      "{\"c\"=\"\\u0065\\u0301\"}",
    ]
    var now = 0
    for _ in 0..<400 {
      now += Int.random(in: 0...5, using: &random)
      let id = random.chance(60) ? "" : book.all.randomElement(using: &random)?.id ?? ""
      let from = random.chance(50) ? nil : now + Int.random(in: -20...20, using: &random)
      if random.chance(15) {
        apply((try? book.expire(id: id, now: at(now)))?.changes ?? [], to: &rows)
      } else if random.chance(5) {
        apply(book.collect(now: at(now)), to: &rows)
      } else {
        let draft = try draft(
          random.pick(matchers), id: id, from: from, to: now + Int.random(in: -10...60, using: &random))
        apply((try? book.set(draft, now: at(now)))?.changes ?? [], to: &rows)
      }
    }
    #expect(book.count > 50, "seed \(seed)")
    let restored = SilenceBook(restoring: rows.map { ($0.key, $0.value) })
    #expect(restored.problems == [] && restored.all == book.all, "seed \(seed)")
    let moments = Set(book.all.flatMap { [$0.startsAt, $0.endsAt] }).sorted()
    for second in stride(from: 0, to: now + 100, by: 41) {
      #expect(restored.nextChange(after: at(second)) == moments.first { $0 > at(second) }, "seed \(seed)")
      for labels: Labels in [
        ["a": "x"], ["a": "y", "b": "z"], ["b": "z"], [:], ["c": "\u{e9}"], ["c": "e\u{301}", "a": "q"],
      ] {
        let expected = book.all.filter { silence in
          silence.state(at: at(second)) == .active && silence.matchers.allSatisfy { $0.matches(labels) }
        }.map(\.id).sorted()
        #expect(book.silencing(labels, at: at(second)) == expected, "seed \(seed)")
        #expect(restored.silencing(labels, at: at(second)) == expected, "seed \(seed)")
      }
    }
  }

  /// A thousand silences that name a label's value cost an alert no more than its own labels do.
  @Test func aThousandSilencesAreQuicklyAsked() throws {
    var book = SilenceBook(random: SeededNumbers(seed: 1))
    for place in 0..<1000 {
      _ = try book.set(try draft("alertname=Down,instance=host-\(place)", to: 1000), now: at(0))
    }
    let labels: Labels = ["alertname": "Down", "instance": "host-500", "region": "tw"]
    let clock = ContinuousClock()
    var found = 0
    let spent = clock.measure { for _ in 0..<10_000 { found += book.silencing(labels, at: at(1)).count } }
    #expect(found == 10_000)
    // 10 µs each without optimization on a busy machine; trying all would take milliseconds.
    #expect(spent < .seconds(2), "\(spent) for 10,000 alerts")
  }
}
