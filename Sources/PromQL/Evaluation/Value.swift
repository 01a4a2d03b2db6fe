package import Model

/// One element of an instant vector.
package struct VectorElement: Sendable, Hashable {
  package let labels: Labels
  /// Means nothing where there is a histogram.
  package let value: Double
  package let histogram: FloatHistogram?

  package init(labels: Labels, value: Double, histogram: FloatHistogram? = nil) {
    self.labels = labels
    self.value = value
    self.histogram = histogram
  }
}

/// One series of a range vector, or of the result of a range query.
package struct MatrixSeries: Sendable {
  package let labels: Labels
  package let samples: SampleColumns

  package init(labels: Labels, samples: SampleColumns) {
    self.labels = labels
    self.samples = samples
  }
}

/// What an evaluation gives.
package enum Value: Sendable {
  case scalar(Double)
  case string(String)
  case vector([VectorElement])
  /// A range vector, or what a range query gives; in order of labels.
  case matrix([MatrixSeries])
}

/// A value and what is to be said about it.
package struct QueryResult: Sendable {
  package var value: Value
  /// In the order in which they came up, each once.
  package var annotations: [Annotation]
}

/// Why an evaluation gave no value; the messages are Prometheus'.
package struct EvaluationError: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Kind: Sendable { case execution, timeout, canceled }

  package let message: String
  package let kind: Kind
  package var description: String { message }

  package init(message: String, kind: Kind = .execution) {
    self.message = message
    self.kind = kind
  }
}

/// Something that parses but that this version does not evaluate.
package struct CompileError: Error, Hashable, Sendable, CustomStringConvertible {
  package let message: String
  /// Byte range in the expression's text.
  package let range: SourceRange
  package var description: String { message }
}
