package import Model

/// A series in the notation of test files: `metric{label="v"} 1+2x3 _ stale {{schema:1 sum:3}}`.
package struct SeriesDescription: Sendable, Hashable {
  package var labels: Labels
  /// One for each step of time, in order.
  package var values: [SequenceValue]
}

/// What a series holds at one step of time.
package enum SequenceValue: Sendable, Hashable {
  /// Written `_`.
  case omitted
  /// Also ``StaleMarker/value``, written `stale`.
  case float(Double)
  /// `hintIsSet` tells a hint that was written from one that is only the default.
  indirect case histogram(FloatHistogram, hintIsSet: Bool)
}

/// What a series description may measure.
package enum SeriesDescriptionLimits {
  /// Bytes of text.
  package static let bytes = 1 << 20
  /// Samples of one description, `_` among them; a histogram counts for its buckets too.
  package static let samples = 1_000_000
}

/// Parses one series with its values, as `load` in a test script and `input_series` of a rule test have it.
///
/// Counts follow Prometheus: `1x3` is four samples, `_x3` is three. Hexadecimal numbers are not read here, because
/// `0x10` is a repetition.
package func parseSeriesDescription(_ text: String) throws(ParseError) -> SeriesDescription {
  try SeriesDescriptionParser.parse(text) { parser throws(SyntaxFault) in
    let labels = try parser.parseLabels()
    return SeriesDescription(labels: labels, values: try parser.parseValues())
  }
}

/// Parses the labels of one series, with or without the metric's name in front.
package func parseSeriesLabels(_ text: String) throws(ParseError) -> Labels {
  try SeriesDescriptionParser.parse(text) { parser throws(SyntaxFault) in
    let labels = try parser.parseLabels()
    parser.skipBlanks()
    guard parser.isAtEnd else { throw parser.unexpected("in metric description") }
    return labels
  }
}
