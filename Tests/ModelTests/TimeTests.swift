import Model
import Testing

@Suite struct TimeTests {
  @Test func calendarGoesBothWays() {
    let t = Timestamp(year: 2012, month: 5, day: 2, hour: 0, minute: 54, second: 6, millisecond: 655)
    #expect(t.milliseconds == 1_335_920_046_655)
    #expect(t.iso8601 == "2012-05-02T00:54:06.655Z")
    #expect(t.civil.weekday == 3)
    #expect(Timestamp(milliseconds: -1).iso8601 == "1969-12-31T23:59:59.999Z")
    #expect(Timestamp(year: 2024, month: 2, day: 29).iso8601 == "2024-02-29T00:00:00.000Z")
    #expect(
      Timestamp(year: 2100, month: 3, day: 1) - Timestamp(year: 2100, month: 2, day: 28) == .seconds(86_400))
  }

  @Test func secondsAreClampedNotTrapped() {
    #expect(Timestamp(seconds: .infinity).milliseconds == .max)
    #expect(Timestamp(seconds: .nan).milliseconds == 0)
    #expect(Timestamp(seconds: 1.0006).milliseconds == 1001)
  }

  @Test(arguments: [
    ("1h30m", 5_400_000), ("500ms", 500), ("0", 0), ("1m", 60_000), ("1y2w3d4h5m6s7ms", 33_019_506_007),
  ])
  func durationsAreRead(text: String, milliseconds: Int) {
    #expect(DurationText.parse(text) == .milliseconds(milliseconds))
  }

  @Test(arguments: ["", "5", "m", "1m1h", "1s1s", "-1s", "1.5s", "1 s", "99999999999999y"])
  func badDurationsAreRefused(text: String) { #expect(DurationText.parse(text) == nil) }

  @Test(arguments: [
    ("90s", "1m30s"), ("7d", "1w"), ("8d", "8d"), ("365d", "1y"), ("1500ms", "1s500ms"), ("0", "0s"),
  ])
  func durationsArePrintedAsPrometheusDoes(text: String, printed: String) {
    #expect(DurationText.parse(text).map(DurationText.format) == printed)
  }
}
