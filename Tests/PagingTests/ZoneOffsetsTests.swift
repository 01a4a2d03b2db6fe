import FarwatchTesting
import Foundation
import Model
import Testing

@testable import Paging

func zoneFile(_ name: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/\(name)")))
}

func zone(_ name: String) throws -> ZoneOffsets { try ZoneOffsets(name: name, tzif: try zoneFile(name)) }

/// The parts of a TZif file of version 2 with no changes of its own.
private func slim(_ footer: String, offset: [UInt8] = [0, 0, 0, 0]) -> [UInt8] {
  let header =
    Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15) + [UInt8](repeating: 0, count: 16)
    + [0, 0, 0, 1, 0, 0, 0, 4]
  let block = offset + [0, 0] + Array("UTC\0".utf8)
  return header + block + header + block + Array("\n\(footer)\n".utf8)
}

@Suite struct ZoneOffsetsTests {
  private static let zones = [
    "Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe", "Europe/Dublin", "America/Nuuk",
    "Asia/Kathmandu", "Africa/Casablanca", "Pacific/Apia", "America/Sao_Paulo", "UTC", "Asia/Taipei",
  ]

  /// Over random moments and those around every change, against python's zoneinfo, which reads the same files.
  @Test func offsetsAreThoseOfPython() async throws {
    let seed = UInt64.random(in: 1 ... .max)
    var random = SeededNumbers(seed: seed)
    let directory = try TemporaryDirectory("farwatch-zones")
    var asked: [(zone: String, second: Int)] = []
    var zones: [String: ZoneOffsets] = [:]
    for name in Self.zones {
      let offsets = try zone(name)
      zones[name] = offsets
      for _ in 0..<400 { asked.append((name, Int.random(in: 0...5_000_000_000, using: &random))) }
      var cursor = Timestamp(year: 1970, month: 1, day: 1)
      for _ in 0..<300 {
        guard let next = offsets.nextChange(after: cursor) else { break }
        asked += [-1, 0, 1, 3600].map { (name, Int(next.milliseconds / 1000) + $0) }
        cursor = next
      }
    }
    let input = asked.map { "\($0.zone) \($0.second)" }.joined(separator: "\n")
    let path = try directory.write("asked", input)
    let code = """
      import sys, zoneinfo, datetime
      for line in open(sys.argv[1]):
          name, second = line.split()
          moment = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(seconds=int(second))
          print(int(moment.astimezone(zoneinfo.ZoneInfo(name)).utcoffset().total_seconds()))
      """
    let output = try await ChildProcess.run(["python3", "-c", code, path])
    let expected = output.split(separator: "\n").compactMap { Int($0) }
    #expect(expected.count == asked.count)
    let wrong = zip(asked, expected).filter { asked, expected in
      zones[asked.zone]?.offset(at: Timestamp(milliseconds: Int64(asked.second) * 1000)) != expected
    }
    #expect(wrong.isEmpty, "seed \(seed): \(wrong.prefix(5))")
    #expect(Set(expected).count > 15)
  }

  /// Between two changes the offset stays.
  @Test func noChangeIsLeftOut() throws {
    for name in ["Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca"] {
      let zone = try zone(name)
      var cursor = Timestamp(year: 2036, month: 1, day: 1)
      while cursor < Timestamp(year: 2040, month: 1, day: 1) {
        let next = try #require(zone.nextChange(after: cursor))
        var moment = cursor
        while moment < next {
          if zone.offset(at: moment) != zone.offset(at: cursor) { Issue.record("\(name) \(moment.iso8601)") }
          moment = moment + .seconds(6 * 3600)
        }
        cursor = next
      }
    }
    #expect(try zone("Asia/Tokyo").nextChange(after: Timestamp(year: 2026, month: 1, day: 1)) == nil)
    #expect(ZoneOffsets.utc.nextChange(after: Timestamp(milliseconds: 0)) == nil)
  }

  @Test(arguments: [
    ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-07-01T00:00:00Z", 7200),
    ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T00:59:59Z", 3600),
    ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T01:00:00Z", 7200),
    ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T01:00:00Z", 3600),
    ("IST-1GMT0,M10.5.0,M3.5.0/1", "2026-12-01T00:00:00Z", 0),
    ("IST-1GMT0,M10.5.0,M3.5.0/1", "2026-07-01T00:00:00Z", 3600),
    ("XXX3EDT4,0/0,J365/23", "2026-01-01T04:30:00Z", -14400),
    ("XXX3EDT4,0/0,J365/23", "2026-12-31T23:59:59Z", -14400),
    ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-07-01T00:00:00Z", -3600),
    ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-01-01T00:00:00Z", 39600),
    ("AAA0BBB,J60/0,J61/0", "2028-03-01T12:00:00Z", 3600), ("AAA0BBB,J60/0,J61/0", "2028-02-29T12:00:00Z", 0),
    ("AAA0BBB,59/0,60/0", "2028-02-29T12:00:00Z", 3600), ("EST5", "2026-07-01T00:00:00Z", -18000),
    ("", "2026-07-01T00:00:00Z", 0),
  ]) func footersAreRules(_ footer: String, _ moment: String, _ offset: Int) throws {
    let zone = try ZoneOffsets(name: "x", tzif: slim(footer))
    #expect(zone.offset(at: try #require(Timestamp(rfc3339: moment))) == offset)
  }

  @Test(arguments: [
    "C-1", "CET", "CET-1CEST,", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0",
    "CET-1CEST,M3.5.7,M10.5.0", "CET-25", "CET-1CEST,J0,J5", "CET-1CEST,366,5",
    "CET-1CEST,M3.5.0/168,M10.5.0",
    "<CET-1", "CET-1CEST,M3.5.0,M10.5.0/3x", "CET-99999999999999999999",
  ]) func damagedFootersAreRefused(_ footer: String) {
    #expect(throws: ZoneProblem.self) { try ZoneOffsets(name: "x", tzif: slim(footer)) }
  }

  @Test func whatIsNoZoneIsRefused() throws {
    for bytes in [
      [], Array("TZif".utf8), Array("hello, world, this is a text that is longer than a header".utf8),
    ] {
      #expect(throws: ZoneProblem.self) { try ZoneOffsets(name: "x", tzif: bytes) }
    }
    #expect(throws: ZoneProblem.self) { try ZoneOffsets(name: "x", tzif: slim("", offset: [0x7f, 0, 0, 0])) }
    let large = slim("") + [UInt8](repeating: 0, count: ZoneOffsets.maximumBytes)
    #expect(throws: ZoneProblem.self) { try ZoneOffsets(name: "x", tzif: large) }
  }

  /// The ends of time have an offset too.
  @Test func noMomentIsTooFar() throws {
    for zone in [try zone("Europe/Berlin"), .utc] {
      for moment: Int64 in [.min, .min + 1, -1, .max - 1, .max] {
        let now = Timestamp(milliseconds: moment)
        #expect(abs(zone.offset(at: now)) < 100_000)
        if let next = zone.nextChange(after: now) { #expect(next > now) }
        var interval = CalendarInterval()
        interval.zone = zone
        interval.times = [60..<120]
        interval.years = [2026...2026]
        _ = interval.isActive(at: now)
        if let next = interval.nextChange(after: now) { #expect(next > now) }
      }
    }
  }

  @Test func damagedFilesNeverCrash() throws {
    let seed = UInt64.random(in: 1 ... .max)
    var random = SeededNumbers(seed: seed)
    let originals = [
      try zoneFile("Europe/Berlin"), slim("CET-1CEST,M3.5.0,M10.5.0/3"), try zoneFile("Asia/Tokyo"),
    ]
    var taken = 0
    for _ in 0..<3000 {
      var bytes = random.pick(originals)
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...30, using: &random)))
        case 1: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
        // Headers and footers are small and hold the most.
        case 2: bytes[min(place % 60, bytes.count - 1)] = UInt8.random(in: 0...255, using: &random)
        default:
          bytes[bytes.count - 1 - place % min(30, bytes.count)] = UInt8.random(
            in: 0x20...0x7e, using: &random)
        }
        if bytes.isEmpty { bytes = [0] }
      }
      guard let zone = try? ZoneOffsets(name: "x", tzif: bytes) else { continue }
      taken += 1
      let now = Timestamp(milliseconds: Int64.random(in: 0...4_000_000_000_000, using: &random))
      if abs(zone.offset(at: now)) > 180_000 { Issue.record("seed \(seed)") }
      if let next = zone.nextChange(after: now), next <= now { Issue.record("seed \(seed)") }
    }
    #expect(taken > 10, "seed \(seed)")
  }
}
