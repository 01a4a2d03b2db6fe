import Model
import NativeHistograms
import PromQL
import Testing

/// Series with one sample each, at 1000 s: a number or a histogram.
private struct OneMoment: SeriesReader {
  private var series: [(labels: Labels, value: Double, histogram: FloatHistogram?)] = []
  private(set) var indexVersion: UInt64 = 1

  mutating func add(_ name: String, _ labels: Labels, _ value: Double) {
    series.append((labels.setting("__name__", to: name), value, nil))
    indexVersion += 1
  }

  mutating func add(_ name: String, _ labels: Labels, _ histogram: FloatHistogram) {
    series.append((labels.setting("__name__", to: name), 0, histogram))
    indexVersion += 1
  }

  /// A classic histogram from cumulated counts.
  mutating func add(classic name: String, _ labels: Labels, _ counts: [(le: String, count: Double)]) {
    for (le, count) in counts { add(name, labels.setting("le", to: le), count) }
  }

  func select(_ matchers: [LabelMatcher]) -> [SeriesID] {
    series.indices.filter { index in matchers.allSatisfy { $0.matches(series[index].labels) } }
      .map { SeriesID(raw: UInt32($0)) }
  }

  func labels(of id: SeriesID) -> Labels { series[Int(id.raw)].labels }
  func newestSample(of series: SeriesID, at: Timestamp, after: Timestamp) -> Sample? { nil }

  func readNewest(
    of list: [SeriesID], at: Timestamp, after: Timestamp, into samples: inout SampleColumns,
    places: inout [Int]
  ) {
    for (place, id) in list.enumerated() {
      append(id, to: &samples)
      places.append(place)
    }
  }

  func readWindow(of id: SeriesID, at: Timestamp, after: Timestamp, into samples: inout SampleColumns) {
    append(id, to: &samples)
  }

  private func append(_ id: SeriesID, to samples: inout SampleColumns) {
    let entry = series[Int(id.raw)]
    if let histogram = entry.histogram {
      samples.append(1_000_000, histogram)
    } else {
      samples.append(1_000_000, entry.value)
    }
  }
}

struct HistogramFunctionTests {
  private static func exponential(_ counts: [Double], sum: Double = 0) -> FloatHistogram {
    var histogram = FloatHistogram()
    histogram.positiveSpans = [.init(offset: 1, length: UInt32(counts.count))]
    histogram.positiveBuckets = counts
    histogram.count = counts.reduce(0, +)
    histogram.sum = sum
    return histogram
  }

  private static func store() -> OneMoment {
    var store = OneMoment()
    store.add(classic: "c_bucket", ["k": "a"], [("4", 3), ("+Inf", 4), ("1", 1), ("2", 2)])
    store.add(classic: "c_bucket", ["k": "b"], [("-1", 0), ("1", 2), ("+Inf", 2)])
    store.add(classic: "falls_bucket", [:], [("1", 5), ("2", 3), ("+Inf", 8)])
    store.add(classic: "nearly_bucket", [:], [("1", 5), ("2", 5 - 1e-13), ("+Inf", 8)])
    store.add(classic: "bad_bucket", [:], [("1", 5), ("x\"y", 5), ("1e999", 6), ("+Inf", 8)])
    store.add(classic: "open_bucket", [:], [("1", 5), ("2", 5)])
    store.add(classic: "twice_bucket", [:], [("0.2", 1), ("2e-1", 1), ("+Inf", 4)])
    store.add(classic: "mixed", ["k": "a"], [("1", 1), ("+Inf", 2)])
    store.add("mixed", ["k": "a"], exponential([4, 4]))
    store.add("mixed", ["k": "b"], exponential([4, 4]))
    store.add("h", ["k": "a"], exponential([4, 4], sum: 20))
    store.add("h", ["k": "b"], exponential([2], sum: 3))
    store.add("h", ["k": "none"], FloatHistogram())
    var nan = exponential([4], sum: .nan)
    nan.count = 8
    store.add("n", [:], nan)
    store.add("number", [:], 7)
    return store
  }

  private func result(_ text: String) throws -> (shown: String, said: [String]) {
    let plan = try Plan(parseExpression(text))
    let store = Self.store()
    func shown() throws -> (String, [String]) {
      let result = try plan.evaluate(at: Timestamp(seconds: 1000), in: store)
      guard case .vector(let elements) = result.value else { return ("", []) }
      return (
        elements.map { "\($0.labels) \($0.histogram?.text ?? NumberText.shortest($0.value))" }
          .joined(separator: "; "),
        result.annotations.map { "\($0.severity == .info ? "info" : "warning"): \($0.message)" }
      )
    }
    let first = try shown()
    // A plan that remembers must say the same again.
    #expect(try shown() == first)
    return first
  }

  @Test(arguments: [
    // Half of 4 observations are up to 2, three quarters up to 4; what is above 4 is shown as 4.
    ("histogram_quantile(0.5, c_bucket)", "{k=\"a\"} 2; {k=\"b\"} 0"),
    ("histogram_quantile(0.625, c_bucket{k=\"a\"})", "{k=\"a\"} 3"),
    ("histogram_quantile(0.125, c_bucket{k=\"a\"})", "{k=\"a\"} 0.5"),
    ("histogram_quantile(0.99, c_bucket{k=\"a\"})", "{k=\"a\"} 4"),
    ("histogram_quantile(0, c_bucket{k=\"b\"})", "{k=\"b\"} -1"),
    ("histogram_quantile(0.5, sum by (le) (c_bucket{k=\"a\"}))", "{} 2"),
    ("histogram_quantile(0.5, open_bucket)", "{} NaN"),
    ("histogram_quantile(0.125, twice_bucket)", "{} 0.05"),
    ("histogram_quantile(0.5, h)", "{k=\"a\"} 2; {k=\"b\"} 1.4142135623730951; {k=\"none\"} NaN"),
    ("histogram_fraction(0, 2, h)", "{k=\"a\"} 0.5; {k=\"b\"} 1; {k=\"none\"} NaN"),
    ("histogram_fraction(1, 3, c_bucket)", "{k=\"a\"} 0.375; {k=\"b\"} 0"),
    ("histogram_fraction(-Inf, +Inf, c_bucket)", "{k=\"a\"} 1; {k=\"b\"} 1"),
    ("histogram_fraction(3, 1, c_bucket{k=\"a\"})", "{k=\"a\"} 0"),
    ("histogram_fraction(NaN, 1, c_bucket{k=\"a\"})", "{k=\"a\"} NaN"),
    ("histogram_count({__name__=~\"h|number\"})", "{k=\"a\"} 8; {k=\"b\"} 2; {k=\"none\"} 0"),
    ("histogram_sum(h)", "{k=\"a\"} 20; {k=\"b\"} 3; {k=\"none\"} 0"),
    ("histogram_avg(h)", "{k=\"a\"} 2.5; {k=\"b\"} 1.5; {k=\"none\"} NaN"),
    ("histogram_count(number)", ""), ("histogram_count(absent(number))", ""),
  ]) func values(_ text: String, _ expected: String) throws {
    let (shown, said) = try result(text)
    #expect(shown == expected)
    #expect(said.isEmpty)
  }

  @Test func spread() throws {
    let variance = try result("histogram_stdvar(h{k=\"b\"})").shown
    let deviation = 2.0.squareRoot() - 1.5
    #expect(variance == "{k=\"b\"} \(NumberText.shortest(deviation * deviation))")
    #expect(try result("abs(histogram_stddev(h{k=\"b\"}) - \(1.5 - 2.0.squareRoot())) < 1e-12").shown != "")
  }

  @Test func whatIsWrongIsSaid() throws {
    func check(_ text: String, _ shown: String, _ said: [String]) throws {
      let result = try result(text)
      #expect(result.shown == shown)
      #expect(result.said == said)
    }
    try check(
      "histogram_quantile(1.5, h{k=\"a\"})", "{k=\"a\"} +Inf",
      ["warning: quantile value should be between 0 and 1, got 1.5"])
    try check(
      "histogram_quantile(NaN, c_bucket{k=\"a\"})", "{k=\"a\"} NaN",
      ["warning: quantile value should be between 0 and 1, got NaN"])
    try check(
      "histogram_quantile(0.5, falls_bucket)", "{} 0.8",
      [
        "info: input to histogram_quantile needed to be fixed for monotonicity (see "
          + "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)"
      ])
    try check("histogram_quantile(0.5, nearly_bucket)", "{} 0.8", [])
    try check(
      "histogram_quantile(0.5, bad_bucket)", "{} 0.8",
      [
        #"warning: bucket label "le" is missing or has a malformed value of "x\"y""#,
        #"warning: bucket label "le" is missing or has a malformed value of "1e999""#,
      ])
    try check(
      "histogram_fraction(0, 1, number)", "",
      [#"warning: bucket label "le" is missing or has a malformed value of """#])
    try check(
      "histogram_quantile(0.5, mixed)", "{k=\"b\"} 2",
      ["warning: vector contains a mix of classic and native histograms"])
    try check(
      "histogram_quantile(0.25, n)", "{} 1.4142135623730951",
      ["info: input to histogram_quantile has NaN observations, result is skewed higher"])
    try check(
      "histogram_quantile(0.75, n)", "{} NaN",
      ["info: input to histogram_quantile has NaN observations, result is NaN"])
    try check(
      "histogram_fraction(1, 2, n)", "{} 0.5",
      ["info: input to histogram_fraction has NaN observations, which are excluded from all fractions"])
  }
}
