import FarwatchTesting
import Model
import Testing

@testable import Paging

private func moment(_ text: String) throws -> Timestamp { try #require(Timestamp(rfc3339: text)) }

@Suite struct CalendarIntervalTests {
  @Test func theWholeCalendarIsAlwaysActive() throws {
    let interval = CalendarInterval()
    #expect(interval.isActive(at: try moment("2026-11-21T00:00:00Z")))
    #expect(interval.nextChange(after: try moment("2026-11-21T00:00:00Z")) == nil)
    #expect(!TimeIntervals([]).isActive(at: try moment("2026-11-21T00:00:00Z")))
  }

  @Test func officeHoursInBerlin() throws {
    var interval = CalendarInterval()
    interval.times = [540..<1020]
    interval.weekdays = [1...5]
    interval.zone = try zone("Europe/Berlin")
    // A Friday in winter.
    for (text, isActive) in [
      ("2026-11-20T07:59:59.999Z", false), ("2026-11-20T08:00:00Z", true), ("2026-11-20T15:59:59.999Z", true),
      ("2026-11-20T16:00:00Z", false), ("2026-11-21T10:00:00Z", false), ("2026-07-20T07:00:00Z", true),
    ] { #expect(interval.isActive(at: try moment(text)) == isActive, "\(text)") }
    var cursor = try moment("2026-03-27T12:00:00Z")
    var seen: [String] = []
    for _ in 0..<3 {
      cursor = try #require(interval.nextChange(after: cursor))
      seen.append(cursor.iso8601)
    }
    // Over the weekend on which summer time begins.
    #expect(seen == ["2026-03-27T16:00:00.000Z", "2026-03-30T07:00:00.000Z", "2026-03-30T15:00:00.000Z"])
  }

  /// 02:00 to 03:00 is not there on the day when summer time begins, and is there twice when it ends.
  @Test func hoursThatAreMissingAndThatComeTwice() throws {
    var interval = CalendarInterval()
    interval.times = [120..<180]
    interval.zone = try zone("Europe/Berlin")
    #expect(
      interval.nextChange(after: try moment("2026-03-28T12:00:00Z")) == (try moment("2026-03-30T00:00:00Z")))
    let once = try moment("2026-10-25T00:00:00Z")
    #expect(interval.nextChange(after: try moment("2026-10-24T12:00:00Z")) == once)
    #expect(interval.nextChange(after: once) == (try moment("2026-10-25T02:00:00Z")))
    // Half an hour is all that changes on Lord Howe; 01:30 to 02:00 comes twice there.
    interval.times = [90..<120]
    interval.zone = try zone("Australia/Lord_Howe")
    let begin = try moment("2026-04-04T14:30:00Z")
    #expect(interval.nextChange(after: try moment("2026-04-04T12:00:00Z")) == begin)
    #expect(interval.nextChange(after: begin) == (try moment("2026-04-04T15:30:00Z")))
  }

  @Test func daysOfTheMonthCountFromItsEndToo() throws {
    func active(_ from: Int, _ to: Int, month: Int, year: Int = 2026) -> [Int] {
      var interval = CalendarInterval()
      interval.daysOfMonth = [.init(from: from, to: to)]
      return (1...31).filter { day in
        let time = Timestamp(year: year, month: month, day: day)
        return time.civil.month == month && interval.isActive(at: time)
      }
    }
    #expect(active(-1, -1, month: 2) == [28] && active(-1, -1, month: 2, year: 2028) == [29])
    #expect(active(-3, -1, month: 1) == [29, 30, 31])
    #expect(active(1, -28, month: 4) == [1, 2, 3] && active(29, 31, month: 2) == [])
    #expect(active(30, 31, month: 4) == [30] && active(-31, 2, month: 4) == [1, 2])
  }

  @Test func yearsEnd() throws {
    var interval = CalendarInterval()
    interval.years = [2020...2022, 2030...2030]
    #expect(
      interval.nextChange(after: try moment("2026-01-01T00:00:00Z")) == (try moment("2030-01-01T00:00:00Z")))
    #expect(
      interval.nextChange(after: try moment("2030-01-01T00:00:00Z")) == (try moment("2031-01-01T00:00:00Z")))
    #expect(interval.nextChange(after: try moment("2031-01-01T00:00:00Z")) == nil)
    // A day that comes every 28 years.
    interval.years = []
    interval.months = [2...2]
    interval.daysOfMonth = [.init(from: 29, to: 29)]
    interval.weekdays = [0...0]
    #expect(
      interval.nextChange(after: try moment("2026-01-01T00:00:00Z")) == (try moment("2032-02-29T00:00:00Z")))
    #expect(
      interval.nextChange(after: try moment("2033-01-01T00:00:00Z")) == (try moment("2060-02-29T00:00:00Z")))
  }

  /// Entries that follow each other without a gap are one.
  @Test func entriesAreJoined() throws {
    var day = CalendarInterval()
    day.times = [480..<1440]
    var night = CalendarInterval()
    night.times = [0..<360]
    let both = TimeIntervals([day, night])
    #expect(
      both.nextChange(after: try moment("2026-01-01T12:00:00Z")) == (try moment("2026-01-02T06:00:00Z")))
    #expect(
      both.nextChange(after: try moment("2026-01-02T06:00:00Z")) == (try moment("2026-01-02T08:00:00Z")))
    night.times = [0..<480]
    // Never a gap: it may look again, but not soon.
    let again = try #require(
      TimeIntervals([day, night]).nextChange(after: try moment("2026-01-01T12:00:00Z")))
    #expect(again > (try moment("2027-01-01T00:00:00Z")))
  }

  /// Minute by minute: what is foretold is what happens.
  @Test func changesAreForetold() throws {
    let seed = UInt64.random(in: 1 ... .max)
    var random = SeededNumbers(seed: seed)
    let zones = try ["Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe"].map(zone)
    for _ in 0..<40 {
      let entries = (0..<Int.random(in: 1...2, using: &random)).map { _ in
        var interval = CalendarInterval()
        interval.zone = random.pick(zones)
        if random.chance(80) {
          interval.times = (0..<Int.random(in: 1...2, using: &random)).map { _ in
            let from = Int.random(in: 0...90, using: &random) * 15
            return from..<(from + 5 * Int.random(in: 1...((1440 - from) / 5), using: &random))
          }
        }
        if random.chance(50) { interval.weekdays = [random.pick([0...0, 1...5, 6...6, 0...3])] }
        if random.chance(30) {
          interval.daysOfMonth = [
            random.pick([.init(from: -2, to: -1), .init(from: 1, to: 15), .init(from: 28, to: 31)])
          ]
        }
        if random.chance(30) { interval.months = [random.pick([3...4, 10...11, 1...12])] }
        return interval
      }
      let intervals = TimeIntervals(entries)
      // Around the changes to and from summer time.
      let begin =
        random.pick([
          Timestamp(year: 2026, month: 3, day: 28), Timestamp(year: 2026, month: 4, day: 4),
          Timestamp(year: 2026, month: 10, day: 24), Timestamp(year: 2026, month: 10, day: 31),
        ]) + .seconds(Int.random(in: 0..<86_400, using: &random))
      var expected = intervals.nextChange(after: begin)
      var state = intervals.isActive(at: begin)
      var cursor = begin
      for _ in 0..<1000 {
        // Whole minutes, where alone anything changes.
        cursor = Timestamp(milliseconds: (cursor.milliseconds / 300_000 + 1) * 300_000)
        let now = intervals.isActive(at: cursor)
        if now == state { continue }
        if expected.map({ $0 > cursor || $0 <= cursor - .seconds(300) }) ?? true {
          Issue.record(
            "seed \(seed): \(cursor.iso8601), foretold \(expected?.iso8601 ?? "never"): \(entries)")
          return
        }
        state = now
        expected = intervals.nextChange(after: cursor)
      }
      if let expected, expected <= cursor { Issue.record("seed \(seed): \(expected.iso8601) did not happen") }
    }
  }

  @Test func maintenanceWindows() throws {
    let window = MaintenanceWindow(
      name: "move", from: try moment("2026-12-01T00:00:00Z"), to: try moment("2026-12-01T04:00:00Z"),
      matchers: [try MatcherText.parse("region=tw")])
    #expect(window.takes(["region": "tw", "a": "b"]) && !window.takes(["region": "jp"]))
    #expect(window.nextChange(after: try moment("2026-11-01T00:00:00Z")) == window.from)
    #expect(window.isActive(at: window.from) && window.nextChange(after: window.from) == window.to)
    #expect(!window.isActive(at: window.to) && window.nextChange(after: window.to) == nil)
    #expect(
      !MaintenanceWindow(name: "", from: window.from, to: window.to, matchers: []).takes(["region": "tw"]))
  }
}
