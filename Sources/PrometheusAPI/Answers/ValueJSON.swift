internal import Model
internal import NativeHistograms
internal import PromQL

extension JSONWriter {
  /// `"resultType":…,"result":…`
  ///
  /// - Parameter time: of the query: a scalar and a string stand at it.
  mutating func value(_ value: Value, at time: Timestamp) {
    raw("\"resultType\":")
    switch value {
    case .scalar(let number):
      raw("\"scalar\",\"result\":[")
      // Of these two Prometheus writes the time as any number.
      self.number(Double(time.milliseconds) / 1000)
      raw(",")
      string(NumberText.plain(number))
      raw("]")
    case .string(let text):
      raw("\"string\",\"result\":[")
      number(Double(time.milliseconds) / 1000)
      raw(",")
      string(text)
      raw("]")
    case .vector(let elements):
      raw("\"vector\",\"result\":")
      list(elements) { $0.element($1, at: time) }
    case .matrix(let series):
      raw("\"matrix\",\"result\":")
      list(series) { $0.series($1) }
    }
  }

  private mutating func element(_ element: VectorElement, at time: Timestamp) {
    raw("{\"metric\":")
    labels(element.labels)
    if let histogram = element.histogram {
      raw(",\"histogram\":[")
      sampleTime(time.milliseconds)
      raw(",")
      self.histogram(histogram)
    } else {
      raw(",\"value\":[")
      sampleTime(time.milliseconds)
      raw(",")
      sampleValue(element.value)
    }
    raw("]}")
  }

  private mutating func series(_ series: MatrixSeries) {
    raw("{\"metric\":")
    labels(series.labels)
    let samples = series.samples
    if samples.hasHistograms {
      mixed(samples)
    } else {
      raw(",\"values\":")
      list(samples.times.indices) { $0.point(samples, $1) }
    }
    raw("}")
  }

  /// Floats and histograms, which stand apart.
  private mutating func mixed(_ samples: SampleColumns) {
    let floats = samples.times.indices.filter { samples.histograms[$0] == nil }
    if !floats.isEmpty {
      raw(",\"values\":")
      list(floats) { $0.point(samples, $1) }
    }
    raw(",\"histograms\":")
    list(samples.times.indices.lazy.filter { samples.histograms[$0] != nil }) {
      $0.raw("[")
      $0.sampleTime(samples.times[$1])
      $0.raw(",")
      if let histogram = samples.histograms[$1] { $0.histogram(histogram) }
      $0.raw("]")
    }
  }

  private mutating func point(_ samples: SampleColumns, _ place: Int) {
    raw("[")
    sampleTime(samples.times[place])
    raw(",")
    sampleValue(samples.values[place])
    raw("]")
  }

  private mutating func histogram(_ histogram: FloatHistogram) {
    raw("{\"count\":")
    sampleValue(histogram.count)
    raw(",\"sum\":")
    sampleValue(histogram.sum)
    let buckets = histogram.ascendingBuckets.filter { $0.count != 0 }
    if !buckets.isEmpty {
      raw(",\"buckets\":")
      list(buckets) {
        // 0: open on the left, 1: open on the right, 2: open on both sides, 3: closed.
        let code: Int64 =
          switch ($1.lowerIsInclusive, $1.upperIsInclusive) {
          case (false, true): 0
          case (true, false): 1
          case (false, false): 2
          case (true, true): 3
          }
        $0.raw("[")
        $0.integer(code)
        for number in [$1.lower, $1.upper, $1.count] {
          $0.raw(",")
          $0.sampleValue(number)
        }
        $0.raw("]")
      }
    }
    raw("}")
  }
}
