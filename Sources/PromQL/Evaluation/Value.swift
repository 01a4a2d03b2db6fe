package import Model

/// One element of an instant vector.
package struct VectorElement: Sendable, Hashable {
  package let labels: Labels
  package let value: Double

  package init(labels: Labels, value: Double) {
    self.labels = labels
    self.value = value
  }
}

/// What an instant evaluation gives.
package enum Value: Sendable, Hashable {
  case scalar(Double)
  case vector([VectorElement])
  case string(String)
}

/// How much one evaluation may cost.
package struct EvaluationLimits: Sendable, Hashable {
  /// A sample counts up to this long (Prometheus' lookback delta); the interval is open on the left.
  package var lookback: Duration
  /// Samples read and elements made, all steps together; beyond this the evaluation fails.
  package var maximumSamples: Int

  package init(lookback: Duration = .seconds(300), maximumSamples: Int = 1_000_000) {
    self.lookback = lookback
    self.maximumSamples = maximumSamples
  }
}

/// Why an evaluation gave no value; the messages are Prometheus'.
package struct EvaluationError: Error, Hashable, Sendable, CustomStringConvertible {
  package let message: String
  package var description: String { message }
}

/// Something that parses but that this version does not evaluate.
package struct CompileError: Error, Hashable, Sendable, CustomStringConvertible {
  package let message: String
  /// Byte range in the expression's text.
  package let range: SourceRange
  package var description: String { message }
}
