internal import Model
internal import NativeHistograms

// What functions make of windows with native histograms.

extension MixedWindow {
  /// The result of a function that computes with histograms.
  func apply(
    _ function: WindowFunction, _ range: WindowRange, _ notes: WindowNotes, _ context: EvaluationContext
  ) -> WindowResult {
    guard let first = order.first, let last = order.last else { return .nothing }
    switch function {
    case .count: return .number(Double(order.count))
    case .present: return .number(1)
    case .first: return sample(first)
    case .last: return sample(last)
    case .timeOfFirst: return .number(Double(time(first)) / 1000)
    case .timeOfLast: return .number(Double(time(last)) / 1000)
    case .changes:
      return .number(
        countOfSteps {
          $0 != $1 && !($0.isNaN && $1.isNaN)
        } histograms: {
          !$0.holdsSameData(as: $1)
        })
    case .resets:
      return .number(
        countOfSteps {
          $1 < $0
        } histograms: {
          $1.isReset(since: $0)
        })
    case .irate, .idelta: return lastChange(function, notes, context)
    default: break
    }
    guard floats.isEmpty else {
      notes.mixedKinds(context)
      return .nothing
    }
    switch function {
    case .rate, .increase, .delta: return extrapolatedChange(function, range, notes, context)
    case .sum, .average: return total(function, notes, context)
    default: return .nothing
    }
  }

  private func sample(_ place: Int) -> WindowResult {
    place < 0 ? .number(floats[-1 - place]) : .histogram(histograms[place])
  }

  private func time(_ place: Int) -> Int64 { place < 0 ? floatTimes[-1 - place] : histogramTimes[place] }

  /// How many samples differ from the one before. Another kind of sample always does.
  private func countOfSteps(
    _ differs: (Double, Double) -> Bool, histograms differ: (FloatHistogram, FloatHistogram) -> Bool
  ) -> Double {
    var count = 0
    for (before, after) in zip(order, order.dropFirst()) {
      let isStep =
        switch (before < 0, after < 0) {
        case (true, true): differs(floats[-1 - before], floats[-1 - after])
        case (false, false): differ(histograms[before], histograms[after])
        default: true
        }
      if isStep { count += 1 }
    }
    return Double(count)
  }

  // MARK: Changes

  private func lastChange(
    _ function: WindowFunction, _ notes: WindowNotes, _ context: EvaluationContext
  ) -> WindowResult {
    guard order.count > 1 else { return .nothing }
    let (before, after) = (order[order.count - 2], order[order.count - 1])
    let milliseconds = time(after) &- time(before)
    guard milliseconds != 0 else { return .nothing }
    let seconds = Double(milliseconds) / 1000
    if before < 0, after < 0 {
      let (old, new) = (floats[-1 - before], floats[-1 - after])
      let change = function.isCounterFunction && new < old ? new : new - old
      return .number(function.isPerSecond ? change / seconds : change)
    }
    guard before >= 0, after >= 0 else {
      notes.mixedKinds(context)
      return .nothing
    }
    let (old, new) = (histograms[before], histograms[after])
    noteKind(function, old, new, notes, context)
    var change = new
    if !function.isCounterFunction || !new.isReset(since: old) {
      do {
        let notices = try change.subtract(old)
        if notices.contains(.boundsReconciled) { notes.reconciledBounds("subtraction", context) }
      } catch {
        notes.mixedSchemas(context)
        return .nothing
      }
    }
    change.counterResetHint = .gauge
    change.compact()
    if function.isPerSecond { change.divide(by: seconds) }
    return .histogram(change)
  }

  private func noteKind(
    _ function: WindowFunction, _ old: FloatHistogram, _ new: FloatHistogram, _ notes: WindowNotes,
    _ context: EvaluationContext
  ) {
    let gauges = (old.counterResetHint == .gauge, new.counterResetHint == .gauge)
    if function.isCounterFunction {
      if gauges.0 || gauges.1 { notes.notCounter(context) }
    } else if !gauges.0 || !gauges.1 {
      notes.notGauge(context)
    }
  }

  private func extrapolatedChange(
    _ function: WindowFunction, _ range: WindowRange, _ notes: WindowNotes, _ context: EvaluationContext
  ) -> WindowResult {
    guard histograms.count > 1 else { return .nothing }
    let isCounter = function.isCounterFunction
    let increase = HistogramIncrease(over: histograms, isCounter: isCounter)
    let findings = increase.findings
    if findings.contains(.isGauge) { notes.notCounter(context) }
    if findings.contains(.isNotGauge) { notes.notGauge(context) }
    if findings.contains(.mixedSchemas) { notes.mixedSchemas(context) }
    if findings.contains(.boundsReconciledInSubtraction) { notes.reconciledBounds("subtraction", context) }
    if findings.contains(.boundsReconciledInAddition) { notes.reconciledBounds("addition", context) }
    guard var change = increase.histogram else { return .nothing }
    let last = histograms.count - 1
    let span = SampledSpan(
      first: histogramTimes[0], last: histogramTimes[last], count: histograms.count, range: range)
    let counter = (start: histograms[0].count, increase: change.count)
    change.multiply(by: span.factor(counter: isCounter ? counter : nil, perSecond: function.isPerSecond))
    return .histogram(change)
  }

  // MARK: Sums

  private func total(
    _ function: WindowFunction, _ notes: WindowNotes, _ context: EvaluationContext
  ) -> WindowResult {
    let result: (value: FloatHistogram, notices: HistogramNotices)
    do {
      if function == .average {
        var mean = HistogramMean(histograms[0])
        for histogram in histograms.dropFirst() { try mean.add(histogram) }
        result = (mean.value, mean.notices)
      } else {
        var sum = HistogramSum(histograms[0])
        for histogram in histograms.dropFirst() { try sum.add(histogram) }
        result = (sum.value, sum.notices)
      }
    } catch {
      notes.mixedSchemas(context)
      return .nothing
    }
    if result.notices.contains(.boundsReconciled) { notes.reconciledBounds("aggregation", context) }
    if result.notices.contains(.counterResetCollision) { notes.conflictingResets(context) }
    return .histogram(result.value)
  }
}
