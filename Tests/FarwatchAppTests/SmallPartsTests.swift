import Dispatch
import Foundation
import Logging
import Model
import SampleStore
import Synchronization
import Testing

@testable import FarwatchApp

@Suite struct SteadyClockTests {
  private func at(_ milliseconds: Int64) -> MonotonicInstant { .init(nanoseconds: milliseconds * 1_000_000) }
  private func wall(_ milliseconds: Int64) -> Timestamp { .init(milliseconds: milliseconds) }

  @Test func followsTheWallWhileItGoesOn() {
    var clock = SteadyClock()
    #expect(clock.read(wall: wall(1000), monotonic: at(0)) == wall(1000))
    #expect(clock.read(wall: wall(1500), monotonic: at(500)) == wall(1500))
    // A small step forward is taken at once.
    #expect(clock.read(wall: wall(3000), monotonic: at(600)) == wall(3000))
    #expect(clock.takeShift() == .zero)
  }

  @Test func aGlitchForwardIsNotFollowed() {
    var clock = SteadyClock()
    _ = clock.read(wall: wall(1000), monotonic: at(0))
    for second in Int64(1)...3 {
      let reading = clock.read(wall: wall(3_600_000 + second * 1000), monotonic: at(second * 1000))
      #expect(reading == wall(1000 + second * 1000))
    }
    #expect(clock.read(wall: wall(5000), monotonic: at(4000)) == wall(5000))
    #expect(clock.takeShift() == .zero)
  }

  @Test func aStepForwardThatLastsIsFollowed() {
    var clock = SteadyClock()
    _ = clock.read(wall: wall(0), monotonic: at(0))
    #expect(clock.read(wall: wall(3_600_000), monotonic: at(1)) == wall(1))
    #expect(clock.read(wall: wall(3_659_000), monotonic: at(59_000)) == wall(59_000))
    #expect(clock.read(wall: wall(3_660_001), monotonic: at(60_001)) == wall(3_660_001))
  }

  @Test func aStepBackIsFollowedAndMovesThePast() {
    var clock = SteadyClock()
    _ = clock.read(wall: wall(10_000_000), monotonic: at(0))
    let reading = clock.read(wall: wall(6_401_000), monotonic: at(1000))
    #expect(reading == wall(6_401_000))
    #expect(clock.takeShift() == .seconds(-3600))
    #expect(clock.takeShift() == .zero)
    #expect(clock.read(wall: wall(6_402_000), monotonic: at(2000)) == wall(6_402_000))
  }

  @Test func neverStandsStill() {
    var clock = SteadyClock()
    let readings = (0..<5).map { _ in clock.read(wall: wall(1000), monotonic: at(0)).milliseconds }
    #expect(readings == [1000, 1001, 1002, 1003, 1004])
  }

  @Test func aStepBackSlowsItUntilTheWallHasCaughtUp() {
    var clock = SteadyClock()
    _ = clock.read(wall: wall(100_000), monotonic: at(0))
    // A second back: nine tenths of the pace, so it takes ten seconds to meet again.
    #expect(clock.read(wall: wall(100_000), monotonic: at(1000)) == wall(100_900))
    #expect(clock.read(wall: wall(104_000), monotonic: at(5000)) == wall(104_500))
    #expect(clock.read(wall: wall(109_000), monotonic: at(10_000)) == wall(109_000))
    #expect(clock.read(wall: wall(110_000), monotonic: at(11_000)) == wall(110_000))
    #expect(clock.takeShift() == .zero)
  }
}

@Suite struct ReadingRecorderTests {
  private let family = MetricFamily.gauge("lag", "Lag.")
  private func value(_ store: SampleStore, _ labels: Labels, at seconds: Double) -> Double? {
    let matchers =
      [LabelMatcher("__name__", equals: "lag")]
      + labels.entries.map { LabelMatcher($0.name, equals: $0.value) }
    return store.select(matchers).first.flatMap {
      store.newestSample(of: $0, at: .init(seconds: seconds), after: .init(seconds: seconds - 300))?.value
    }
  }
  private func reading(_ node: String, _ value: Double) -> Reading {
    Reading(family, value, labels: ["node": node])
  }

  @Test func aReadingThatIsGoneEndsItsSeries() {
    let store = SampleStore()
    let recorder = ReadingRecorder(store, base: ["link": "l"])
    recorder.record([reading("a", 1), reading("b", 2)], at: .init(seconds: 1))
    recorder.record([reading("b", 3)], at: .init(seconds: 2))
    #expect(value(store, ["link": "l", "node": "a"], at: 2) == nil)
    #expect(value(store, ["link": "l", "node": "b"], at: 2) == 3)
    recorder.end(at: .init(seconds: 3))
    #expect(value(store, ["node": "b"], at: 3) == nil)
    recorder.record([reading("b", 4)], at: .init(seconds: 4))
    #expect(value(store, ["node": "b"], at: 4) == 4)
  }

  @Test func theOrderOfReadingsDoesNotMatter() {
    let store = SampleStore()
    let recorder = ReadingRecorder(store, base: .empty)
    recorder.record([reading("a", 1), reading("b", 2)], at: .init(seconds: 1))
    recorder.record([reading("b", 20), reading("a", 10)], at: .init(seconds: 2))
    #expect(value(store, ["node": "a"], at: 2) == 10)
    #expect(value(store, ["node": "b"], at: 2) == 20)
    #expect(store.statistics.series == 2 && store.statistics.outOfOrder == 0)
  }

  @Test func aReadingsOwnLabelWins() {
    let store = SampleStore()
    ReadingRecorder(store, base: ["node": "base"]).record([reading("own", 1)], at: .init(seconds: 1))
    #expect(value(store, ["node": "own"], at: 1) == 1)
    #expect(value(store, ["node": "base"], at: 1) == nil)
  }

  @Test func aRefusedSeriesIsAskedForAgain() {
    var settings = SampleStoreSettings()
    settings.seriesLimit = 1
    let store = SampleStore(settings)
    let other = ReadingRecorder(store, base: .empty)
    other.record([reading("other", 0)], at: .init(seconds: 1))
    let recorder = ReadingRecorder(store, base: .empty)
    recorder.record([reading("a", 1)], at: .init(seconds: 1))
    #expect(value(store, ["node": "a"], at: 1) == nil)
    other.end(at: .init(seconds: 2))
    store.collectGarbage(now: .init(seconds: 500))
    recorder.record([reading("a", 2)], at: .init(seconds: 500))
    #expect(value(store, ["node": "a"], at: 500) == 2)
  }

  /// A collector that comes back after the store forgot its series must not write into nothing.
  @Test func aSeriesThatWasForgottenIsMadeAnew() {
    let store = SampleStore()
    let recorder = ReadingRecorder(store, base: .empty)
    recorder.record([reading("a", 1)], at: .init(seconds: 0))
    store.collectGarbage(now: .init(seconds: 3600))
    #expect(store.statistics.series == 0)
    recorder.record([reading("a", 2)], at: .init(seconds: 3600))
    #expect(value(store, ["node": "a"], at: 3600) == 2)
  }

  @Test func aSeldomReadingStaysWithinReach() {
    let store = SampleStore()
    let recorder = ReadingRecorder(store, base: .empty)
    recorder.record([reading("a", 7)], at: .init(seconds: 0))
    for second in stride(from: 5.0, through: 3600, by: 5) {
      recorder.refresh(at: .init(seconds: second))
      store.collectGarbage(now: .init(seconds: second))
      #expect(value(store, ["node": "a"], at: second) == 7)
    }
    #expect(store.statistics.appended < 30)
    recorder.end(at: .init(seconds: 3601))
    recorder.refresh(at: .init(seconds: 4000))
    #expect(value(store, ["node": "a"], at: 4000) == nil)
  }
}

@Suite struct MailboxTests {
  @Test func keepsTheOrder() {
    let box = Mailbox<Int>()
    #expect(box.take(waitingUpTo: .zero) == [])
    for number in 0..<5 { box.post(number) }
    #expect(box.take(waitingUpTo: .seconds(5)) == [0, 1, 2, 3, 4])
    #expect(box.take(waitingUpTo: .zero) == [])
    #expect(box.take(waitingUpTo: .milliseconds(-5)) == [])
  }

  @Test func aMessageWakesTheOwner() {
    let box = Mailbox<String>()
    let clock = ContinuousClock()
    let began = clock.now
    Thread.detachNewThread { box.post("here") }
    var got: [String] = []
    while got.isEmpty, clock.now - began < .seconds(20) { got = box.take(waitingUpTo: .seconds(20)) }
    #expect(got == ["here"])
    #expect(clock.now - began < .seconds(10))
  }

  @Test func whatCanWaitIsGathered() {
    let box = Mailbox<Int>()
    box.post(0, canWait: true)
    Thread.detachNewThread { for number in 1...3 { box.post(number, canWait: true) } }
    var got: [Int] = []
    let clock = ContinuousClock()
    let began = clock.now
    while got.count < 4, clock.now - began < .seconds(20) { got += box.take(waitingUpTo: .seconds(20)) }
    #expect(got == [0, 1, 2, 3])
    #expect(clock.now - began < .seconds(10))
  }

  @Test func whatCannotWaitWakesTheOwnerOfWhatCan() {
    let box = Mailbox<String>()
    // Its ring is taken, and the box holds what can wait: only something urgent rings.
    box.post("a", canWait: true)
    #expect(box.take(waitingUpTo: .seconds(5)) == ["a"])
    box.post("b", canWait: true)
    box.post("c")
    box.post("d", canWait: true)
    #expect(box.take(waitingUpTo: .seconds(5)) == ["b", "c", "d"])
    // Nothing of that is left behind as urgency of the next.
    box.post("e", canWait: true)
    #expect(box.take(waitingUpTo: .seconds(5)) == ["e"])
    #expect(box.take(waitingUpTo: .milliseconds(1)) == [])
  }

  @Test func nothingOfManyProducersIsLost() {
    let box = Mailbox<(producer: Int, number: Int)>()
    let producers = 8
    let each = 2000
    for producer in 0..<producers {
      Thread.detachNewThread {
        for number in 0..<each { box.post((producer, number), canWait: number % 3 != 0) }
      }
    }
    var next = [Int](repeating: 0, count: producers)
    let clock = ContinuousClock()
    let end = clock.now + .seconds(30)
    while next.reduce(0, +) < producers * each, clock.now < end {
      for message in box.take(waitingUpTo: .milliseconds(100)) {
        #expect(message.number == next[message.producer])
        next[message.producer] = message.number + 1
      }
    }
    #expect(next == [Int](repeating: each, count: producers))
  }
}

@Suite struct LogfmtTests {
  private let time = Timestamp(year: 2026, month: 1, day: 2)

  @Test func plainWordsAreLeftPlain() {
    let line = LogfmtHandler.line(
      time, .info, "watching", ["url": "http://127.0.0.1:9797/?a", "checks": "2", "a": "x"])
    #expect(
      line
        == #"time=2026-01-02T00:00:00.000Z level=info msg="watching" a=x checks=2 url=http://127.0.0.1:9797/?a"#
        + "\n")
  }

  @Test(arguments: [
    "", "two words", "a=b", "say \"no\"", "line\nbreak", "tab\there", "café", "\u{1b}[31m", "\u{7f}",
  ])
  func everythingElseIsQuotedOnOneLine(_ value: String) {
    let line = LogfmtHandler.line(time, .error, "m", ["key": "\(value)"])
    #expect(line.hasSuffix(" key=\(quoted(value))\n"))
    #expect(line.utf8.allSatisfy { $0 >= 0x20 || $0 == 0x0a })
    #expect(line.utf8.filter { $0 == 0x0a }.count == 1)
  }

  @Test(arguments: ["a b=c", "x\ntime=1", "a\"b", ""])
  func keysCannotForgeFields(_ key: String) {
    let line = LogfmtHandler.line(time, .error, "m", [key: "v"])
    #expect(line.utf8.filter { $0 == 0x0a }.count == 1)
    #expect(!line.contains(" time=1") && !line.contains("b=c"))
  }
}

@Suite struct DemoFilesTests {
  /// The demo has no installed files to read.
  @Test func theDemoRecordsWhatTheDashboardsAsk() throws {
    let rules = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "rules/dashboards.yml")
    #expect(DemoFiles.dashboardRules == (try String(contentsOf: rules, encoding: .utf8)))
  }
}
