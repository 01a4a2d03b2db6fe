import FarwatchTesting
import Model
import Terminal
import Testing

@testable import StatusView

@Suite struct TopScreenTests {
  private let small = TopScreen.Size(columns: 80, rows: 24)

  private func screen(colour: Bool = false) -> TopScreen {
    var screen = TopScreen(address: "http://127.0.0.1:9797", colour: colour)
    screen.hear(sampleStatus(), at: noon)
    return screen
  }

  @Test func aFrameFillsEightyByTwentyFour() {
    var screen = screen()
    let frame = screen.frame(small, at: noon)
    #expect(frame.count == 24 && frame.allSatisfy { TerminalText.length($0) <= 80 })
    let text = frame.joined(separator: "\n")
    #expect(
      text == """
        Farwatch http://127.0.0.1:9797
        BAD      1 region is down, 1 failover is not safe, 1 link misses its objective,…
        seen from taipei, at 2026-11-21 18:00:00 UTC, version 0.1.0, up 3d4h
        Failing over to japan now: loses 1m35s, takes about 40s; last proven 6d ago
        Failing over to korea now: loses unknown data, takes unknown time; never proven
          the recovery point of a link to it is not known

        Regions
                 REGION  SINCE  STATE
        DOWN     japan          standby, 20 % of traffic, requests unknown (`requests` …
        DOWN       web   1m30s  connect: connection refused by 10.1.2.3:443 (9 in a row)
        up       taiwan         primary, 80 % of traffic, 118.4 requests/s, 0.5 % fail
        up         web   2h     12.3 ms

        Alerts
                 ALERT       FOR
        firing   RegionDown  1m   Region japan is down [silenced by ada; acknowledged b…

        Receivers in trouble
                 RECEIVER    WAITING
        failing  pager/chat  3        failed 4 times in a row: timeout: no answer

        Replication
        lines 1-20 of 28   q quit   j/k scroll   s worst first   ? help
        """, "\(text)")
  }

  @Test func keysScrollAndTheEndIsTheEnd() {
    var screen = screen()
    let first = screen.frame(small, at: noon)
    #expect(screen.press(.character("k"), size: small) == .goOn)
    #expect(screen.frame(small, at: noon) == first)
    _ = screen.press(.down, size: small)
    let second = screen.frame(small, at: noon)
    #expect(second[3] == first[4] && second[0] == first[0])
    for _ in 0..<100 { _ = screen.press(.character("j"), size: small) }
    let last = screen.frame(small, at: noon)
    _ = screen.press(.up, size: small)
    let above = screen.frame(small, at: noon)
    #expect(above[4..<23] == last[3..<22], "what was scrolled beyond the end does not count")
    _ = screen.press(.end, size: small)
    #expect(screen.frame(small, at: noon) == last)
    _ = screen.press(.character("g"), size: small)
    #expect(screen.frame(small, at: noon) == first)
  }

  @Test func sortHelpAndQuit() {
    var screen = screen()
    let worst = screen.frame(small, at: noon)
    _ = screen.press(.character("s"), size: small)
    #expect(screen.frame(small, at: noon).last?.contains("s by name") == true)
    _ = screen.press(.character("s"), size: small)
    _ = screen.press(.character("s"), size: small)
    #expect(screen.frame(small, at: noon) == worst)
    _ = screen.press(.character("?"), size: small)
    #expect(screen.frame(small, at: noon).contains { $0.contains("one page down") })
    _ = screen.press(.character("?"), size: small)
    #expect(screen.frame(small, at: noon) == worst)
    #expect(screen.press(.character("q"), size: small) == .quit)
  }

  @Test func whoIsGoneIsSaidInRedAndComesBack() {
    var screen = TopScreen(address: "http://a", colour: true)
    #expect(screen.frame(small, at: noon).joined().contains("Connecting"))
    screen.miss("refused")
    #expect(screen.frame(small, at: noon)[1] == "\u{1b}[1;31mNOT CONNECTED: refused\u{1b}[0m")
    screen.hear(sampleStatus(), at: noon)
    let connected = screen.frame(small, at: noon)
    screen.miss("refused")
    let lost = screen.frame(small, at: noon + .seconds(12))
    #expect(lost[1].hasPrefix("\u{1b}[1;31mNOT CONNECTED for 12s: refused."), "\(lost[1])")
    #expect(lost[3...] == connected[3...], "what was known stays where it was")
    screen.hear(sampleStatus(), at: noon + .seconds(13))
    #expect(screen.frame(small, at: noon + .seconds(13)) == connected)
  }

  @Test func anySizeIsFilledAndNotExceeded() {
    var numbers = SeededNumbers(seed: 7)
    var screen = screen(colour: false)
    for _ in 0..<300 {
      let size = TopScreen.Size(
        columns: Int.random(in: -1...200, using: &numbers), rows: Int.random(in: -1...60, using: &numbers))
      let keys: [Key] = [.up, .down, .pageUp, .pageDown, .home, .end, .character("s"), .character("?")]
      _ = screen.press(keys.randomElement(using: &numbers)!, size: size)
      let frame = screen.frame(size, at: noon)
      #expect(frame.count <= max(1, size.rows) && frame.count >= min(1, max(1, size.rows)), "\(size)")
      #expect(frame.allSatisfy { TerminalText.length($0) <= max(1, size.columns) }, "\(size) \(frame)")
    }
  }
}
