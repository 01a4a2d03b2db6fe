import FarwatchTesting
import Testing

@testable import Terminal

@Suite struct KeyReaderTests {
  private func keys(_ text: String) -> [Key] {
    var reader = KeyReader()
    return reader.read(text.utf8)
  }

  @Test func keysOfEveryTerminal() {
    #expect(keys("q?j") == [.character("q"), .character("?"), .character("j")])
    #expect(keys("\u{1b}[A\u{1b}OB\u{1b}[5~\u{1b}[6~") == [.up, .down, .pageUp, .pageDown])
    #expect(
      keys("\u{1b}[H\u{1b}[F\u{1b}[1~\u{1b}[4~\u{1b}[7~\u{1b}[8~") == [.home, .end, .home, .end, .home, .end])
    #expect(keys("\u{1b}[15~x\u{1b}[1;5Ay") == [.character("x"), .up, .character("y")])
    #expect(keys("\r\n\t\u{1b}xq") == [.character("q")])
    #expect(keys("é") == [])
  }

  @Test func aSequenceComesInParts() {
    var reader = KeyReader()
    #expect(reader.read([0x1b]) == [] && reader.read([0x5b]) == [] && reader.read([0x42]) == [.down])
  }

  @Test func noiseIsPassedOver() {
    var numbers = SeededNumbers(seed: 11)
    var reader = KeyReader()
    for _ in 0..<20_000 { _ = reader.read([UInt8.random(in: 0...255, using: &numbers)]) }
    _ = reader.read(Array(repeating: 0x30, count: 40) + [0x1b, 0x5b, 0x41])
    #expect(reader.read("q".utf8) == [.character("q")])
  }
}

@Suite struct DrawingTests {
  @Test func onlyWhatDiffersIsWritten() {
    let shown = ["one", "two", "three"]
    let whole = TerminalSession.frame(shown, over: [])
    #expect(whole == "\u{1b}[Hone\u{1b}[K\r\ntwo\u{1b}[K\r\nthree\u{1b}[K\u{1b}[J")
    #expect(TerminalSession.frame(shown, over: shown) == "")
    #expect(TerminalSession.frame(["one", "2", "three"], over: shown) == "\u{1b}[2;1H2\u{1b}[K")
    let other = TerminalSession.frame(["one", "two"], over: shown)
    #expect(other.hasPrefix("\u{1b}[Hone") && other.hasSuffix("\u{1b}[J"), "nothing of the old stays")
  }
}

@Suite struct PaintTests {
  @Test func colourIsForTerminalsThatHaveIt() {
    let xterm = ["TERM": "xterm"]
    #expect(ColourChoice.auto.isOn(isTerminal: true, environment: xterm))
    #expect(!ColourChoice.auto.isOn(isTerminal: false, environment: xterm))
    #expect(!ColourChoice.auto.isOn(isTerminal: true, environment: ["TERM": "dumb"]))
    #expect(!ColourChoice.auto.isOn(isTerminal: true, environment: [:]))
    #expect(!ColourChoice.auto.isOn(isTerminal: true, environment: ["TERM": "xterm", "NO_COLOR": "1"]))
    // no-color.org: present and not empty.
    #expect(ColourChoice.auto.isOn(isTerminal: true, environment: ["TERM": "xterm", "NO_COLOR": ""]))
    #expect(ColourChoice.always.isOn(isTerminal: false, environment: ["NO_COLOR": "1"]))
    #expect(!ColourChoice.never.isOn(isTerminal: true, environment: xterm))
  }

  @Test func aLineIsCutWhereItsColumnsEnd() {
    var line = StyledLine("bad ", .bad)
    line.append("東京 is down")
    #expect(line.text(colour: false) == "bad 東京 is down")
    #expect(line.text(colour: true) == "\u{1b}[1;31mbad \u{1b}[0m東京 is down")
    for width in 1...20 {
      let cut = line.text(colour: false, width: width)
      #expect(TerminalText.length(cut) <= width, "\(width): \(cut)")
    }
    #expect(line.text(colour: false, width: 8) == "bad 東…")
    #expect(StyledLine("a\u{1b}[2Jb").plain == "a [2Jb")
  }

  @Test func columnsOfWideCharactersStandUnderEachOther() {
    let table = TerminalText.table(["NAME", "X"], [["東京", "1"], ["abcd", "2"]], whole: 0, width: nil)
    #expect(table == ["NAME  X", "東京  1", "abcd  2"])
  }
}

@Suite struct ProgressLineTests {
  private final class Screen {
    var written = ""
    var time = Duration.zero
  }

  @Test func itWaitsIsNotHastyAndGoes() {
    let screen = Screen()
    var line = ProgressLine(isOn: true, now: { screen.time }, write: { screen.written += $0 })
    line.show("one")
    #expect(screen.written.isEmpty, "what is short says nothing")
    screen.time = .milliseconds(500)
    line.show("two")
    line.show("three")
    #expect(screen.written == "\rtwo\u{1b}[K")
    screen.time = .milliseconds(700)
    line.show("four")
    line.clear()
    line.clear()
    #expect(screen.written == "\rtwo\u{1b}[K\rfour\u{1b}[K\r\u{1b}[K")
  }

  @Test func intoAPipeItSaysNothing() {
    let screen = Screen()
    var line = ProgressLine(isOn: false, now: { .seconds(10) }, write: { screen.written += $0 })
    line.show("one")
    line.clear()
    #expect(screen.written.isEmpty)
  }
}
