internal import Model
internal import NativeHistograms
internal import PromQL

/// Results as a script would write them.
enum ResultText {
  static func text(_ value: SequenceValue) -> String {
    switch value {
    case .omitted: "_"
    case .float(let value): number(value)
    case .histogram(let histogram, _): histogram.notation
    }
  }

  static func number(_ value: Double) -> String {
    StaleMarker.isStale(value) ? "stale" : NumberText.shortest(value)
  }

  static func lines(_ value: Value) -> [String] {
    switch value {
    case .scalar(let number): [self.number(number)]
    case .string(let text): [quoted(text)]
    case .vector(let elements): nothing(elements.map { "\($0.labels) \(text($0.point))" })
    case .matrix(let series): nothing(series.map { line($0) })
    }
  }

  static func lines(_ result: EvalCommand.ExpectedResult) -> [String] {
    switch result {
    case .scalar(let number): [self.number(number)]
    case .string(let text): [quoted(text)]
    case .series(let series), .rangeVector(let series, _, _, _):
      nothing(
        series.map { series in
          ([series.labels.description] + series.values.map { text($0) }).joined(separator: " ")
        })
    }
  }

  private static func nothing(_ lines: [String]) -> [String] { lines.isEmpty ? ["nothing"] : lines }

  /// `{a="b"} 1@1m 2@2m`
  private static func line(_ series: MatrixSeries) -> String {
    var out = series.labels.description
    for place in series.samples.times.indices {
      out += " \(text(series.point(place)))@\(time(series.samples.times[place]))"
    }
    return out
  }

  static func time(_ milliseconds: Int64) -> String { DurationText.format(.milliseconds(milliseconds)) }
}
