import FarwatchTesting
import Model
import RowCoding
import Testing

@testable import CheckIns

private let begin = Timestamp(year: 2026, month: 11, day: 21)
private let hourly = CheckInSchedule(period: .seconds(3600), grace: .seconds(600))
private let a = "0d5bd0c3f2f84a3fa3d8d2c0b3f0aaaa"
private let b = "0d5bd0c3f2f84a3fa3d8d2c0b3f0bbbb"

/// What healthchecks.io documents of its pinging API.
@Suite struct HealthchecksTests {
  @Test func slugsStandBehindAKey() {
    func address(_ path: String) -> CheckInVisit.Address? { CheckInVisit(path: path)?.address }
    func signal(_ path: String) -> CheckInSignal? { CheckInVisit(path: path)?.signal }
    let meant = CheckInVisit.Address.slug(key: "fqOOd6-F4MMNuCEnzTU01w", slug: "db-backup_1")
    let path = "/ping/fqOOd6-F4MMNuCEnzTU01w/db-backup_1"
    for (more, said) in [
      ("", CheckInSignal.success), ("/", .success), ("/start", .start), ("/fail", .failure), ("/log", .log),
      ("/0", .success), ("/3", .exit(3)), ("/255", .exit(255)),
    ] {
      #expect(address(path + more) == meant && signal(path + more) == said, "\(more)")
    }
    // One word behind the first is a signal where it can be one.
    #expect(address("/ping/key/start") == .id("key") && address("/ping/key/7") == .id("key"))
    for bad in [
      "/ping/key/Slug", "/ping/key/a b", "/ping/key/slug/256", "/ping/key/slug/other",
      "/ping/key/slug/fail/1",
      "/ping/key/start/fail", "/ping/key/256", "/ping/key//fail", "/ping//slug",
      "/ping/key/\(String(repeating: "s", count: 101))",
    ] {
      #expect(CheckInVisit(path: bad) == nil, "\(bad)")
    }
  }

  @Test func keysAreToldApart() {
    let slug = CheckInSlug(key: "secret", slug: "s")
    #expect(slug.hasKey("secret"))
    for other in ["", "secre", "secrets", "secretsecret", "Secret", "sEcret"] { #expect(!slug.hasKey(other)) }
    #expect(!CheckInSlug(key: "", slug: "s").hasKey(""))
    #expect(!"\(slug)".contains("secret"))
  }

  @Test func runIDsAreUUIDs() {
    #expect(CheckInVisit.run("0D5BD0C3-F2F8-4A3F-A3D8-D2C0B3F0AAAA") == a && CheckInVisit.run(a) == a)
    for bad in [
      "", "x", a + "0", "0d5bd0c3f2f84-a3fa3d8d2c0b3f0aaaa", "0d5bd0c3-f2f8-4a3f-a3d8-d2c0b3f0aaag",
    ] {
      #expect(CheckInVisit.run(bad) == nil, "\(bad)")
    }
  }

  @Test func foreignPathsAreReadOrRefused() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var numbers = SeededNumbers(seed: seed)
    let pieces = ["ping", "/", "a", "start", "256", "", "é", "\0", "-", "_", "log", "%", " ", "0"]
    for _ in 0..<10_000 {
      let length = Int.random(in: 0..<8, using: &numbers)
      let path = "/ping/" + (0..<length).map { _ in numbers.pick(pieces) }.joined()
      _ = CheckInVisit.run(path)
      guard let visit = CheckInVisit(path: path) else { continue }
      let isWhole =
        switch visit.address {
        case .id(let id): !id.isEmpty && !id.contains("/")
        case .slug(let key, let slug):
          !key.isEmpty && !key.contains("/") && CheckInSlug.complaint(about: slug) == nil
        }
      #expect(isWhole, "\(path), seed \(seed)")
    }
  }

  @Test func overlappingRunsHaveTheirOwnDurations() {
    var record = CheckInRecord()
    record.take(.start, run: a, at: begin)
    record.take(.start, run: b, at: begin + .seconds(100))
    #expect(record.runningSince == begin)
    record.take(.success, run: a, at: begin + .seconds(130))
    #expect(record.lastDuration == .seconds(130) && record.runningSince == begin + .seconds(100))
    record.take(.exit(4), run: b, at: begin + .seconds(140))
    #expect(record.lastDuration == .seconds(40) && record.runningSince == nil && record.exitStatus == 4)
    // The end of a run that never said that it began has no duration, and ends no other.
    record.take(.start, run: a, at: begin + .seconds(200))
    record.take(.success, run: b, at: begin + .seconds(210))
    #expect(record.lastDuration == nil && record.runningSince == begin + .seconds(200))
    // An end that names no run ends what is under way.
    record.take(.success, at: begin + .seconds(220))
    #expect(record.lastDuration == nil && record.runningSince == nil)
  }

  @Test func aRunThatWasKilledIsMissedUntilALaterOneEndsWell() {
    var record = CheckInRecord()
    record.take(.start, run: a, at: begin)
    func state(_ seconds: Int64) -> CheckInRecord.State {
      record.state(at: begin + .seconds(seconds), expectedSince: begin, hourly)
    }
    #expect(state(600) == .new && state(601) == .down)
    record.take(.start, run: b, at: begin + .seconds(700))
    #expect(state(701) == .down)
    record.take(.success, run: b, at: begin + .seconds(750))
    #expect(state(751) == .up && record.runningSince == nil)
    // It still ends, late: its duration is known.
    record.take(.success, run: a, at: begin + .seconds(800))
    #expect(record.lastDuration == .seconds(800))
  }

  @Test func runsHaveALimitAndOutliveTheProcess() throws {
    var record = CheckInRecord()
    for number in 0..<(CheckInRuns.limit + 10) {
      record.take(.start, run: "\(number)", at: begin + .seconds(Int64(number)))
    }
    #expect(record.runningSince == begin + .seconds(10), "those that began first are forgotten")
    let row = try RowCoding.encode(record)
    var known = try RowCoding.decode(CheckInRecord.self, row)
    #expect(known == record)
    known.take(.success, run: "73", at: begin + .seconds(100))
    #expect(known.lastDuration == .seconds(27))
  }

  @Test func aRowOfTheVersionBeforeIsUnderstood() throws {
    var old = CheckInRecord()
    old.lastStart = begin
    old.lastSuccess = begin + .seconds(-60)
    var record = try RowCoding.decode(CheckInRecord.self, RowCoding.encode(old))
    #expect(record.runningSince == begin)
    record.take(.success, at: begin + .seconds(5))
    #expect(record.lastDuration == .seconds(5) && record.runningSince == nil)
  }

  @Test func theBoardKnowsJobsByTheirSlugs() throws {
    let board = CheckInBoard()
    _ = board.expect(
      ["r/nightly", "r/weekly", "r/twin"],
      slugs: [
        (CheckInSlug(key: "one", slug: "dump"), "r/nightly"),
        (CheckInSlug(key: "two", slug: "dump"), "r/weekly"),
        (CheckInSlug(key: "two", slug: "pair"), "r/weekly"),
        (CheckInSlug(key: "two", slug: "pair"), "r/twin"),
      ], at: begin)
    var rows: [StateChange] = []
    func visit(_ path: String) throws -> CheckInBoard.Answer {
      board.take(try #require(CheckInVisit(path: path)), at: begin) { rows.append($0) }
    }
    #expect(try visit("/ping/one/dump") == .noted && visit("/ping/two/dump/start") == .noted)
    #expect(board.record(of: "r/nightly")?.record.lastSuccess == begin)
    #expect(board.record(of: "r/weekly")?.record.lastStart == begin)
    #expect(try visit("/ping/one/pair") == .unknown && visit("/ping/three/dump") == .unknown)
    #expect(try visit("/ping/two/pair") == .ambiguous)
    #expect(rows.map(\.key) == ["r/nightly", "r/weekly"] && board.unknownVisits == 2)
    // Rows are named for jobs, never for keys; and what a job without id is known by is no address.
    #expect(CheckInVisit(path: "/ping/r/nightly")?.address == .slug(key: "r", slug: "nightly"))
    #expect(try visit("/ping/r/nightly") == .unknown)
  }
}
