package import Model

/// The value of one period.
package struct DataPoint: Sendable, Hashable {
  package var value: Double
  /// When the period began.
  package var start: Timestamp
  /// Too few samples stand behind a percentile for it to say something, and the alarm asks to look.
  package var isInsignificant = false

  package init(value: Double, start: Timestamp) {
    self.value = value
    self.start = start
  }
}

/// Judges the data points of a metric alarm as AWS documents it: values in, state and reason out.
///
/// The points looked at (the evaluation range) are more than the `EvaluationPeriods`, N: two more. Of them
///
/// 1. the newest N real ones decide, whatever the treatment of missing data, when there are so many;
/// 2. otherwise the real ones decide with as few fills as make N: breaching or not, as the treatment says;
/// 3. with `missing` and `ignore` nothing is filled in. M breaching points are an alarm, and one point that does not
///    breach among fewer is none. When all of the few breach, `ignore` retains the state; `missing` is an alarm only
///    when the oldest of them is at least M periods old (so that data that merely comes late makes no alarm), and
///    retains the state until then;
/// 4. no real point at all is INSUFFICIENT_DATA with `missing`.
package struct AlarmEvaluator: Sendable {
  package var evaluationPeriods: Int
  package var datapointsToAlarm: Int
  package var threshold: Double
  package var comparison: ComparisonOperator
  package var missingData: MissingDataTreatment

  package init(
    evaluationPeriods: Int, datapointsToAlarm: Int, threshold: Double, comparison: ComparisonOperator,
    missingData: MissingDataTreatment
  ) {
    self.evaluationPeriods = evaluationPeriods
    self.datapointsToAlarm = datapointsToAlarm
    self.threshold = threshold
    self.comparison = comparison
    self.missingData = missingData
  }

  /// Periods that are looked at.
  package var range: Int { evaluationPeriods + 2 }

  package struct Verdict: Sendable, Equatable {
    package var state: AlarmState
    /// Why, in AWS' words; empty when the state is only retained.
    package var reason: String
  }

  /// - Parameter points: the evaluation range, oldest first; nil for a period without data.
  package func judge(_ points: [DataPoint?], current: AlarmState) -> Verdict {
    let real = points.compactMap { $0 }
    let retained = Verdict(state: current, reason: "")
    if real.last?.isInsignificant == true { return retained }
    if real.count >= evaluationPeriods {
      return verdict(Array(real.suffix(evaluationPeriods)), fills: 0)
    }
    let fills = evaluationPeriods - real.count
    switch missingData {
    case .breaching, .notBreaching: return verdict(real, fills: fills)
    case .missing, .ignore: break
    }
    if real.isEmpty {
      return missingData == .ignore
        ? retained
        : Verdict(state: .insufficientData, reason: StateReason.insufficientData(evaluationPeriods))
    }
    let breaching = real.count { breaches($0) }
    if breaching >= datapointsToAlarm || breaching < real.count { return verdict(real, fills: 0) }
    guard missingData == .missing, let oldest = points.firstIndex(where: { $0 != nil }),
      points.count - oldest >= datapointsToAlarm
    else { return retained }
    return Verdict(state: .alarm, reason: reason(.alarm, real, fills: 0))
  }

  private func breaches(_ point: DataPoint) -> Bool { comparison.breaches(point.value, threshold) }

  private func verdict(_ real: [DataPoint], fills: Int) -> Verdict {
    let breaching = real.count { breaches($0) } + (missingData == .breaching ? fills : 0)
    let state: AlarmState = breaching >= datapointsToAlarm ? .alarm : .ok
    return Verdict(state: state, reason: reason(state, real, fills: fills))
  }

  private func reason(_ state: AlarmState, _ real: [DataPoint], fills: Int) -> String {
    if fills > 0 {
      return StateReason.filled(
        real: real.count, periods: evaluationPeriods, fills: fills, asBreaching: missingData == .breaching)
    }
    // An alarm shows what breached, its end what did not.
    let shown = real.filter { breaches($0) == (state == .alarm) }
    let enough =
      state == .alarm ? datapointsToAlarm : max(1, evaluationPeriods - datapointsToAlarm + 1)
    return StateReason.crossed(
      shown, outOf: real.count, state: state, comparison: comparison, threshold: threshold, minimum: enough)
  }
}
