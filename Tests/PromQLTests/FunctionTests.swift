import Model
import PromQL
import Testing

/// Values were worked out by hand from the definitions; where only the last bits matter, with exact fractions.
@Suite struct FunctionTests {
  /// Samples a minute apart, from the epoch on; nil where there is none.
  private static func store() -> MemoryReader {
    var reader = MemoryReader()
    let gap: Double? = nil
    func add(_ name: String, _ values: [Double?], _ labels: Labels = [:]) {
      let samples = values.enumerated().compactMap { place, value in value.map { (Double(place) * 60, $0) } }
      reader.add(labels.setting("__name__", to: name), samples)
    }
    func line(from start: Double, by step: Double, _ count: Int, after gaps: Int = 0) -> [Double?] {
      [Double?](repeating: nil, count: gaps) + (0..<count).map { start + Double($0) * step }
    }
    func newest(_ values: [Double]) -> [Double?] {
      [Double?](repeating: nil, count: 11 - values.count) + values
    }
    add("steady_total", line(from: 0, by: 6, 11))
    add("early_total", line(from: 1, by: 6, 8, after: 3))
    add("late_total", line(from: 30, by: 6, 8, after: 3))
    add("reset_total", newest([0, 10, 20, 5, 15, 25]))
    add("alone_total", newest([5]))
    add("falling", line(from: 20, by: -2, 11))
    add("numbers", newest([4, 6, 2, 1, 999]))
    add("holes", newest([.nan, 3, .nan, 1, .nan]))
    add("big", newest([1, 1e100, 1, -1e100]))
    add("huge", newest([1.5e308, 1.5e308, 1.5e308]))
    add("flat", line(from: 7, by: 0, 11))
    add("flicker", newest([1, 1, 0, 0, 1, .nan, .nan]))
    add("zeros", newest([0.0, -0.0]))
    add("gone", [1, gap, 2])
    for (name, value) in [("a", -2.5), ("b", 2.5), ("c", 1000), ("d", 0)] {
      add("x", newest([value]), ["k": name])
    }
    for name in ["web-2", "web-10", "web-1", "db"] {
      add("host", newest([1]), ["host": name, "zone": name.hasPrefix("w") ? "b" : "a"])
    }
    add("target_info", newest([1]), ["instance": "i", "job": "j", "version": "3", "k": "info"])
    add("load", newest([5]), ["instance": "i", "job": "j", "k": "own"])
    add("load", newest([6]), ["instance": "other", "job": "j"])
    return reader
  }

  private func run(_ text: String, at seconds: Double = 600) throws -> (shown: String, notes: [String]) {
    let expression = try parseExpression(text, options: ParserOptions(experimentalFunctions: true))
    let plan = try Plan(expression)
    let store = Self.store()
    let result = try plan.evaluate(at: Timestamp(seconds: seconds), in: store)
    // A plan that remembers must say the same again.
    let again = try plan.evaluate(at: Timestamp(seconds: seconds), in: store)
    #expect(shown(result.value) == shown(again.value))
    #expect(result.annotations == again.annotations)
    return (shown(result.value), result.annotations.map { "\($0.severity.rawValue): \($0.message)" })
  }

  private func shown(_ value: Value) -> String {
    switch value {
    case .scalar(let number): NumberText.shortest(number)
    case .vector(let elements):
      elements.map { "\($0.labels) \(NumberText.shortest($0.value))" }.joined(separator: "; ")
    case .string, .matrix: "?"
    }
  }

  @Test(arguments: [
    // Five samples, 36 to 60: the window is taken to reach back one distance, 300 of its 300 seconds.
    ("rate(steady_total[5m])", "{} 0.1"), ("increase(steady_total[5m])", "{} 30"),
    ("rate(steady_total[4m] offset 1m)", "{} 0.09999999999999999"),
    ("rate(steady_total[5m] @ 300)", "{} 0.1"),
    ("rate((steady_total[5m]))", "{} 0.1"),
    ("irate(steady_total[5m])", "{} 0.1"), ("idelta(falling[2m])", "{} -2"), ("idelta(falling[1m])", ""),
    ("delta(falling[5m])", "{} -10"), ("delta(falling[1m])", ""),
    // The series is taken to have begun half a distance before its first sample, but not below zero.
    ("increase(late_total[10m])", "{} 45"), ("increase(early_total[10m])", "{} 43"),
    // 25 and the 20 lost at the reset; a counter that starts from 0 is not extended.
    ("increase(reset_total[6m])", "{} 45"), ("irate(reset_total[3m] offset 2m)", "{} 0.08333333333333333"),
    ("increase(alone_total[5m])", ""), ("increase(steady_total[1m])", ""),
    ("deriv(steady_total[10m])", "{} 0.1"), ("deriv(flat[5m])", "{} 0"), ("deriv(holes[1m])", ""),
    ("predict_linear(steady_total[5m], 600)", "{} 120"),
    ("predict_linear(steady_total[5m] @ 300, 0)", "{} 60"),
    ("predict_linear(flat[5m], 100)", "{} 7"),
    ("changes(flicker[10m])", "{} 3"), ("resets(flicker[10m])", "{} 1"), ("resets(reset_total[10m])", "{} 1"),
    ("changes(alone_total[10m])", "{} 0"),
    ("double_exponential_smoothing(steady_total[5m], 0.5, 0.5)", "{} 60"),
    ("double_exponential_smoothing(reset_total[4m], 0.5, 0.1)", "{} 6.875"),
  ])
  func change(text: String, expected: String) throws { #expect(try run(text).shown == expected) }

  @Test(arguments: [
    ("avg_over_time(numbers[5m])", "{} 202.4"), ("min_over_time(numbers[5m])", "{} 1"),
    ("max_over_time(numbers[5m])", "{} 999"), ("sum_over_time(numbers[5m])", "{} 1012"),
    ("count_over_time(numbers[5m])", "{} 5"), ("count_over_time(numbers[2m])", "{} 2"),
    ("count_over_time(numbers[100s])", "{} 2"), ("count_over_time(numbers[60s])", "{} 1"),
    ("last_over_time(numbers[5m])", "numbers 999"), ("first_over_time(numbers[5m])", "numbers 4"),
    ("present_over_time(numbers[5m])", "{} 1"), ("quantile_over_time(0.5, numbers[5m])", "{} 4"),
    ("quantile_over_time(0.9, numbers[5m])", "{} 601.8000000000001"), ("mad_over_time(numbers[5m])", "{} 2"),
    ("stdvar_over_time(numbers[4m] offset 1m)", "{} 3.6875"),
    ("stddev_over_time(flat[5m])", "{} 0"), ("stdvar_over_time(steady_total[3m])", "{} 24"),
    ("ts_of_first_over_time(numbers[5m])", "{} 360"), ("ts_of_last_over_time(numbers[5m])", "{} 600"),
    ("ts_of_min_over_time(numbers[5m])", "{} 540"), ("ts_of_max_over_time(flat[5m])", "{} 600"),
    // NaN gives way to numbers in minima and maxima, but not in sums; it sorts below everything.
    ("min_over_time(holes[5m])", "{} 1"), ("max_over_time(holes[5m])", "{} 3"),
    ("sum_over_time(holes[5m])", "{} NaN"), ("max_over_time(holes[1m])", "{} NaN"),
    ("quantile_over_time(1, holes[5m])", "{} 3"), ("quantile_over_time(0, holes[5m])", "{} NaN"),
    ("1 / min_over_time(zeros[2m])", "{} +Inf"), ("1 / max_over_time(zeros[2m])", "{} +Inf"),
    // What single sums of doubles would lose.
    ("sum_over_time(big[5m])", "{} 2"), ("avg_over_time(big[5m])", "{} 0.5"),
    ("sum_over_time(huge[5m])", "{} +Inf"), ("avg_over_time(huge[5m])", "{} 1.5e+308"),
    ("count_over_time(gone[10m])", "{} 1"), ("count_over_time(gone[8m])", ""),
    ("absent_over_time(numbers[5m])", ""), ("absent_over_time(nothing[5m])", "{} 1"),
    (#"absent_over_time((no{a="b",c!="d"}[5m]))"#, #"{a="b"} 1"#),
    (#"absent_over_time(no{a="b"}[5m:1m])"#, "{} 1"),
    ("sum_over_time(vector(1)[5m:1m])", "{} 5"), ("max_over_time(rate(steady_total[2m])[5m:1m])", "{} 0.1"),
  ])
  func reduction(text: String, expected: String) throws { #expect(try run(text).shown == expected) }

  @Test(arguments: [
    (
      "rate(falling[5m])",
      "PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \"falling\""
    ),
    (
      "quantile_over_time(1.5, flat[5m])", "PromQL warning: quantile value should be between 0 and 1, got 1.5"
    ),
    ("rate(steady_total[5m])", ""), ("rate(falling[1m])", ""), ("irate(falling[5m])", ""),
    ("delta(falling[5m])", ""),
    ("quantile_over_time(2, nothing[5m])", ""),
  ])
  func note(text: String, expected: String) throws {
    #expect(try run(text).notes.joined(separator: "\n") == expected)
  }

  @Test(arguments: [
    ("abs(x)", #"{k="a"} 2.5; {k="b"} 2.5; {k="c"} 1000; {k="d"} 0"#),
    ("ceil(x)", #"{k="a"} -2; {k="b"} 3; {k="c"} 1000; {k="d"} 0"#),
    ("floor(x)", #"{k="a"} -3; {k="b"} 2; {k="c"} 1000; {k="d"} 0"#),
    ("round(x)", #"{k="a"} -2; {k="b"} 3; {k="c"} 1000; {k="d"} 0"#),
    ("round(x, 0.4)", #"{k="a"} -2.4; {k="b"} 2.4; {k="c"} 1000; {k="d"} 0"#),
    ("sgn(x)", #"{k="a"} -1; {k="b"} 1; {k="c"} 1; {k="d"} 0"#),
    ("sqrt(x)", #"{k="a"} NaN; {k="b"} 1.5811388300841898; {k="c"} 31.622776601683793; {k="d"} 0"#),
    ("ln(x)", #"{k="a"} NaN; {k="b"} 0.9162907318741551; {k="c"} 6.907755278982137; {k="d"} -Inf"#),
    ("log2(x)", #"{k="a"} NaN; {k="b"} 1.3219280948873622; {k="c"} 9.965784284662087; {k="d"} -Inf"#),
    // By way of the binary logarithm, as Go has it.
    ("log10(x)", #"{k="a"} NaN; {k="b"} 0.39794000867203755; {k="c"} 3; {k="d"} -Inf"#),
    (#"exp(x{k="d"})"#, #"{k="d"} 1"#), (#"cos(x{k="d"})"#, #"{k="d"} 1"#),
    (#"sin(x{k="d"})"#, #"{k="d"} 0"#),
    (#"tan(x{k="d"})"#, #"{k="d"} 0"#), (#"acos(x{k="d"})"#, #"{k="d"} 1.5707963267948966"#),
    (#"asin(x{k="d"} + 1)"#, #"{k="d"} 1.5707963267948966"#),
    (#"atan(x{k="d"} + 1)"#, #"{k="d"} 0.7853981633974483"#), (#"cosh(x{k="d"})"#, #"{k="d"} 1"#),
    (#"sinh(x{k="d"})"#, #"{k="d"} 0"#), (#"tanh(x{k="c"})"#, #"{k="c"} 1"#),
    (#"acosh(x{k="d"} + 1)"#, #"{k="d"} 0"#), (#"asinh(x{k="d"})"#, #"{k="d"} 0"#),
    (#"atanh(x{k="d"} + 1)"#, #"{k="d"} +Inf"#), (#"deg(x{k="d"} + pi())"#, #"{k="d"} 180"#),
    (#"rad(x{k="d"} + 180)"#, #"{k="d"} 3.141592653589793"#),
    ("clamp(x, -1, 2)", #"{k="a"} -1; {k="b"} 2; {k="c"} 2; {k="d"} 0"#), ("clamp(x, 2, -1)", ""),
    ("clamp_min(x, NaN)", #"{k="a"} NaN; {k="b"} NaN; {k="c"} NaN; {k="d"} NaN"#),
    ("clamp_max(x, 1)", #"{k="a"} -2.5; {k="b"} 1; {k="c"} 1; {k="d"} 0"#),
    ("scalar(flat)", "7"), ("scalar(x)", "NaN"), ("scalar(nothing)", "NaN"), ("vector(3)", "{} 3"),
    ("timestamp(flat offset 30s)", "{} 540"), ("timestamp(((flat)))", "{} 600"),
    ("timestamp(+flat offset 1m)", "{} 600"),
    ("timestamp(flat @ 130)", "{} 120"),
    ("start()", "600"), ("range()", "0"), ("step()", "0"), ("min_of(2, NaN)", "NaN"), ("max_of(2, 3)", "3"),
  ])
  func number(text: String, expected: String) throws { #expect(try run(text).shown == expected) }

  @Test(arguments: [
    // 2016-02-29T23:59:59Z, a Monday.
    (1_456_790_399, [2016, 2, 29, 23, 59, 60, 1, 29]),
    // 1969-12-31T23:59:59Z, a Wednesday.
    (-1, [1969, 12, 31, 23, 59, 365, 3, 31]),
    // 1900-03-01T00:00:00Z, a Thursday: 1900 had no 29 February.
    (-2_203_891_200, [1900, 3, 1, 0, 0, 60, 4, 31]),
    (1_735_689_599, [2024, 12, 31, 23, 59, 366, 2, 31]),
  ])
  func date(seconds: Int, expected: [Int]) throws {
    let names = [
      "year", "month", "day_of_month", "hour", "minute", "day_of_year", "day_of_week", "days_in_month",
    ]
    for (name, value) in zip(names, expected) {
      #expect(try run("\(name)(vector(\(seconds)))").shown == "{} \(value)", "\(name) of \(seconds)")
      #expect(try run("\(name)()", at: Double(seconds)).shown == "{} \(value)", "\(name)() at \(seconds)")
    }
    #expect(try run("\(names[0])(vector(NaN))").shown.hasPrefix("{} "))
  }

  @Test(arguments: [
    (#"label_replace(flat, "a", "$2-$1", "__name__", "(f)(.*)")"#, #"flat{a="lat-f"} 7"#),
    (#"label_replace(flat, "a", "${rest}x", "__name__", "f(?P<rest>.*)")"#, #"flat{a="latx"} 7"#),
    (#"label_replace(flat, "a", "x", "__name__", "lat")"#, "flat 7"),
    (#"label_replace(flat, "__name__", "other", "nothing", "")"#, "other 7"),
    (#"label_replace(x{k="a"}, "k", "", "k", ".*")"#, "x -2.5"),
    (#"label_replace(rate(steady_total[5m]), "n", "$1", "__name__", "(.*)")"#, "{} 0.1"),
    (
      #"label_join(load{k="own"}, "all", "/", "job", "none", "instance")"#,
      #"load{all="j//i", instance="i", job="j", k="own"} 5"#
    ),
    (#"label_join(x{k="a"}, "k", ",")"#, "x -2.5"),
    (
      #"sort_by_label(host, "host")"#,
      #"host{host="db", zone="a"} 1; host{host="web-1", zone="b"} 1; host{host="web-2", zone="b"} 1; "#
        + #"host{host="web-10", zone="b"} 1"#
    ),
    (
      #"sort_by_label_desc(host, "zone", "host")"#,
      #"host{host="web-10", zone="b"} 1; host{host="web-2", zone="b"} 1; host{host="web-1", zone="b"} 1; "#
        + #"host{host="db", zone="a"} 1"#
    ),
    ("sort(x)", #"x{k="a"} -2.5; x{k="d"} 0; x{k="b"} 2.5; x{k="c"} 1000"#),
    ("sort_desc(x)", #"x{k="c"} 1000; x{k="b"} 2.5; x{k="d"} 0; x{k="a"} -2.5"#),
    (
      "info(load)",
      #"load{instance="i", job="j", k="own", version="3"} 5; load{instance="other", job="j"} 6"#
    ),
    (#"info(load, {version=~".+"})"#, #"load{instance="i", job="j", k="own", version="3"} 5"#),
    (#"info(load{k=""}, {})"#, #"load{instance="other", job="j"} 6"#),
    (#"info(load{k="own"}, {__name__=~"none_info"})"#, #"load{instance="i", job="j", k="own"} 5"#),
  ])
  func labels(text: String, expected: String) throws { #expect(try run(text).shown == expected) }

  @Test(arguments: [
    (#"label_replace(flat, "a", "b", "c", "(")"#, "invalid regular expression in label_replace(): ("),
    (#"label_replace(flat, "", "b", "c", "d")"#, "invalid destination label name in label_replace(): "),
    (#"label_join(flat, "", "b", "c")"#, "invalid destination label name in label_join(): "),
    (#"label_join(flat, "a", "b", "")"#, "invalid source label name in label_join(): "),
    (#"label_replace(x, "k", "same", "k", ".*")"#, "vector cannot contain metrics with the same labelset"),
    (
      #"max_over_time({__name__=~"flat|numbers"}[5m])"#,
      "vector cannot contain metrics with the same labelset"
    ),
    (
      "double_exponential_smoothing(flat[5m], 1.5, 0.5)",
      "invalid smoothing factor. Expected: 0 < sf < 1, got: 1.500000"
    ),
    (
      "double_exponential_smoothing(flat[5m], 0.5, -0.25)",
      "invalid trend factor. Expected: 0 < tf < 1, got: -0.250000"
    ),
  ])
  func refusedAtRunTime(text: String, message: String) throws {
    let error = #expect(throws: EvaluationError.self) { try run(text) }
    #expect(error?.message == message)
  }

  @Test func experimentalFunctionsNeedTheSwitch() throws {
    for (text, message) in [
      ("mad_over_time(up[5m])", "function \"mad_over_time\" is not enabled"),
      ("1 + info(up)", "function \"info\" is not enabled"),
      ("start()", "function \"start\" is not enabled"),
      ("rate(up[5m] anchored)", "anchored modifier is experimental and not enabled"),
      ("1 + up smoothed", "smoothed modifier is experimental and not enabled"),
      ("rate(up[1m+1m])", "experimental duration expression is not enabled"),
      ("up offset (1m)", "experimental duration expression is not enabled"),
      ("up[5m:step()]", "experimental duration expression is not enabled"),
      (
        "limitk(1, up)",
        "limitk() is experimental and must be enabled with --enable-feature=promql-experimental-functions"
      ),
    ] {
      let error = #expect(throws: ParseError.self) { try parseExpression(text) }
      #expect(error?.message == message)
      _ = try parseExpression(text, options: ParserOptions(experimentalFunctions: true))
    }
    for (text, message) in [
      ("info(up, up)", "expected label selectors only, got vector selector instead"),
      ("info(up, (sum({a=\"b\"})))", "expected label selectors only"),
      ("up[5m:] smoothed", "smoothed modifier is not supported for subqueries"),
      ("up[1m-1m]", "duration must be greater than 0"),
      ("up[1m/0]", "division by zero"),
      ("up offset (1h % (1-1))", "modulo by zero"),
      ("up[10^20]", "duration out of range"),
      ("up[min_of(1m)]", "unexpected \")\" in subquery selector, expected \",\""),
      ("up anchored smoothed", "anchored and smoothed modifiers cannot be used together"),
      ("{}", "vector selector must contain at least one non-empty matcher"),
    ] {
      let error = #expect(throws: ParseError.self) {
        try parseExpression(text, options: ParserOptions(experimentalFunctions: true))
      }
      #expect(error?.message == message)
    }
  }
}
