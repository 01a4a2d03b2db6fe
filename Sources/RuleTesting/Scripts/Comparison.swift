internal import Model
internal import NativeHistograms
internal import PromQL

/// Holds a result against what a script expects, by the rules of Prometheus' own test runner.
enum Comparison {
  /// Relative error that is allowed to values.
  static let epsilon = 1e-6
  private static let leastNormal = Double(bitPattern: 0x0010_0000_0000_0000)

  /// NaN equals NaN, the stale marker only itself, and all else to ``epsilon`` of the sum of both.
  static func almostEqual(_ a: Double, _ b: Double) -> Bool {
    if StaleMarker.isStale(a) || StaleMarker.isStale(b) {
      return StaleMarker.isStale(a) && StaleMarker.isStale(b)
    }
    if a.isNaN && b.isNaN || a == b { return true }
    let sum = abs(a) + abs(b)
    let difference = abs(a - b)
    if a == 0 || b == 0 || sum < leastNormal { return difference < epsilon * leastNormal }
    return difference / min(sum, .greatestFiniteMagnitude) < epsilon
  }

  /// Why `value` is not what was expected; nil when it is.
  static func difference(_ value: Value, from command: EvalCommand) -> String? {
    switch (command.result, value) {
    case (.scalar(let wanted), .scalar(let number)):
      return almostEqual(wanted, number) ? nil : "wrong value"
    case (.string(let wanted), .string(let text)):
      return wanted == text ? nil : "wrong string"
    case (.series(let wanted), .vector(let elements)):
      return difference(elements, from: wanted, ordered: command.expectations.isOrdered)
    case (.series(let wanted), .matrix(let series)):
      guard case .range(let start, let end, let step) = command.moment else {
        return "the result is a range vector, which \"expect range vector\" would announce"
      }
      if command.expectations.isOrdered { return "an ordered result is expected of a range query" }
      return difference(series, from: wanted, start: start, end: end, step: step)
    case (.rangeVector(let wanted, let start, let end, let step), .matrix(let series)):
      return difference(series, from: wanted, start: start, end: end, step: step)
    default: return "the result is \(name(value)), expected was \(name(command.result))"
    }
  }

  private static func name(_ value: Value) -> String {
    switch value {
    case .scalar: "a scalar"
    case .string: "a string"
    case .vector: "an instant vector"
    case .matrix: "a set of series over time"
    }
  }

  private static func name(_ result: EvalCommand.ExpectedResult) -> String {
    switch result {
    case .scalar: "a scalar"
    case .string: "a string"
    case .series: "a vector"
    case .rangeVector: "a range vector"
    }
  }

  // MARK: Instant vectors

  private static func difference(
    _ elements: [VectorElement], from wanted: [EvalCommand.ExpectedSeries], ordered: Bool
  ) -> String? {
    var places: [Labels: Int] = [:]
    for (place, series) in wanted.enumerated() { places[series.labels] = place }
    var seen: Set<Labels> = []
    for (position, element) in elements.enumerated() {
      guard let place = places[element.labels] else { return "unexpected series \(element.labels)" }
      guard seen.insert(element.labels).inserted else { return "series \(element.labels) came twice" }
      if ordered, place != position {
        return "series \(element.labels) is at position \(position + 1), expected at \(place + 1)"
      }
      if let fault = difference(element.point, from: wanted[place].values.first ?? .omitted) {
        return "\(fault) for \(element.labels)"
      }
    }
    return missing(wanted, seen)
  }

  private static func missing(_ wanted: [EvalCommand.ExpectedSeries], _ seen: Set<Labels>) -> String? {
    wanted.first { !seen.contains($0.labels) }.map { "missing series \($0.labels)" }
  }

  private static func difference(_ point: SequenceValue, from wanted: SequenceValue) -> String? {
    switch (wanted, point) {
    case (.float(let wanted), .float(let value)):
      return almostEqual(wanted, value)
        ? nil : "got \(ResultText.number(value)), want \(ResultText.number(wanted))"
    case (.histogram(let wanted, let hintIsSet), .histogram(let histogram, _)):
      guard !HistogramComparison.matches(histogram, wanted, comparingHints: hintIsSet) else { return nil }
      return "got \(histogram.notation), want \(wanted.notation)"
    default: return "got \(ResultText.text(point)), want \(ResultText.text(wanted))"
    }
  }

  // MARK: Series over time

  private static func difference(
    _ series: [MatrixSeries], from wanted: [EvalCommand.ExpectedSeries], start: Timestamp,
    end: Timestamp,
    step: Duration
  ) -> String? {
    if let fault = misplaced(series) { return fault }
    var places: [Labels: Int] = [:]
    for (place, series) in wanted.enumerated() { places[series.labels] = place }
    var seen: Set<Labels> = []
    for actual in series {
      guard let place = places[actual.labels] else { return "unexpected series \(actual.labels)" }
      guard seen.insert(actual.labels).inserted else { return "series \(actual.labels) came twice" }
      if let fault = difference(actual, from: wanted[place].values, start: start, end: end, step: step) {
        return "\(fault) for \(actual.labels)"
      }
    }
    return missing(wanted, seen)
  }

  private static func difference(
    _ series: MatrixSeries, from values: [SequenceValue], start: Timestamp, end: Timestamp,
    step: Duration
  ) -> String? {
    var time = start
    var next = 0
    for value in values {
      guard time <= end else {
        return "\(values.count) points are expected, more than the time range can return"
      }
      defer { time = time + step }
      if case .omitted = value { continue }
      let shown = ResultText.time(time.milliseconds)
      guard next < series.samples.count, series.samples.times[next] == time.milliseconds else {
        let got =
          next < series.samples.count
          ? "the next point is at \(ResultText.time(series.samples.times[next]))" : "no point is left"
        return "no point at \(shown) (\(got)), want \(ResultText.text(value))"
      }
      if let fault = difference(series.point(next), from: value) { return "at \(shown) \(fault)" }
      next += 1
    }
    guard next < series.samples.count else { return nil }
    return "unexpected point \(ResultText.text(series.point(next))) at "
      + ResultText.time(series.samples.times[next])
  }

  /// Series over time are always sorted by their labels.
  private static func misplaced(_ series: [MatrixSeries]) -> String? {
    for (first, second) in zip(series, series.dropFirst()) where second.labels.precedes(first.labels) {
      return "the series are not sorted by labels: \(second.labels) comes behind \(first.labels)"
    }
    return nil
  }
}
