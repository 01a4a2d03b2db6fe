import Model
import PromQL
import Testing

@Suite struct SeriesDescriptionTests {
  private func values(_ text: String) throws -> [SequenceValue] {
    try parseSeriesDescription("m " + text).values
  }

  private func floats(_ text: String) throws -> [Double?] {
    try values(text).map { if case .float(let value) = $0 { value } else { nil } }
  }

  private func histogram(_ text: String) throws -> FloatHistogram {
    guard case .histogram(let histogram, _) = try values(text).first else { throw Missing() }
    return histogram
  }

  private struct Missing: Error {}

  @Test func countsAreThoseOfPrometheus() throws {
    #expect(try floats("1 2 3") == [1, 2, 3])
    #expect(try floats("1x3") == [1, 1, 1, 1])
    #expect(try floats("1+2x3") == [1, 3, 5, 7])
    #expect(try floats("5-2x2") == [5, 3, 1])
    #expect(try floats("-5-2x1 -1+.5x1") == [-5, -7, -1, -0.5])
    #expect(try floats("_ 1 _x2 2x0") == [nil, 1, nil, nil, 2])
    // Never hexadecimal: this is seventeen zeros in Prometheus, too.
    #expect(try floats("0x16") == Array(repeating: 0, count: 17))
    #expect(try floats("1e3 1.5e-3 010 1_000") == [1000, 0.0015, 8, 1000])
    #expect(try floats("Inf -Inf +inf") == [.infinity, -.infinity, .infinity])
    #expect(try floats("NaN")[0]?.isNaN == true)
    #expect(try floats("1 stale 2")[1]?.bitPattern == StaleMarker.bits)
    #expect(try values("").isEmpty)
  }

  @Test func labelsInAllForms() throws {
    func labels(_ text: String) throws -> Labels { try parseSeriesDescription(text + " 1").labels }
    #expect(try labels("a:b") == ["__name__": "a:b"])
    #expect(try labels("{}") == Labels.empty)
    #expect(try labels(#"m{a="x",b='y"',}"#) == ["__name__": "m", "a": "x", "b": "y\""])
    #expect(
      try labels(#"{"my.metric", "a.b"=`\n`, c="\u00e4\n"}"#)
        == ["__name__": "my.metric", "a.b": "\\n", "c": "ä\n"])
    #expect(try labels(#"{__name__="m", on="x"}"#) == ["__name__": "m", "on": "x"])
    #expect(try labels(#"sum{by="x"}"#) == ["__name__": "sum", "by": "x"])
    #expect(try parseSeriesLabels(#" m{a="b"} "#) == ["__name__": "m", "a": "b"])
  }

  @Test func histogramFields() throws {
    let all = try histogram(
      "{{schema:1 sum:-0.3 count:32.1 z_bucket:7.1 z_bucket_w:0.05 buckets:[5.1 10 7] offset:-3 "
        + "n_buckets:[4.1 5] n_offset:-5 counter_reset_hint:gauge}}")
    var wanted = FloatHistogram()
    wanted.schema = 1
    wanted.sum = -0.3
    wanted.count = 32.1
    wanted.zeroCount = 7.1
    wanted.zeroThreshold = 0.05
    wanted.positiveSpans = [.init(offset: -3, length: 3)]
    wanted.positiveBuckets = [5.1, 10, 7]
    wanted.negativeSpans = [.init(offset: -5, length: 2)]
    wanted.negativeBuckets = [4.1, 5]
    wanted.counterResetHint = .gauge
    #expect(all == wanted)
    let custom = try histogram("{{schema:-53 custom_values:[2 3.5] buckets:[1 0 2] offset:0}}")
    #expect(custom.usesCustomBuckets && custom.customValues == [2, 3.5])
    #expect(try histogram("{{}}") == FloatHistogram())
    #expect(try values("{{}} {{ sum:1 }}x2 _ 1").count == 6)
    guard case .histogram(_, let unset) = try values("{{sum:1}}")[0],
      case .histogram(_, let set) = try values("{{counter_reset_hint:unknown}}")[0]
    else { throw Missing() }
    #expect(!unset && set)
  }

  /// What is wrong, where, and in which words.
  @Test(arguments: [
    (
      "m 1x1000000000",
      "1:5: parse error: invalid repetition in series values: 1000000000 is more than the limit "
        + "of 1000000 samples"
    ),
    ("m _x600000 1x600000", "1:20: parse error: series description makes more than 1000000 samples"),
    (
      "m {{buckets:[1]}}x99999999999999999999",
      "1:19: parse error: invalid repetition in series values: "
        + "99999999999999999999 is more than the limit of 1000000 samples"
    ),
    ("m 1+2", "1:6: parse error: unexpected end of input in series values, expected \"x\" and a count"),
    (
      "m 1x",
      "1:5: parse error: unexpected end of input in series values, expected a whole number of repetitions"
    ),
    ("m 1x2.5", "1:6: parse error: unexpected '.' in series values, expected a whole number of repetitions"),
    ("m 1 + 2x3", "1:6: parse error: unexpected ' ' in series values, expected number or \"stale\""),
    ("m 1_", "1:3: parse error: bad number syntax: \"1_\""),
    ("m 1ä", "1:4: parse error: unexpected 'ä' in series values, expected a blank between values"),
    (
      "m NaNx3",
      "1:3: parse error: unexpected identifier \"NaNx3\" in series values, expected number or \"stale\""
    ),
    (
      "m -stale",
      "1:4: parse error: unexpected identifier \"stale\" in series values, expected number or \"stale\""
    ),
    ("m{a=\"b\"}1", "1:9: parse error: unexpected '1' in series values, expected a blank between values"),
    ("m{a=b} 1", "1:5: parse error: unexpected 'b' in label set, expected a quoted value"),
    ("m{a", "1:4: parse error: unexpected end of input in label set, expected \"=\""),
    ("m{a=\"b\" c=\"d\"} 1", "1:9: parse error: unexpected 'c' in label set, expected \",\" or \"}\""),
    ("m{a=\"b} 1", "1:5: parse error: unterminated quoted string"),
    ("m{a=\"\\q\"} 1", "1:5: parse error: unknown escape sequence U+0071 'q'"),
    ("", "1:1: parse error: unexpected end of input at the start of a series"),
    ("m {{sum:1 sum:2}}", "1:11: parse error: duplicate key \"sum\" in histogram"),
    ("m {{some:1}}", "1:5: parse error: bad histogram descriptor found: \"some\""),
    ("m {{sum 1}}", "1:8: parse error: missing `:` for histogram descriptor"),
    ("m {{schema:99999999999}}", "1:12: parse error: number in histogram does not fit 32 bits"),
    (
      "m {{buckets:[1 2}}",
      "1:17: parse error: unexpected '}' in list of histogram, expected a blank or \"]\""
    ),
    ("m {{sum:1", "1:10: parse error: unexpected end of input in histogram, expected a blank or \"}}\""),
    (
      "m {{counter_reset_hint:no}}",
      "1:24: parse error: unknown counter reset hint, expected \"unknown\", "
        + "\"reset\", \"not_reset\" or \"gauge\""
    ),
  ])
  func faultsAreNamedWithTheirPlace(text: String, message: String) {
    let error = #expect(throws: ParseError.self) { try parseSeriesDescription(text) }
    #expect(error?.description == message)
  }

  @Test func mutationsNeverCrash() throws {
    let good = [
      #"http_requests_total{job="api", instance='0', "utf.8"="\u00e4"} 0+10x100 _x2 stale -5-.5x3 NaN 1e-3"#,
      "{} {{schema:1 sum:3 count:22 z_bucket:1 z_bucket_w:0.1 buckets:[5 10 7] offset:-2}}x3 _",
      "h {{schema:-53 custom_values:[1 2] n_buckets:[1] n_offset:3}} {{counter_reset_hint:reset}}",
    ]
    let seed = UInt64.random(in: 0 ... .max)
    var random = Mutation(seed: seed)
    for round in 0..<4000 {
      let text = random.mutated(good[round % good.count])
      do {
        let series = try parseSeriesDescription(text)
        #expect(series.values.count <= SeriesDescriptionLimits.samples, "seed \(seed), \(text)")
      } catch {
        #expect(error.position.offset <= text.utf8.count, "seed \(seed), \(text)")
      }
    }
  }
}
