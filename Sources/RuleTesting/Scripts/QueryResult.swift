internal import Model

/// What a query gave, with its annotations as Prometheus words them.
struct QueryResult {
  /// A number or a native histogram.
  enum Point: Sendable {
    case float(Double)
    indirect case histogram(FloatHistogram)
  }

  struct Element: Sendable {
    var labels: Labels
    var point: Point
  }

  struct Series: Sendable {
    var labels: Labels
    var samples: SampleColumns
  }

  enum Value: Sendable {
    case scalar(Double)
    case string(String)
    /// In order of the query.
    case vector([Element])
    /// Of a range query or of a range vector.
    case matrix([Series])
  }

  var value: Value
  var warnings: [String] = []
  var infos: [String] = []
}

extension QueryResult.Series {
  func point(_ place: Int) -> QueryResult.Point {
    if samples.hasHistograms, let histogram = samples.histograms[place] { return .histogram(histogram) }
    return .float(samples.values[place])
  }
}

/// Why a query gave nothing.
struct QueryFailure: Error, Hashable, Sendable {
  var message: String
}
