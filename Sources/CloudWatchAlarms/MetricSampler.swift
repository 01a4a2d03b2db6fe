internal import Model
internal import PromQL

/// Collects the samples of one metric alarm and makes data points of them.
///
/// Time is cut into slots of a minute, or of 10 seconds for periods below a minute; a slot keeps what the statistic
/// needs, and a period is a number of slots. So an evaluation costs a merge per slot, never a second look at samples.
/// Slots are filled at *marks*, every 10 seconds: a bare selector gives every sample of its series since the last
/// mark, any other expression is evaluated at the mark and each element of its result is one sample. Samples that
/// come late are still seen for ``lateness``: the newest slots are read anew at every mark.
final class MetricSampler {
  static let markMilliseconds: Int64 = 10_000
  /// So far back at least do samples of a bare selector that come late find their slot.
  private static let lateness: Int64 = 60_000
  /// Evaluations that make up for a longer past, unless its periods are more: each has one at least.
  private static let backfillEvaluations: Int64 = 400

  private(set) var metric: MetricAlarm
  private let plan: Plan?
  private let selector: [LabelMatcher]?
  private let slotMilliseconds: Int64
  private let slotsKept: Int
  private let backfillStep: Int64
  /// By slot number; a slot without a sample is not there.
  private var slots: [Int64: SampleSummary] = [:]
  /// Everything before is in the slots.
  private(set) var filledTo: Int64?
  private var series: [SeriesID] = []
  private var resolvedVersion: UInt64?
  private var window = SampleColumns()
  /// Why the newest evaluation failed; nil when it did not.
  private(set) var problem: String?

  init(_ metric: MetricAlarm) {
    self.metric = metric
    selector = metric.expression.plainSelector
    do {
      plan = try Plan(metric.expression)
    } catch {
      plan = nil
      problem = error.message
    }
    slotMilliseconds = metric.periodSeconds >= 60 ? 60_000 : 10_000
    slotsKept = metric.evaluator.range * max(1, metric.periodSeconds * 1000 / Int(slotMilliseconds))
    backfillStep = Self.backfillStep(
      range: Int64(slotsKept) * slotMilliseconds, period: Int64(metric.periodSeconds) * 1000)
  }

  /// Goes on for an alarm that measures the same and judges it differently.
  func adopted(by metric: MetricAlarm) -> MetricSampler {
    self.metric = metric
    return self
  }

  /// The newest moment at which the alarm is judged (a full minute, or 10 seconds for periods below a minute) up to
  /// `mark`; nil when it was there already when everything up to `before` was filled.
  func newestTick(upTo mark: Int64, after before: Int64?) -> Int64? {
    let tick = mark / slotMilliseconds * slotMilliseconds
    return before.map { tick > $0 } ?? true ? tick : nil
  }

  /// Takes the samples up to `mark`, a multiple of ``markMilliseconds``.
  ///
  /// One mark after the other is always taken. A longer past is made up for as far as `budget` goes (in evaluations
  /// and series that they touch), and goes on with the next call.
  ///
  /// - Returns: whether everything up to `mark` is filled.
  func fill(to mark: Int64, from reader: any SeriesReader, budget: inout Int) -> Bool {
    let oldest = mark - Int64(slotsKept) * slotMilliseconds
    var from = max(filledTo ?? oldest, oldest)
    guard from < mark else { return true }
    if selector != nil {
      if mark - from > Self.lateness, budget <= 0 { return false }
      budget -= 1 + readSamples(from: from, oldest: oldest, to: mark, reader) / 16
    } else {
      while from < mark {
        if mark - from > Self.markMilliseconds, budget <= 0 {
          filledTo = from
          return false
        }
        from = min(nextEvaluation(after: from, upTo: mark), mark)
        evaluate(at: from, reader)
        budget -= 1 + (plan?.seriesTouched ?? 0)
      }
    }
    filledTo = mark
    let firstKept = oldest / slotMilliseconds
    if slots.count > slotsKept { slots = slots.filter { $0.key >= firstKept } }
    return true
  }

  /// As ``fill(to:from:budget:)`` without a limit.
  func fill(to mark: Int64, from reader: any SeriesReader) {
    var budget = Int.max
    _ = fill(to: mark, from: reader, budget: &budget)
  }

  /// At every mark of the newest minutes; further back so coarsely that the whole evaluation range costs
  /// ``backfillEvaluations``, and each period has at least one.
  private func nextEvaluation(after from: Int64, upTo mark: Int64) -> Int64 {
    let step = Self.markMilliseconds
    let fine = mark - Self.backfillEvaluations / 2 * step
    if from >= fine { return from + step }
    return min((from / backfillStep + 1) * backfillStep, fine)
  }

  /// Spreads ``backfillEvaluations`` over `range`; divides `period`, so that none is left out. All in milliseconds.
  private static func backfillStep(range: Int64, period: Int64) -> Int64 {
    let mark = markMilliseconds
    var step = max(mark, min((range / (backfillEvaluations / 2) + mark - 1) / mark * mark, period))
    while step > mark, period % step != 0 { step -= mark }
    return step
  }

  /// Forgets all samples: the clock was set, and the store has moved what it keeps.
  func forget() {
    slots = [:]
    filledTo = nil
  }

  /// The evaluation range that ends at `mark`, oldest first.
  func points(at mark: Int64) -> [DataPoint?] {
    let perPeriod = Int64(max(1, metric.periodSeconds * 1000 / Int(slotMilliseconds)))
    let end = mark / slotMilliseconds
    return (1...metric.evaluator.range).reversed().map { age in
      let first = end - Int64(age) * perPeriod
      var summary = SampleSummary()
      for number in first..<(first + perPeriod) {
        if let slot = slots[number] { summary.add(slot) }
      }
      guard let value = summary.value(metric.statistic) else { return nil }
      var point = DataPoint(value: value, start: Timestamp(milliseconds: first * slotMilliseconds))
      point.isInsignificant =
        metric.lowSampleCount == .ignore && metric.statistic.isInsignificant(count: summary.count)
      return point
    }
  }

  private func add(_ value: Double, at time: Int64) {
    slots[time / slotMilliseconds, default: SampleSummary()]
      .add(value, keepingValues: metric.statistic.needsValues)
  }

  /// Reads whole slots anew, from the one of the oldest moment at which samples may have come late.
  ///
  /// - Returns: how many samples that were.
  private func readSamples(from: Int64, oldest: Int64, to mark: Int64, _ reader: any SeriesReader) -> Int {
    guard let selector else { return 0 }
    var count = 0
    let first = max(from - Self.lateness, oldest) / slotMilliseconds
    for number in first...(mark / slotMilliseconds) { slots[number] = nil }
    let (after, end) = (first * slotMilliseconds - 1, mark - 1)
    if resolvedVersion != reader.indexVersion {
      series = reader.select(selector)
      resolvedVersion = reader.indexVersion
    }
    for id in series {
      window.removeAll()
      reader.readWindow(
        of: id, at: Timestamp(milliseconds: end), after: Timestamp(milliseconds: after), into: &window)
      for (place, time) in window.times.enumerated() { add(window.values[place], at: time) }
      count += window.times.count
    }
    return count
  }

  /// The state at a mark belongs to the slot that ends there.
  private func evaluate(at mark: Int64, _ reader: any SeriesReader) {
    guard let plan else { return }
    do {
      switch try evaluated(plan, at: Timestamp(milliseconds: mark), reader) {
      case .scalar(let value): add(value, at: mark - 1)
      case .vector(let elements): for element in elements { add(element.value, at: mark - 1) }
      case .string, .matrix: break
      }
      problem = nil
    } catch { problem = error.message }
  }

  private func evaluated(
    _ plan: Plan, at time: Timestamp, _ reader: some SeriesReader
  ) throws(EvaluationError) -> Value {
    try plan.evaluate(at: time, in: reader).value
  }
}
