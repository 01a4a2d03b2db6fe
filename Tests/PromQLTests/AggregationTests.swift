import Model
import PromQL
import Testing

@Suite struct AggregationTests {
  private static func store() -> MemoryReader {
    var reader = MemoryReader()
    for (name, labels, value) in [
      ("load", ["h": "a", "z": "1"], 4.0), ("load", ["h": "b", "z": "1"], 1),
      ("load", ["h": "c", "z": "2"], 3), ("load", ["h": "d", "z": "2"], .nan),
      ("load", ["h": "e", "z": "2"], 3), ("same", ["h": "a"], 1.33), ("same", ["h": "b"], 1.33),
      ("same", ["h": "c"], 1.33), ("endless", ["h": "a"], .infinity), ("endless", ["h": "b"], 1),
      ("rate_of", ["h": "a"], 7), ("more_of", ["h": "b"], 8), ("more_of", ["h": "a"], 9),
    ] as [(String, Labels, Double)] {
      reader.add(labels.setting("__name__", to: name), [(1000, value)])
    }
    return reader
  }

  private func evaluate(_ text: String, _ options: EvaluationOptions = .init()) throws -> QueryResult {
    let expression = try parseExpression(text, options: ParserOptions(experimentalFunctions: true))
    return try Plan(expression).evaluate(at: Timestamp(seconds: 1000), in: Self.store(), options: options)
  }

  private func shown(_ result: QueryResult) -> String {
    guard case .vector(let elements) = result.value else { return "not a vector" }
    return elements.map { "\($0.labels) \(NumberText.shortest($0.value))" }.joined(separator: "; ")
  }

  @Test(arguments: [
    ("topk(2, load)", #"load{h="a", z="1"} 4; load{h="c", z="2"} 3"#),
    ("topk(9, load{z='2'})", #"load{h="c", z="2"} 3; load{h="e", z="2"} 3; load{h="d", z="2"} NaN"#),
    ("topk by (z) (1, load)", #"load{h="a", z="1"} 4; load{h="c", z="2"} 3"#),
    ("bottomk(2, load)", #"load{h="b", z="1"} 1; load{h="c", z="2"} 3"#),
    ("bottomk without (h) (1, load)", #"load{h="b", z="1"} 1; load{h="c", z="2"} 3"#),
    ("topk(0, load)", ""), ("topk(-1.5, load)", ""), ("topk(1e18, same{h='a'})", #"same{h="a"} 1.33"#),
    ("topk(scalar(load{h='b'}), same)", #"same{h="a"} 1.33"#),
    ("stddev(load{z='1'})", "{} 1.5"), ("stdvar(load{z='1'})", "{} 2.25"), ("stdvar(same)", "{} 0"),
    ("stddev(same)", "{} 0"), ("stdvar(endless)", "{} NaN"), ("stdvar(endless{h='b'})", "{} 0"),
    ("avg(endless)", "{} +Inf"), ("quantile(0.5, load{z='1'})", "{} 2.5"),
    // NaN is the smallest.
    ("quantile(0, load)", "{} NaN"), ("quantile(0.25, load)", "{} 1"), ("quantile(1, load)", "{} 4"),
    ("quantile by (z) (0.5, load)", #"{z="1"} 2.5; {z="2"} 3"#),
    ("quantile(1.1, load)", "{} +Inf"), ("quantile(-1, load)", "{} -Inf"), ("quantile(NaN, load)", "{} NaN"),
    ("count_values('v', load)", #"{v="4"} 1; {v="1"} 1; {v="3"} 2; {v="NaN"} 1"#),
    ("count_values by (z) ('v', load{z='2'})", #"{v="3", z="2"} 2; {v="NaN", z="2"} 1"#),
    ("count_values without (h) ('z', load)", #"{z="4"} 1; {z="1"} 1; {z="3"} 2; {z="NaN"} 1"#),
    ("count_values((('v')), same * 1e6)", #"{v="1330000"} 3"#),
    ("limitk by (z) (1, load)", #"load{h="a", z="1"} 4; load{h="c", z="2"} 3"#), ("limitk(0, load)", ""),
    ("count(limit_ratio(1, load))", "{} 5"), ("count(limit_ratio(-1, load))", "{} 5"),
    ("limit_ratio(0, load)", ""),
    ("count(limit_ratio(0.3, load) or limit_ratio(-0.7, load))", "{} 5"),
    ("limit_ratio(0.3, load) and limit_ratio(-0.7, load)", ""),
  ])
  func value(text: String, expected: String) throws { #expect(shown(try evaluate(text)) == expected) }

  @Test(arguments: [
    ("topk(NaN, load)", "Parameter value is NaN"), ("limitk(NaN, load)", "Parameter value is NaN"),
    ("bottomk(1e19, load)", "Scalar value 1e+19 overflows int64"),
    ("topk(-Inf, load)", "Scalar value -Inf underflows int64"),
    ("limit_ratio(NaN, load)", "Ratio value is NaN"), ("count_values('', load)", #"invalid label name """#),
  ])
  func refused(text: String, message: String) throws {
    let error = #expect(throws: EvaluationError.self) { try evaluate(text) }
    #expect(error?.message == message)
  }

  @Test(arguments: [
    ("sum(quantile(1.5, load))", "quantile value should be between 0 and 1, got 1.5", 13, 16),
    ("limit_ratio(1.1, load)", "ratio value should be between -1 and 1, got 1.1, capping to 1", 12, 15),
  ])
  func warned(text: String, message: String, start: Int, end: Int) throws {
    let wanted = [Annotation(.warning, message, at: SourceRange(start, end))]
    #expect(try evaluate(text).annotations == wanted)
    // What is kept says it again; another query does not inherit it.
    let library = PlanLibrary()
    let parsed = try parseExpression(text, options: ParserOptions(experimentalFunctions: true))
    let plans = try (0..<2).map { _ in try library.plan(for: parsed) }
    let quiet = try library.plan(for: parseExpression("sum(load)"))
    for plan in plans {
      let time = Timestamp(seconds: 1000)
      #expect(try plan.evaluate(at: time, in: Self.store()).annotations == wanted)
      #expect(try quiet.evaluate(at: time, in: Self.store()).annotations.isEmpty)
    }
  }

  @Test(arguments: [
    ("-more_of", #"{h="b"} -8; {h="a"} -9"#, #"{h="b"} -8; {h="a"} -9"#),
    ("sum by (__name__) (more_of)", "more_of 17", "more_of 17"),
    ("sum by (__name__) (-more_of)", "{} -17", "{} -17"),
    (#"-{__name__=~"rate_of|more_of",h="a"}"#, "error", "error"),
    (#"sum by (h) (-{__name__=~"rate_of|more_of"})"#, "error", #"{h="a"} -16; {h="b"} -8"#),
    (
      #"label_replace(-more_of{h="a"}, "n", "$1", "__name__", "(.*)")"#, #"{h="a"} -9"#,
      #"{h="a", n="more_of"} -9"#
    ),
    (
      #"label_replace(-more_of{h="a"}, "__name__", "${1}_x", "__name__", "(.*)")"#, #"_x{h="a"} -9"#,
      #"more_of_x{h="a"} -9"#
    ),
    ("more_of > bool 8", #"{h="b"} 0; {h="a"} 1"#, #"{h="b"} 0; {h="a"} 1"#),
    ("(-more_of) < 0", #"{h="b"} -8; {h="a"} -9"#, #"{h="b"} -8; {h="a"} -9"#),
  ])
  func droppedNames(text: String, atOnce: String, delayed: String) throws {
    var options = EvaluationOptions()
    func result() -> String { (try? shown(evaluate(text, options))) ?? "error" }
    #expect(result() == atOnce)
    options.delaysNameRemoval = true
    #expect(result() == delayed)
  }

  @Test func aPlanFollowsItsOptions() throws {
    let plan = try Plan(parseExpression(#"label_replace(-more_of{h="a"}, "n", "$1", "__name__", "(.*)")"#))
    var options = EvaluationOptions()
    for delays in [false, true, false] {
      options.delaysNameRemoval = delays
      let result = try plan.evaluate(at: Timestamp(seconds: 1000), in: Self.store(), options: options)
      #expect(shown(result) == (delays ? #"{h="a", n="more_of"} -9"# : #"{h="a"} -9"#))
    }
  }

  @Test func labelsAreComparedByBytes() throws {
    var reader = MemoryReader()
    // The same character to a reader, spelled as one code point and as two.
    reader.add(["__name__": "x", "l": "\u{e9}"], [(1000, 1)])
    reader.add(["__name__": "x", "l": "e\u{301}"], [(1000, 2)])
    let result = try Plan(parseExpression("sum by (l) (x)")).evaluate(
      at: Timestamp(seconds: 1000), in: reader)
    guard case .vector(let elements) = result.value else { return #expect(Bool(false)) }
    #expect(elements.map(\.value) == [1, 2])
    let one = try Plan(parseExpression("x{l='\u{e9}'}")).evaluate(at: Timestamp(seconds: 1000), in: reader)
    guard case .vector(let found) = one.value else { return #expect(Bool(false)) }
    #expect(found.map(\.value) == [1])
  }
}
