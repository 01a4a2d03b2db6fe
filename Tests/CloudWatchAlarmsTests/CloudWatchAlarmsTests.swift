import Model
import Testing

@testable import CloudWatchAlarms

/// Series that are written by hand.
final class HandStore: SeriesReader {
  private(set) var indexVersion: UInt64 = 0
  private var series: [(labels: Labels, samples: [Sample])] = []

  func write(_ labels: Labels, _ value: Double, at time: Timestamp) {
    if let place = series.firstIndex(where: { $0.labels == labels }) {
      series[place].samples.append(Sample(timestamp: time, value: value))
    } else {
      series.append((labels, [Sample(timestamp: time, value: value)]))
      indexVersion += 1
    }
  }

  func move(by shift: Duration) {
    for place in series.indices {
      series[place].samples = series[place].samples.map {
        Sample(timestamp: $0.timestamp + shift, value: $0.value)
      }
    }
  }

  func select(_ matchers: [LabelMatcher]) -> [SeriesID] {
    series.indices.filter { place in matchers.allSatisfy { $0.matches(series[place].labels) } }
      .map { SeriesID(raw: UInt32($0)) }
  }

  func labels(of id: SeriesID) -> Labels { series[Int(id.raw)].labels }

  func newestSample(of id: SeriesID, at: Timestamp, after: Timestamp) -> Sample? {
    series[Int(id.raw)].samples.last { $0.timestamp > after && $0.timestamp <= at }
  }

  func readWindow(of id: SeriesID, at: Timestamp, after: Timestamp, into samples: inout SampleColumns) {
    for sample in series[Int(id.raw)].samples where sample.timestamp > after && sample.timestamp <= at {
      samples.append(sample.timestamp.milliseconds, sample.value)
    }
  }
}

let midnight = Timestamp(year: 2026, month: 1, day: 1)

/// An engine, a store and a clock.
final class AlarmWorld {
  let store = HandStore()
  var engine: AlarmEngine
  var now = midnight
  var rows: [String: [UInt8]] = [:]
  var transitions: [String] = []
  var events: [AlertEvent] = []

  init(_ text: String) {
    engine = AlarmEngine(
      alarms: [], settings: .init(region: "test"), reader: store, restoring: [], now: midnight)
    reload(text)
  }

  func reload(_ text: String) {
    let (loaded, problems) = read(text)
    precondition(problems.isEmpty, "\(problems)")
    engine.replace(with: loaded.alarms, now: now)
  }

  func restart(_ text: String) {
    let (loaded, _) = read(text)
    engine = AlarmEngine(
      alarms: loaded.alarms, settings: .init(region: "test"), reader: store,
      restoring: rows.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, now: now)
  }

  /// Lets seconds pass; `write` is called every 5 of them.
  func run(_ seconds: Int, _ write: (Timestamp) -> Void = { _ in }) {
    for second in 1...seconds {
      now = now + .seconds(1)
      if second % 5 == 0 { write(now) }
      let decisions = engine.run(
        now: now, monotonic: MonotonicInstant(nanoseconds: (now - midnight).nanoseconds))
      for change in decisions.changes { rows[change.key] = change.value }
      let clock = (now - midnight).milliseconds / 1000
      transitions += decisions.transitions.map {
        "\(clock) \($0.alarm) \($0.from.rawValue)>\($0.to.rawValue)"
      }
      events += decisions.events
    }
  }

  func state(_ alarm: String) -> AlarmState? { engine.snapshot().first { $0.name == alarm }?.state }
}

private func metric(_ more: String, name: String = "A", promql: String = "value") -> String {
  "\(name): {PromQL: '\(promql)', Threshold: 10, ComparisonOperator: GreaterThanThreshold, \(more)}\n"
}

@Suite struct AlarmEngineTests {
  private let series: Labels = ["__name__": "value"]

  /// Making up for the past of many alarms at once leaves the thread to others in between.
  @Test func aLongPastIsMadeUpForOverManyTurns() {
    let alarms =
      (0..<50).map {
        metric(
          "EvaluationPeriods: 24, Period: 3600, Statistic: Sum, AlarmActions: [p]", name: "A\($0)",
          promql: "time() + \($0)")
      }.joined() + "All: {AlarmRule: 'ALARM(A0) AND ALARM(A49)', AlarmActions: [p]}\n"
    let world = AlarmWorld(alarms)
    var turns = 0
    var monotonic = MonotonicInstant(nanoseconds: 0)
    while world.engine.snapshot().contains(where: { $0.state != .alarm }), turns < 100 {
      let found = world.engine.run(now: midnight, monotonic: monotonic)
      // Composite alarms wait until all are known.
      if turns == 0 { #expect(!found.transitions.contains { $0.alarm == "All" }) }
      monotonic = world.engine.nextDeadline ?? monotonic
      turns += 1
    }
    // Some 410 evaluations each, 2000 a turn.
    #expect((8...15).contains(turns), "\(turns) turns")
    #expect(monotonic < MonotonicInstant(nanoseconds: 20_000_000_000))
  }

  @Test func aSnapshotSaysWhatIsWatchedAndWhoIsTold() throws {
    let world = AlarmWorld(
      metric("EvaluationPeriods: 1, Period: 60, Statistic: Maximum, AlarmActions: [p, q], OKActions: [p]")
        + "C: {AlarmRule: ALARM(A), ActionsEnabled: false}\n")
    world.run(130) { world.store.write(series, 99, at: $0) }
    let (alarm, composite) = (world.engine.snapshot()[0], world.engine.snapshot()[1])
    #expect(alarm.watches == "Maximum of value is greater than 10.0 in 1 of 1 periods of 60 s")
    #expect(alarm.topics == ["p", "q"] && alarm.toldAt == midnight + .seconds(60))
    #expect(composite.watches == "ALARM(A)" && !composite.actionsEnabled && composite.toldAt == nil)
    #expect(composite.reason.hasPrefix("A transitioned to ALARM at"), "\(composite.reason)")
    // It survives a restart.
    world.restart(metric("EvaluationPeriods: 1, Period: 60, Statistic: Maximum, AlarmActions: [p]"))
    #expect(world.engine.snapshot()[0].toldAt == midnight + .seconds(60))
  }

  @Test func fullMinutesDecideAndActionsFollowTransitionsOnly() throws {
    let world = AlarmWorld(
      metric(
        "EvaluationPeriods: 2, Period: 60, Statistic: Maximum, AlarmActions: [pager], OKActions: [office, pager]"
      ))
    world.run(30)
    #expect(world.state("A") == .insufficientData && world.events == [])
    world.run(150) { world.store.write(series, 1, at: $0) }
    #expect(world.transitions == ["60 A INSUFFICIENT_DATA>OK"])
    world.run(180) { world.store.write(series, 99, at: $0) }
    world.run(300) { world.store.write(series, 1, at: $0) }
    // Bad from 0:03:00 on: two full minutes are over at 0:05:00, and the first good one ends at 0:08:00.
    #expect(world.transitions.dropFirst() == ["300 A OK>ALARM", "480 A ALARM>OK"])
    #expect(world.events.map { $0.alarm?.newState ?? "" } == ["OK", "ALARM", "OK"])
    let page = try #require(world.events.dropFirst().first)
    #expect(page.topics == ["pager"] && page.status == .firing && page.startsAt == midnight + .seconds(300))
    #expect(world.events.last?.topics == ["office", "pager"])
    #expect(
      page.alarm?.reason
        == "Threshold Crossed: 2 out of the last 2 datapoints [99.0 (01/01/26 00:04:00), 99.0 (01/01/26 00:03:00)] were "
        + "greater than the threshold (10.0) (minimum 2 datapoints for OK -> ALARM transition).")
  }

  @Test func statisticsOfEverySample() {
    // Minute by minute 5, 20, 5, 20 …: the average is above, the minimum is not.
    var high = false
    func alternate(_ world: AlarmWorld) {
      world.run(240) {
        world.store.write(series, high ? 20 : 5, at: $0)
        high.toggle()
      }
    }
    for (statistic, state) in [
      ("Statistic: Average", AlarmState.alarm), ("Statistic: Minimum", .ok), ("Statistic: Maximum", .alarm),
      ("Statistic: Sum", .alarm), ("Statistic: SampleCount", .alarm), ("ExtendedStatistic: p40", .ok),
      ("ExtendedStatistic: p90", .alarm), ("ExtendedStatistic: tm50", .ok),
    ] {
      let world = AlarmWorld(metric("EvaluationPeriods: 1, Period: 60, \(statistic)"))
      alternate(world)
      #expect(world.state("A") == state, "\(statistic)")
    }
    let world = AlarmWorld(metric("EvaluationPeriods: 1, Period: 60, Statistic: SampleCount", name: "B"))
    alternate(world)
    #expect(
      world.engine.entries["B"]?.sampler?.points(at: (midnight + .seconds(240)).milliseconds).last??.value
        == 12)
  }

  @Test func expressionsAreAskedEveryTenSeconds() {
    let world = AlarmWorld(
      metric("EvaluationPeriods: 1, Period: 60, Statistic: SampleCount", promql: "value * 2"))
    world.run(200) { world.store.write(series, 1, at: $0) }
    #expect(
      world.engine.entries["A"]?.sampler?.points(at: (midnight + .seconds(180)).milliseconds).last??.value
        == 6)
  }

  @Test func shortPeriodsAreJudgedEveryTenSeconds() {
    let world = AlarmWorld(metric("EvaluationPeriods: 1, Period: 10, Statistic: Maximum"))
    world.run(60) { world.store.write(series, 1, at: $0) }
    world.run(30) { world.store.write(series, 99, at: $0) }
    #expect(world.transitions == ["10 A INSUFFICIENT_DATA>OK", "70 A OK>ALARM"])
  }

  @Test func longPeriodsSlideByTheMinute() {
    let world = AlarmWorld(metric("EvaluationPeriods: 1, Period: 300, Statistic: Maximum"))
    world.run(420) { world.store.write(series, 1, at: $0) }
    world.run(60) { world.store.write(series, 99, at: $0) }
    #expect(world.transitions.last == "480 A OK>ALARM", "the five minutes that end at the eighth")
  }

  @Test func aMinuteWithoutSamplesIsMissing() {
    let world = AlarmWorld(
      metric("EvaluationPeriods: 1, Period: 60, Statistic: Maximum, TreatMissingData: missing"))
    world.run(120) { world.store.write(series, 1, at: $0) }
    world.run(300)
    #expect(world.transitions == ["60 A INSUFFICIENT_DATA>OK", "360 A OK>INSUFFICIENT_DATA"])
    let strict = AlarmWorld(
      metric("EvaluationPeriods: 1, Period: 60, Statistic: Maximum, TreatMissingData: breaching"))
    strict.run(120) { strict.store.write(series, 1, at: $0) }
    strict.run(300)
    #expect(strict.transitions == ["60 A INSUFFICIENT_DATA>OK", "360 A OK>ALARM"])
    #expect(
      strict.engine.snapshot().first?.reason.contains("1 missing datapoint was treated as [Breaching]")
        == true)
  }

  @Test func aRestartKeepsTheStateAndTellsNothingAgain() throws {
    let text = metric(
      "EvaluationPeriods: 2, Period: 60, Statistic: Maximum, AlarmActions: [pager], TreatMissingData: breaching"
    )
    let world = AlarmWorld(text)
    world.run(180) { world.store.write(series, 99, at: $0) }
    #expect(world.events.count == 1 && world.state("A") == .alarm)
    // Away for an hour: what was missed says nothing.
    world.now = world.now + .seconds(3600)
    world.restart(text)
    #expect(world.state("A") == .alarm)
    world.run(180) { world.store.write(series, 99, at: $0) }
    #expect(world.events.count == 1 && world.transitions.count == 1)
    world.run(180) { world.store.write(series, 1, at: $0) }
    #expect(world.state("A") == .ok)
    world.now = world.now + .seconds(3600)
    world.restart(text)
    world.run(240) { world.store.write(series, 1, at: $0) }
    #expect(world.state("A") == .ok && world.transitions.count == 2, "\(world.transitions)")
    // A row that cannot be read is told, and the alarm begins anew.
    world.rows["A"] = Array("{}".utf8)
    world.restart(text)
    #expect(world.engine.restoreProblems.count == 1 && world.state("A") == .insufficientData)
  }

  @Test func aReloadKeepsWhatItDoesNotChange() throws {
    let text = metric("EvaluationPeriods: 2, Period: 60, Statistic: Maximum, AlarmActions: [pager]")
    let world = AlarmWorld(text)
    world.run(180) { world.store.write(series, 99, at: $0) }
    let row = try #require(world.rows["A"])
    world.reload(text + metric("EvaluationPeriods: 1, Period: 60", name: "B"))
    world.run(60) { world.store.write(series, 99, at: $0) }
    #expect(world.rows["A"] == row && world.state("A") == .alarm && world.state("B") == .alarm)
    // Changed: the state stays until the new definition is judged, as in AWS.
    world.reload(text.replacing("Threshold: 10", with: "Threshold: 1000"))
    #expect(world.state("A") == .alarm && world.state("B") == nil)
    world.run(60) { world.store.write(series, 99, at: $0) }
    #expect(world.state("A") == .ok && world.rows["B"] == nil && world.rows["A"] != row)
  }

  @Test func compositeAlarmsFollowTheirChildren() throws {
    let world = AlarmWorld(
      metric("EvaluationPeriods: 1, Period: 60")
        + metric("EvaluationPeriods: 1, Period: 60", name: "B", promql: "other")
          + """
          Both: {AlarmRule: "ALARM(A) AND ALARM(B)", AlarmActions: pager}
          Outer: {AlarmRule: "NOT OK(Both)"}
          """)
    world.run(120) {
      world.store.write(series, 99, at: $0)
      world.store.write(["__name__": "other"], 1, at: $0)
    }
    #expect(world.state("Both") == .ok && world.state("Outer") == .ok)
    world.run(60) {
      world.store.write(series, 99, at: $0)
      world.store.write(["__name__": "other"], 99, at: $0)
    }
    #expect(world.transitions.suffix(3) == ["180 B OK>ALARM", "180 Both OK>ALARM", "180 Outer OK>ALARM"])
    let event = try #require(world.events.last)
    #expect(event.alarm?.rule == "ALARM(A) AND ALARM(B)" && event.alarm?.trigger == nil)
    #expect(event.alarm?.triggeringChildren.map(\.name) == ["B"])
    #expect(
      event.alarm?.reason
        == "arn:aws:cloudwatch:test:000000000000:alarm:B transitioned to ALARM at Thursday 01 January, 2026 00:03:00 UTC"
    )
  }

  @Test func aSuppressorHoldsActionsBackAcrossARestart() {
    let text =
      metric("EvaluationPeriods: 1, Period: 10")
      + metric("EvaluationPeriods: 1, Period: 10", name: "Q", promql: "quiet")
        + """
        C: {AlarmRule: ALARM(A), AlarmActions: pager, ActionsSuppressor: Q, ActionsSuppressorWaitPeriod: 30,
          ActionsSuppressorExtensionPeriod: 60}
        """
    let world = AlarmWorld(text)
    func run(_ seconds: Int, _ value: Double, _ quiet: Double) {
      world.run(seconds) {
        world.store.write(series, value, at: $0)
        world.store.write(["__name__": "quiet"], quiet, at: $0)
      }
    }
    run(60, 1, 99)
    run(120, 99, 99)
    #expect(world.state("C") == .alarm && world.events == [])
    world.restart(text)
    run(30, 99, 99)
    #expect(world.events == [])
    run(60, 99, 1)
    #expect(world.events == [], "the extension is not over")
    run(30, 99, 1)
    #expect(world.events.count == 1 && world.events.first?.alarm?.newState == "ALARM")
  }

  @Test func theClockSetBackInventsNothing() {
    let world = AlarmWorld(metric("EvaluationPeriods: 1, Period: 60, Statistic: Maximum"))
    world.run(180) { world.store.write(series, 1, at: $0) }
    world.now = world.now - .seconds(3600)
    world.store.move(by: .seconds(-3600))
    world.engine.clockWasSetBack(by: .seconds(-3600))
    world.run(180)
    #expect(world.transitions == ["60 A INSUFFICIENT_DATA>OK"])
  }
}
