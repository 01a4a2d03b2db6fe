internal import Alerting
internal import Model
internal import PromQL
internal import StrictYAML

/// One test under way: the rule engine of the daemon, driven in simulated time over series that are made up.
///
/// As promtool does it, every group is evaluated at every `evaluation_interval` from the test's start to its last
/// check, whatever interval the group itself has, and a series' samples are appended when their time has come. An
/// alert check sees the last evaluation that is not later than it.
struct UnitTestRun {
  /// Evaluations of all groups in one test: more than a year of minutes.
  static let maximumEvaluations: Int64 = 1_000_000

  let test: UnitTest
  let file: UnitTestFile
  let showsDifferences: Bool
  private let store = SeriesFixture()
  private let output: RuleOutput
  /// Samples whose time has not come, newest first.
  private var waiting: [(series: SeriesID, position: YAMLPosition, values: [SequenceValue])] = []
  private var nextSample: Duration = .zero
  private var failures: [UnitTestFailure] = []

  init(_ test: UnitTest, of file: UnitTestFile, showsDifferences: Bool) {
    self.test = test
    self.file = file
    self.showsDifferences = showsDifferences
    output = RuleOutput(store)
  }

  /// Series that cannot be read, and checks that cannot be made, end a test before its rules are asked.
  mutating func load() -> [UnitTestFailure] {
    var descriptions: [Labels: (position: YAMLPosition, values: [SequenceValue])] = [:]
    for input in test.series {
      do {
        let series = try parseSeriesDescription("\(input.series.value) \(input.values.value)")
        // As for promtool: of two with the same labels the later one counts.
        descriptions[series.labels] = (input.series.position, series.values.reversed())
      } catch {
        failures.append(
          UnitTestFailure(
            position: input.series.position, what: "series \(quoted(input.series.value))",
            details: ["cannot be read: \(error)"]))
      }
    }
    for (labels, description) in descriptions.sorted(by: { $0.value.position < $1.value.position }) {
      waiting.append((store.series(labels), description.position, description.values))
    }
    for check in test.alertChecks where check.alert.isEmpty {
      failures.append(UnitTestFailure(position: check.position, what: "an alert check without `alertname`"))
    }
    if test.lastTime.milliseconds / max(1, file.evaluationInterval.milliseconds) > Self.maximumEvaluations {
      failures.append(
        UnitTestFailure(
          position: test.position, what: "needs more than \(Self.maximumEvaluations) evaluations of its rules"
        ))
    }
    return failures
  }

  /// Appends the samples whose time has come.
  private mutating func appendSamples(through elapsed: Duration) {
    while nextSample <= elapsed, waiting.contains(where: { !$0.values.isEmpty }) {
      for place in waiting.indices {
        guard let value = waiting[place].values.popLast() else { continue }
        do throws(SeriesFixture.Refusal) {
          try store.add(value, at: test.start + nextSample, to: waiting[place].series)
        } catch {
          let time = DurationText.format(nextSample)
          failures.append(
            UnitTestFailure(
              position: waiting[place].position,
              what: "series \(store.labels(of: waiting[place].series)) at \(time)",
              details: [error.text(writer: "a rule")]))
        }
      }
      nextSample += test.interval
    }
  }

  mutating func run(_ groups: [RuleGroup]) -> [UnitTestFailure] {
    var settings = RuleSettings()
    settings.evaluationInterval = file.evaluationInterval
    settings.externalLabels = test.externalLabels
    settings.externalURL = test.externalURL
    settings.limits = options
    let engine = RuleEngine(
      groups: groups.map { $0.withoutInterval }, settings: settings, reader: store, appender: output,
      clock: StoppedClock(), restoring: [])
    let checks = test.alertChecks.enumerated().sorted {
      ($0.element.time, $0.offset) < ($1.element.time, $1.offset)
    }
    .map(\.element)
    var nextCheck = 0
    var elapsed = Duration.zero
    while elapsed <= test.lastTime {
      appendSamples(through: elapsed)
      _ = engine.run(
        now: test.start + elapsed, monotonic: MonotonicInstant(nanoseconds: elapsed.nanoseconds))
      // A rule that cannot be evaluated ends the test: what follows from it would only confuse.
      guard addEvaluationFailures(engine, at: elapsed) else { return failures }
      while nextCheck < checks.count, checks[nextCheck].time < elapsed + file.evaluationInterval {
        compare(checks[nextCheck], engine.snapshot())
        nextCheck += 1
      }
      elapsed += file.evaluationInterval
    }
    for check in test.expressionChecks { compare(check) }
    return failures
  }

  private var options: EvaluationOptions {
    var options = EvaluationOptions()
    options.subqueryStep = file.evaluationInterval
    return options
  }

  private mutating func addEvaluationFailures(_ engine: RuleEngine, at elapsed: Duration) -> Bool {
    guard engine.hasFailedRules || !output.refused.isEmpty else { return true }
    for (labels, refusal) in output.refused {
      failures.append(
        UnitTestFailure(
          position: test.position, what: "what a rule writes at \(DurationText.format(elapsed))",
          details: ["\(labels) is refused: \(refusal.text(writer: "the test's input"))"]))
    }
    for rule in engine.snapshot().groups.flatMap(\.rules) where rule.health == .err {
      failures.append(
        UnitTestFailure(
          position: test.position, what: "rule \(rule.name) at \(DurationText.format(elapsed))",
          details: ["cannot be evaluated: \(rule.lastError ?? "")"]))
    }
    return false
  }

  private mutating func compare(_ check: UnitTest.AlertCheck, _ snapshot: RulesSnapshot) {
    let active = snapshot.groups.flatMap(\.rules).filter { $0.kind == .alerting && $0.name == check.alert }
      .flatMap(\.alerts)
    let comparison = AlertComparison(
      expected: check.expected.map { ComparedAlert($0, alert: check.alert) },
      got: active.filter { $0.state == .firing }.map { ComparedAlert($0) })
    guard !comparison.isEqual else { return }
    var details = showsDifferences ? comparison.differences : comparison.bothSides
    let pending = active.filter { $0.state == .pending }
    if let first = pending.first {
      let since = DurationText.format(first.activeAt - test.start)
      details.append("\(pending.count) pending, since \(since)")
    }
    failures.append(
      UnitTestFailure(
        position: check.position, what: "alert \(check.alert) at \(DurationText.format(check.time))",
        details: details))
  }

  private mutating func compare(_ check: UnitTest.ExpressionCheck) {
    let what = "expression \(quoted(check.expression.value)) at \(DurationText.format(check.time))"
    do throws(ComparisonFault) {
      let got = try evaluate(check)
      var expected: [ComparedSample] = []
      for sample in check.expected { expected.append(try ComparedSample(sample)) }
      let comparison = SampleComparison(expected: expected, got: got, fuzzy: file.comparesFuzzily)
      guard !comparison.isEqual else { return }
      failures.append(
        UnitTestFailure(
          position: check.position, what: what,
          details: showsDifferences ? comparison.differences : comparison.bothSides))
    } catch {
      failures.append(UnitTestFailure(position: check.position, what: what, details: [error.message]))
    }
  }

  private func evaluate(_ check: UnitTest.ExpressionCheck) throws(ComparisonFault) -> [ComparedSample] {
    let value: Value
    do {
      let plan = try Plan(parseExpression(check.expression.value))
      value = try plan.evaluate(at: test.start + check.time, in: store, options: options).value
    } catch {
      throw ComparisonFault(message: "cannot be evaluated: \(error)")
    }
    switch value {
    case .scalar(let number): return [ComparedSample(labels: .empty, value: number)]
    case .vector(let vector):
      return vector.map { ComparedSample(labels: $0.labels, value: $0.value, histogram: $0.histogram) }
    default: throw ComparisonFault(message: "the result is not a vector or a scalar")
    }
  }
}

extension SeriesFixture.Refusal {
  fileprivate func text(writer: String) -> String {
    switch self {
    case .outOfOrder: "\(writer) has written a newer sample of this series"
    case .duplicate: "\(writer) has written another value of this series at the same time"
    case .full: "there are \(SeriesFixture.maximumSamples) samples already"
    }
  }
}

/// Where the rules of a test write. What the store refuses is a failure, as it is for promtool; markers of an end may
/// come too late, as they may there.
private final class RuleOutput: SampleAppender {
  private let store: SeriesFixture
  private(set) var refused: [(labels: Labels, refusal: SeriesFixture.Refusal)] = []

  init(_ store: SeriesFixture) { self.store = store }

  func series(_ family: MetricFamily, _ labels: Labels) -> SeriesID? { store.series(family, labels) }

  func append(_ value: Double, at time: Timestamp, to series: SeriesID) {
    do throws(SeriesFixture.Refusal) {
      try store.add(.float(value), at: time, to: series)
    } catch {
      if !StaleMarker.isStale(value) { refused.append((store.labels(of: series), error)) }
    }
  }

  func append(_ histogram: FloatHistogram, at time: Timestamp, to series: SeriesID) {
    do throws(SeriesFixture.Refusal) {
      try store.add(.histogram(histogram, hintIsSet: false), at: time, to: series)
    } catch {
      refused.append((store.labels(of: series), error))
    }
  }
}

/// Nothing that a test finds may depend on how long it took.
private struct StoppedClock: TimeSource {
  var now: Timestamp { Timestamp(milliseconds: 0) }
  var monotonic: MonotonicInstant { MonotonicInstant(nanoseconds: 0) }
}
