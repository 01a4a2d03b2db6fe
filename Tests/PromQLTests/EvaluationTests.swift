import Model
import PromQL
import Testing

@Suite struct EvaluationTests {
  private static func store() -> MemoryReader {
    var reader = MemoryReader()
    func add(_ name: String, _ labels: Labels, _ value: Double) {
      reader.add(labels.setting("__name__", to: name), [(900, value - 1), (1000, value)])
    }
    add("up", ["region": "eu", "job": "db"], 1)
    add("up", ["region": "eu", "job": "web"], 0)
    add("up", ["region": "us", "job": "db"], 3)
    add("limit", ["region": "eu"], 10)
    add("limit", ["region": "us"], 20)
    add("weight", ["region": "eu", "job": "db"], 2)
    add("weight", ["region": "eu", "job": "web"], 4)
    add("odd", ["k": "a"], .nan)
    add("odd", ["k": "b"], -5)
    add("big", ["k": "1"], 1e100)
    add("big", ["k": "2"], 1)
    add("big", ["k": "3"], -1e100)
    add("huge", ["k": "1"], 1.7e308)
    add("huge", ["k": "2"], 1.7e308)
    reader.add(["__name__": "ended"], [(900, 1), (1000, StaleMarker.value)])
    return reader
  }

  private func evaluate(_ text: String, at seconds: Double = 1000, in reader: MemoryReader = store()) throws
    -> String
  {
    let plan = try Plan(parseExpression(text))
    let first = try plan.evaluate(at: Timestamp(seconds: seconds), in: reader).value
    // A plan that remembers must say the same again.
    let again = try plan.evaluate(at: Timestamp(seconds: seconds), in: reader).value
    #expect(shown(first) == shown(again))
    return shown(first)
  }

  private func shown(_ value: Value) -> String {
    switch value {
    case .scalar(let number): NumberText.shortest(number)
    case .string(let text): quoted(text)
    case .vector(let elements):
      elements.map { "\($0.labels) \(NumberText.shortest($0.value))" }.joined(separator: "; ")
    case .matrix(let series):
      series.map { row in
        let points = zip(row.samples.times, row.samples.values).map {
          "\(NumberText.shortest($1))@\(NumberText.shortest(Double($0) / 1000))"
        }
        return "\(row.labels) \(points.joined(separator: " "))"
      }.joined(separator: "; ")
    }
  }

  @Test(arguments: [
    ("1 + 2 * 3", "7"), ("2 ^ 3 ^ 2", "512"), ("-2 ^ 2", "-4"), ("5 % -3", "2"), ("-5 % 3", "-2"),
    ("1 / 0", "+Inf"),
    ("0 / 0", "NaN"), ("1 > bool 0", "1"), ("\"x\"", "\"x\""), ("time()", "1000"), ("5m", "300"),
    ("1 atan2 1", "0.7853981633974483"),
    ("limit", #"limit{region="eu"} 10; limit{region="us"} 20"#),
    (#"up{region="eu",job!="web"}"#, #"up{job="db", region="eu"} 1"#),
    (#"{__name__=~"lim.*",region=~"u."}"#, #"limit{region="us"} 20"#), (#"up{region=~"e"}"#, ""),
    (#"limit{nope=""}"#, #"limit{region="eu"} 10; limit{region="us"} 20"#), ("ended", ""),
    ("ended offset 1m", "ended 1"),
    ("limit offset 100s", #"limit{region="eu"} 9; limit{region="us"} 19"#),
    ("limit @ 950", #"limit{region="eu"} 9; limit{region="us"} 19"#),
    ("limit @ 900 offset -100s", #"limit{region="eu"} 10; limit{region="us"} 20"#),
    ("limit @ end() offset 50s", #"limit{region="eu"} 9; limit{region="us"} 19"#),
    ("limit + 1", #"{region="eu"} 11; {region="us"} 21"#),
    ("100 - limit", #"{region="eu"} 90; {region="us"} 80"#),
    ("limit > 15", #"limit{region="us"} 20"#), ("15 > limit", #"limit{region="eu"} 10"#),
    ("limit > bool 15", #"{region="eu"} 0; {region="us"} 1"#),
    ("-limit", #"{region="eu"} -10; {region="us"} -20"#),
    ("+limit", #"limit{region="eu"} 10; limit{region="us"} 20"#),
    ("up * weight", #"{job="db", region="eu"} 2; {job="web", region="eu"} 0"#),
    ("up < weight", #"up{job="db", region="eu"} 1; up{job="web", region="eu"} 0"#),
    ("up == bool weight", #"{job="db", region="eu"} 0; {job="web", region="eu"} 0"#),
    ("up < on(job, region) weight", #"{job="db", region="eu"} 1; {job="web", region="eu"} 0"#),
    (
      "up / on(region) group_left limit",
      #"{job="db", region="eu"} 0.1; {job="web", region="eu"} 0; {job="db", region="us"} 0.15"#
    ),
    (
      "limit / on(region) group_right up{job='db'}",
      #"{job="db", region="eu"} 10; {job="db", region="us"} 6.666666666666667"#
    ),
    (
      "limit * ignoring(job) group_right(nope) weight",
      #"{job="db", region="eu"} 20; {job="web", region="eu"} 40"#
    ),
    (
      "limit * on(region) group_left(job) up{job='db'}",
      #"{job="db", region="eu"} 10; {job="db", region="us"} 60"#
    ),
    ("up and weight", #"up{job="db", region="eu"} 1; up{job="web", region="eu"} 0"#),
    ("up unless weight", #"up{job="db", region="us"} 3"#),
    ("up and on() limit > 100", ""),
    (
      "up unless on() nothing",
      #"up{job="db", region="eu"} 1; up{job="web", region="eu"} 0; up{job="db", region="us"} 3"#
    ),
    ("limit or on(region) up", #"limit{region="eu"} 10; limit{region="us"} 20"#),
    (
      "weight or up",
      #"weight{job="db", region="eu"} 2; weight{job="web", region="eu"} 4; up{job="db", region="us"} 3"#
    ),
    ("sum by (region) (up)", #"{region="eu"} 1; {region="us"} 3"#),
    ("sum without (job) (up)", #"{region="eu"} 1; {region="us"} 3"#),
    ("sum(up)", "{} 4"), ("avg by (region) (up)", #"{region="eu"} 0.5; {region="us"} 3"#),
    ("count(up) by (job)", #"{job="db"} 2; {job="web"} 1"#),
    ("min(up)", "{} 0"), ("max(up)", "{} 3"), ("group(up)", "{} 1"), ("min(odd)", "{} -5"),
    ("max(odd)", "{} -5"), ("sum(odd)", "{} NaN"),
    ("max(odd{k='a'})", "{} NaN"), ("sum(big)", "{} 1"), ("avg(huge)", "{} 1.7e+308"),
    ("sum(huge)", "{} +Inf"), ("sum(nothing)", ""),
    ("max by (__name__) (limit)", #"limit 20"#),
    ("absent(nothing)", "{} 1"), (#"absent(no{a="b",c!="d",e="f",e="g"})"#, #"{a="b"} 1"#),
    ("absent(up)", ""),
    ("absent(sum(nothing))", "{} 1"), ("vector(2)", "{} 2"), ("scalar(limit)", "NaN"),
    ("scalar(limit{region='eu'}) + 1", "11"),
    ("abs(odd{k='b'})", #"{k="b"} 5"#), ("clamp(limit, 12, 15)", #"{region="eu"} 12; {region="us"} 15"#),
    ("clamp(limit, 5, 1)", ""),
    ("clamp_max(limit, 15)", #"{region="eu"} 10; {region="us"} 15"#),
    ("clamp_min(limit, 15)", #"{region="eu"} 15; {region="us"} 20"#),
    ("round(limit, 3)", #"{region="eu"} 9; {region="us"} 21"#),
    ("timestamp(limit offset 50s)", #"{region="eu"} 900; {region="us"} 900"#),
    ("timestamp(limit + 0)", #"{region="eu"} 1000; {region="us"} 1000"#),
    ("sort_desc(limit)", #"limit{region="us"} 20; limit{region="eu"} 10"#),
    ("sort(odd)", #"odd{k="b"} -5; odd{k="a"} NaN"#),
    ("limit % 0", #"{region="eu"} NaN; {region="us"} NaN"#),
    ("limit[100s]", #"limit{region="eu"} 10@1000; limit{region="us"} 20@1000"#),
    ("limit{region='eu'}[101s]", #"limit{region="eu"} 9@900 10@1000"#),
    ("limit{region='eu'}[5m] @ 950", #"limit{region="eu"} 9@900"#),
    ("ended[5m]", "ended 1@900"),
    ("limit{region='eu'}[2m:30s]", #"limit{region="eu"} 9@900 9@930 9@960 9@990"#),
    ("limit{region='eu'}[1m:20s] offset 10s", #"limit{region="eu"} 9@940 9@960 9@980"#),
    ("vector(time())[20s:10s]", "{} 990@990 1000@1000"),
    ("(limit)", #"limit{region="eu"} 10; limit{region="us"} 20"#),
  ])
  func value(text: String, expected: String) throws { #expect(try evaluate(text) == expected) }

  @Test(arguments: [
    (
      "up + limit * on(region) group_left up",
      "found duplicate series for the match group {region=\"eu\"} on the right hand-side of the operation: "
        + #"[{__name__="up", job="db", region="eu"}, {__name__="up", job="web", region="eu"}];many-to-many matching "#
        + "not allowed: matching labels must be unique on one side"
    ),
    (
      "up + on(region) limit",
      "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
    ),
    (
      "up * on(region) group_left(job) weight{job='db'}",
      "multiple matches for labels: grouping labels must ensure unique matches"
    ),
    (#"abs({__name__=~"up|weight",region="eu"})"#, "vector cannot contain metrics with the same labelset"),
    (#"-{__name__=~"up|weight"}"#, "vector cannot contain metrics with the same labelset"),
  ])
  func refusedAtRunTime(text: String, message: String) throws {
    let error = #expect(throws: EvaluationError.self) { try evaluate(text) }
    #expect(error?.message == message)
  }

  @Test func lookbackIsOpenOnTheLeft() throws {
    #expect(try evaluate("limit{region='eu'}", at: 1299.999) == #"limit{region="eu"} 10"#)
    #expect(try evaluate("limit", at: 1300) == "")
    #expect(try evaluate("limit", at: 899) == "")
  }

  @Test func followsTheIndex() throws {
    var reader = Self.store()
    let plan = try Plan(parseExpression("sum by (region) (up)"))
    let time = Timestamp(seconds: 1000)
    #expect(try shown(plan.evaluate(at: time, in: reader).value) == #"{region="eu"} 1; {region="us"} 3"#)
    #expect(plan.seriesTouched == 3)
    reader.add(["__name__": "up", "region": "ap"], [(1000, 7)])
    #expect(
      try shown(plan.evaluate(at: time, in: reader).value)
        == #"{region="eu"} 1; {region="us"} 3; {region="ap"} 7"#)
    #expect(plan.seriesTouched == 4)
  }

  @Test func sampleLimit() throws {
    let plan = try Plan(parseExpression("up"))
    let limits = EvaluationOptions(maximumSamples: 2)
    #expect(throws: EvaluationError.self) {
      try plan.evaluate(at: Timestamp(seconds: 1000), in: Self.store(), limits: limits)
    }
  }

  @Test func dependencies() throws {
    let plan = try Plan(parseExpression(#"up{region="eu"} and on() limit > 3"#))
    #expect(
      plan.selectors.map { $0.map(\.description) } == [
        [#"region="eu""#, #"__name__="up""#], [#"__name__="limit""#],
      ])
    #expect(!plan.dependsOnTime)
    for text in ["time() - up", "up offset 5m", "timestamp(up + 0)"] {
      #expect(try Plan(parseExpression(text)).dependsOnTime, "\(text)")
    }
    for text in ["up offset -5m", "up @ 5 offset 1m", "timestamp(up)"] {
      #expect(try !Plan(parseExpression(text)).dependsOnTime, "\(text)")
    }
  }
}
